//! Giving observations to those that ask for them, as a flow in a network: whoever asks gets as many instances as it asks
//! for, and no instance goes to two. Candidates that the same ones ask for are one class, so that the network is small.

use std::collections::{HashMap, VecDeque};

use super::MatchError;
use super::budget::Budget;
use super::plan::Filter;
use super::table::Table;

/// So many instances of what a leaf lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) leaf: usize,
    pub(super) times: u64,
    pub(super) filter: Filter,
}

/// Candidates by their places, and how many instances of each.
pub(super) type Given = Vec<(usize, u64)>;

/// Who asks for a candidate, as bits.
pub(super) type Mask = [u64; WORDS];

const WORDS: usize = 4;

/// Demands that can be told apart.
pub(super) const MOST: usize = 64 * WORDS;

/// Gives every demand what it asks for, if that can be.
pub(super) fn give(table: &Table, demands: &[Demand], budget: &Budget) -> Result<Option<Given>, MatchError> {
    if let [demand] = demands {
        return give_one(table, demand, budget);
    }
    let mut pairs = Vec::new();
    for (at, demand) in demands.iter().enumerate() {
        pairs.extend(table.passing(demand.leaf, demand.filter, budget)?.map(|(place, it)| (place, it.number, at)));
    }
    budget.spend(pairs.len() * (1 + demands.len() / 4))?;
    pairs.sort_unstable();
    let mut classes = Classes::new(demands.len());
    let mut masks: Vec<(usize, u64, Mask)> = Vec::new();
    for (place, number, demand) in pairs {
        match masks.last_mut().filter(|(known, ..)| *known == place) {
            Some((_, _, mask)) => flip(mask, demand),
            None => {
                let mut mask = Mask::default();
                flip(&mut mask, demand);
                masks.push((place, number, mask));
            }
        }
    }
    masks.iter().for_each(|(_, number, mask)| classes.change(&Mask::default(), mask, *number));
    let times: Vec<u64> = demands.iter().map(|demand| demand.times).collect();
    let Some(mut shares) = classes.shares(&times, budget)? else { return Ok(None) };
    let mut given = Vec::new();
    for (place, number, mask) in masks {
        let share = shares.entry(mask).or_default();
        let taken = number.min(*share);
        *share -= taken;
        if taken > 0 {
            given.push((place, taken));
        }
    }
    Ok(Some(given))
}

fn give_one(table: &Table, demand: &Demand, budget: &Budget) -> Result<Option<Given>, MatchError> {
    let mut left = demand.times;
    let mut given = Vec::new();
    for (place, it) in table.passing(demand.leaf, demand.filter, budget)? {
        let taken = it.number.min(left);
        left -= taken;
        given.push((place, taken));
        if left == 0 {
            return Ok(Some(given));
        }
    }
    Ok((left == 0).then_some(given))
}

pub(super) fn flip(mask: &mut Mask, demand: usize) {
    if let Some(word) = mask.get_mut(demand / 64) {
        *word ^= 1 << (demand % 64);
    }
}

fn has(mask: &Mask, demand: usize) -> bool {
    mask.get(demand / 64).is_some_and(|word| word >> (demand % 64) & 1 == 1)
}

/// How many instances there are of each class.
pub(super) struct Classes {
    sums: HashMap<Mask, u64>,
    /// For each demand, how many it could have if it were alone.
    alone: Vec<u64>,
}

impl Classes {
    pub(super) fn new(demands: usize) -> Self {
        Self { sums: HashMap::new(), alone: vec![0; demands] }
    }

    /// A candidate goes from one class to another; none is that for which nobody asks.
    pub(super) fn change(&mut self, before: &Mask, after: &Mask, number: u64) {
        for (mask, is_new) in [(before, false), (after, true)] {
            if *mask == Mask::default() {
                continue;
            }
            let alone = self.alone.iter_mut().enumerate().filter(|(at, _)| has(mask, *at)).map(|(_, sum)| sum);
            for sum in alone.chain([self.sums.entry(*mask).or_default()]) {
                *sum = if is_new { sum.saturating_add(number) } else { sum.saturating_sub(number) };
            }
        }
        if self.sums.get(before) == Some(&0) {
            self.sums.remove(before);
        }
    }

    /// Can every demand have so many?
    pub(super) fn suffice(&self, times: &[u64], budget: &Budget) -> Result<bool, MatchError> {
        Ok(match times {
            _ if self.alone.iter().zip(times).any(|(alone, times)| alone < times) => false,
            [_] => true,
            _ => self.shares(times, budget)?.is_some(),
        })
    }

