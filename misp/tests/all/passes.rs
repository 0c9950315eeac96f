//! Reading a feed that changes while it is read, with faults and restarts, against a small model.

use std::collections::{BTreeMap, BTreeSet};

use misp::client::{Pass, Read, Reader};
use proptest::prelude::*;

use crate::partner::{Partner, http};

/// What happens to a feed, and to who reads it.
#[derive(Clone, Debug)]
enum Step {
    /// An event is published, late or again, or changed; its time may be any.
    Publish(usize, i64),
    /// An event is listed no longer.
    Remove(usize),
    /// For so many requests the other side is busy when asked for this event.
    Busy(usize, usize),
    /// Some events are read, and where that was is kept.
    Read(usize),
    /// The reader ends without being asked. It may have read something of which nothing was kept.
    Restart { unkept: usize },
}

fn changes() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..12, 0i64..30).prop_map(|(n, stamp)| Step::Publish(n, stamp)),
        1 => (0usize..12).prop_map(Step::Remove),
    ]
}

fn reading() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0usize..12, 1usize..3).prop_map(|(n, times)| Step::Busy(n, times)),
        4 => (1usize..6).prop_map(Step::Read),
        2 => prop_oneof![Just(0), 1usize..4].prop_map(|unkept| Step::Restart { unkept }),
    ]
}

/// The feed as it is, and the reader with what it has kept.
struct Story {
    partner: Partner,
    listed: BTreeMap<usize, i64>,
    /// Each time that an event has had, the last at the end.
    had: BTreeMap<usize, Vec<i64>>,
    busy: BTreeMap<usize, usize>,
    broken: BTreeSet<usize>,
    pass: Option<Pass>,
    kept: Option<String>,
    /// Event and time, each time that it was given.
    given: Vec<(usize, i64)>,
    /// How often somebody wanted to know what there is.
    looks: usize,
    faults: usize,
}

impl Story {
    async fn start() -> Self {
        let partner = Partner::start().await;
        partner.manifest(&[]);
        let (listed, had, busy) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (broken, given) = (BTreeSet::new(), Vec::new());
        Self { partner, listed, had, busy, broken, pass: None, kept: None, given, looks: 0, faults: 0 }
    }

    async fn go(&mut self, step: &Step) {
        match *step {
            Step::Publish(n, stamp) => {
                // It may come back as it was, but whenever it changes it gets a time that it never had.
                let had = self.had.entry(n).or_default();
                if had.last() == Some(&stamp) || !had.contains(&stamp) {
                    had.push(stamp);
                    self.listed.insert(n, stamp);
                    self.publish(n);
                }
            }
            Step::Remove(n) => {
                self.listed.remove(&n);
                self.publish(n);
            }
            Step::Busy(n, times) => {
                self.busy.insert(n, times);
                self.publish(n);
            }
            Step::Read(most) => {
                self.read(most).await;
                self.kept = self.pass.as_ref().map(Pass::cursor);
            }
            Step::Restart { unkept } => {
                if unkept > 0 {
                    self.read(unkept).await;
                }
                self.pass = None;
            }
        }
    }

    fn publish(&self, n: usize) {
        let list: Vec<_> = self.listed.iter().map(|(n, stamp)| (*n, *stamp)).collect();
        self.partner.manifest(&list);
        // What is listed no longer is still there: it may be listed in the pass that is under way.
        if let Some(stamp) = self.had.get(&n).and_then(|had| had.last()) {
            self.partner.event(n, &format!("{n} {stamp}"));
        }
        if self.broken.contains(&n) {
            self.partner.broken(n);
        }
        if self.busy.contains_key(&n) {
            self.partner.busy(n);
        }
    }

    /// Reads so many events. Looks anew if the pass is at its end.
    async fn read(&mut self, most: usize) {
        let mut pass = match self.pass.take() {
            Some(pass) if pass.left() > 0 => pass,
            Some(mut pass) => {
                self.looks += 1;
                pass.again().await.unwrap();
                pass
            }
            None => {
                self.looks += 1;
                let feed = Reader::feed(http(), &self.partner.base).unwrap();
                feed.pass(self.kept.as_deref()).await.unwrap()
            }
        };
        for _ in 0..most {
            match pass.read().await {
                Ok(Some(Read::Event(event))) => {
                    let info =
                        event.event().info().unwrap().split_once(' ').map(|(n, stamp)| (n.parse(), stamp.parse()));
                    let Some((Ok(n), Ok(stamp))) = info else { panic!("{info:?}") };
                    self.given.push((n, stamp));
                    pass.passed();
                }
                Ok(Some(Read::Refused { .. } | Read::Late { .. })) => pass.passed(),
                Ok(None) => break,
                Err(fault) => {
                    assert!(fault.is_temporary(), "{fault}");
                    self.faults += 1;
                    self.calm_down();
                    break;
                }
            }
        }
        self.pass = Some(pass);
    }