    /// How many instances are taken of each class so that every demand has so many.
    fn shares(&self, times: &[u64], budget: &Budget) -> Result<Option<HashMap<Mask, u64>>, MatchError> {
        if self.alone.iter().zip(times).any(|(alone, times)| alone < times) {
            return Ok(None);
        }
        let mut classes: Vec<(Mask, u64)> = self.sums.iter().map(|(mask, sum)| (*mask, *sum)).collect();
        // What the fewest ask for is given first.
        classes.sort_unstable_by_key(|(mask, _)| (mask.iter().map(|word| word.count_ones()).sum::<u32>(), *mask));
        let mut network = Network { given: vec![vec![0; classes.len()]; times.len()], classes };
        for (demand, times) in times.iter().enumerate() {
            let mut left = *times;
            while left > 0 {
                budget.spend(1 + network.classes.len())?;
                match network.find_way(demand, left, budget)? {
                    0 => return Ok(None),
                    got => left -= got,
                }
            }
        }
        let taken = |at: usize| network.given.iter().filter_map(|given| given.get(at)).sum();
        Ok(Some(network.classes.iter().enumerate().map(|(at, (mask, _))| (*mask, taken(at))).collect()))
    }
}

/// Demands, classes with what is left of them, and what each demand has of each class.
struct Network {
    classes: Vec<(Mask, u64)>,
    given: Vec<Vec<u64>>,
}

impl Network {
    /// Gives a demand more, if need be by having others change their class: the shortest way to what is left.
    fn find_way(&mut self, demand: usize, wanted: u64, budget: &Budget) -> Result<u64, MatchError> {
        let mut came_from: Vec<Option<usize>> = vec![None; self.classes.len()];
        let mut taken_from: Vec<Option<usize>> = vec![None; self.given.len()];
        let mut queue = VecDeque::from([demand]);
        while let Some(asking) = queue.pop_front() {
            budget.spend(1 + self.classes.len())?;
            for (class, (mask, left)) in self.classes.iter().enumerate() {
                if !has(mask, asking) || came_from.get(class).is_none_or(Option::is_some) {
                    continue;
                }
                set(&mut came_from, class, asking);
                if *left > 0 {
                    return Ok(self.shift(class, demand, wanted, &came_from, &taken_from));
                }
                budget.spend(1 + self.given.len() / 4)?;
                for (other, given) in self.given.iter().enumerate() {
                    let has_some = given.get(class).is_some_and(|amount| *amount > 0);
                    if has_some && other != demand && taken_from.get(other) == Some(&None) {
                        set(&mut taken_from, other, class);
                        queue.push_back(other);
                    }
                }
            }
        }
        Ok(0)
    }

    /// Goes back along the way that was found and gives as much as it allows.
    fn shift(
        &mut self,
        end: usize,
        demand: usize,
        wanted: u64,
        came_from: &[Option<usize>],
        taken_from: &[Option<usize>],
    ) -> u64 {
        let mut way = Vec::new();
        let mut class = end;
        while let Some(asking) = came_from.get(class).copied().flatten() {
            way.push((asking, class));
            match taken_from.get(asking).copied().flatten() {
                Some(before) if asking != demand => class = before,
                _ => break,
            }
        }
        // Each gives up as much of the class before as it gets of the one behind.
        let mut amount = self.classes.get(end).map_or(0, |(_, left)| *left).min(wanted);
        let givers = || way.iter().filter(|(asking, _)| *asking != demand);
        for (asking, _) in givers() {
            let before = taken_from.get(*asking).copied().flatten();
            let has = before.and_then(|before| self.given.get(*asking)?.get(before)).copied();
            amount = amount.min(has.unwrap_or_default());
        }
        for (asking, class) in &way {
            if let Some(given) = self.given.get_mut(*asking) {
                given.get_mut(*class).into_iter().for_each(|given| *given += amount);
                if *asking != demand
                    && let Some(before) = taken_from.get(*asking).copied().flatten()
                {
                    given.get_mut(before).into_iter().for_each(|given| *given -= amount);
                }
            }
        }
        self.classes.get_mut(end).into_iter().for_each(|(_, left)| *left -= amount);
        amount
    }
}

fn set(places: &mut [Option<usize>], at: usize, to: usize) {
    places.get_mut(at).into_iter().for_each(|place| *place = Some(to));
}