    /// Somebody was told once more to come again.
    fn calm_down(&mut self) {
        let events: Vec<_> = self.busy.keys().copied().collect();
        self.busy.retain(|_, times| {
            *times -= 1;
            *times > 0
        });
        events.into_iter().for_each(|n| self.publish(n));
    }

    /// Reads until there is nothing new.
    async fn finish(&mut self) {
        self.busy.clear();
        (0..12).for_each(|n| self.publish(n));
        let mut before = (usize::MAX, usize::MAX);
        while before.0 >= self.looks || before.1 != self.given.len() {
            before = (self.looks, self.given.len());
            self.read(usize::MAX).await;
        }
        self.kept = self.pass.as_ref().map(Pass::cursor);
    }
}

fn run(story: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Promise: nothing is missed. Whatever is published late with an old date, changed or removed while somebody reads, breaks and goes on
    /// from what was kept: each version that is listed in the end was given. Then there is nothing new, also for who goes on. The list was
    /// asked for once in each pass and after each restart, and not once more.
    #[test]
    fn nothing_is_missed(steps in prop::collection::vec(prop_oneof![changes(), reading()], 0..60)) {
        run(async move {
            let mut story = Story::start().await;
            for step in &steps {
                story.go(step).await;
            }
            story.finish().await;
            let given: BTreeSet<_> = story.given.iter().copied().collect();
            for (n, stamp) in &story.listed {
                prop_assert!(given.contains(&(*n, *stamp)), "{n} {stamp}: {:?}", story.given);
            }
            let before = story.given.len();
            story.pass = None;
            story.finish().await;
            prop_assert_eq!(story.given.len(), before);
            prop_assert_eq!(story.partner.requests().0, story.looks);
            Ok(())
        })?;
    }

    /// Promise: nothing comes twice. While nothing changes, each version is given once, however often somebody who has kept where it was
    /// goes on, and whatever fails.
    #[test]
    fn nothing_comes_twice(
        first in prop::collection::vec(changes(), 0..40),
        steps in prop::collection::vec(reading(), 0..30),
        second in prop::collection::vec(changes(), 0..10),
    ) {
        run(async move {
            let mut story = Story::start().await;
            for changes in [first, second] {
                let before: BTreeSet<_> = story.listed.iter().map(|(n, stamp)| (*n, *stamp)).collect();
                story.given.clear();
                for step in &changes {
                    story.go(step).await;
                }
                for step in &steps {
                    let step = if let Step::Restart { .. } = step { &Step::Restart { unkept: 0 } } else { step };
                    story.go(step).await;
                }
                story.finish().await;
                let new: BTreeSet<_> = story.listed.iter().map(|(n, stamp)| (*n, *stamp)).filter(|one| !before.contains(one)).collect();
                prop_assert_eq!(story.given.len(), new.len());
                prop_assert_eq!(story.given.iter().copied().collect::<BTreeSet<_>>(), new);
                prop_assert_eq!(story.partner.requests().1, story.given.len() + story.faults);
                story.faults = 0;
                story.partner.lines();
            }
            Ok(())
        })?;
    }

    /// Promise: an event at which the other side breaks down, every time, holds up no other, whichever they are and whoever restarts; and it
    /// is not forgotten: once it can be had, it comes.
    #[test]
    fn a_broken_event_holds_up_no_other(
        stamps in prop::collection::vec(0i64..30, 1..12),
        broken in prop::collection::btree_set(0usize..12, 1..12),
        restarts in prop::collection::btree_set(0usize..60, 0..4),
    ) {
        run(async move {
            let mut story = Story::start().await;
            story.broken = broken;
            for (n, stamp) in stamps.iter().enumerate() {
                story.go(&Step::Publish(n, *stamp)).await;
            }
            let good: BTreeSet<_> = story.listed.iter().map(|(n, stamp)| (*n, *stamp)).filter(|(n, _)| !story.broken.contains(n)).collect();
            // Five tries for each, and one for each behind it, in each of the passes that restarts cut off.
            let most = (restarts.len() + 1) * 12 * (5 + 12);
            let mut rounds = 0;
            while !good.is_subset(&story.given.iter().copied().collect()) {
                prop_assert!(rounds < most, "{good:?} {:?}", story.given);
                story.go(&Step::Read(3)).await;
                if restarts.contains(&rounds) {
                    story.go(&Step::Restart { unkept: 0 }).await;
                }
                rounds += 1;
            }
            story.broken.clear();
            story.finish().await;
            let all: BTreeSet<_> = story.listed.iter().map(|(n, stamp)| (*n, *stamp)).collect();
            prop_assert_eq!(&story.given.iter().copied().collect::<BTreeSet<_>>(), &all);
            let before = story.given.len();
            story.pass = None;
            story.finish().await;
            prop_assert_eq!(story.given.len(), before);
            Ok(())
        })?;
    }
}
