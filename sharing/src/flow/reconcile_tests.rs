use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use proptest::prelude::*;

use super::Fault;
use super::reconcile::*;

fn leaf(number: u32, content: u32) -> Leaf {
    Leaf::new(&format!("tool--{number}"), "2026-01-01T00:00:00.000Z", &content.to_string())
}

/// A tree that tells versions one by one only when they are fewer than this; counts the questions.
struct Counted(Tree, usize, AtomicU64);

#[async_trait]
impl Digests for Counted {
    async fn below(&self, prefix: &str) -> Result<Below, Fault> {
        self.2.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.at(prefix, self.1))
    }
}

fn compared(ours: &BTreeSet<(u32, u32)>, theirs: &BTreeSet<(u32, u32)>, few: (usize, usize)) -> (Difference, u64) {
    let tree =
        |set: &BTreeSet<(u32, u32)>| set.iter().map(|(number, content)| leaf(*number, *content)).collect::<Tree>();
    let (one, other) = (Counted(tree(ours), few.0, 0.into()), Counted(tree(theirs), few.1, 0.into()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let difference = runtime.block_on(compare(&one, &other)).unwrap();
    (difference, other.2.load(Ordering::Relaxed))
}

fn sorted(leaves: impl IntoIterator<Item = Leaf>) -> Vec<Leaf> {
    let mut all: Vec<_> = leaves.into_iter().collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What is found is the difference of the two sets, whatever they are and however finely each side tells.
    #[test]
    fn it_is_the_difference_of_sets(
        ours in prop::collection::btree_map(0..300_u32, 0..3_u32, 0..200),
        theirs in prop::collection::btree_map(0..300_u32, 0..3_u32, 0..200),
        few in (1..40_usize, 1..40_usize),
    ) {
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) = (ours.into_iter().collect(), theirs.into_iter().collect());
        let (found, _) = compared(&ours, &theirs, few);
        let numbers = |set: &BTreeSet<(u32, u32)>| set.iter().map(|(number, _)| *number).collect::<BTreeSet<_>>();
        let (in_ours, in_theirs) = (numbers(&ours), numbers(&theirs));
        let only = |set: &BTreeSet<(u32, u32)>, not: &BTreeSet<u32>| {
            sorted(set.iter().filter(|(number, _)| !not.contains(number)).map(|(number, content)| leaf(*number, *content)))
        };
        prop_assert_eq!(sorted(found.only_ours), only(&ours, &in_theirs));
        prop_assert_eq!(sorted(found.only_theirs), only(&theirs, &in_ours));
        let both: BTreeSet<(u32, u32)> = ours.difference(&theirs).copied().filter(|(number, _)| in_theirs.contains(number)).collect();
        prop_assert_eq!(sorted(found.other_content.into_iter().map(|(ours, _)| ours)), only(&both, &BTreeSet::new()));
    }
}

/// Promise 5: what is asked depends on how much differs, not on how much there is.
#[test]
fn few_questions_find_few_differences() {
    let ours: BTreeSet<(u32, u32)> = (0..50_000).map(|number| (number, 0)).collect();
    let mut theirs = ours.clone();
    assert_eq!(compared(&ours, &theirs, (FEW, FEW)).1, 1);
    for number in [7, 7000, 49_999] {
        theirs.remove(&(number, 0));
    }
    let (found, questions) = compared(&ours, &theirs, (FEW, FEW));
    assert_eq!(found.only_ours.len(), 3);
    assert!(questions <= 10, "{questions}");
}

/// The same instant is the same version, with however many digits it is written.
#[test]
fn versions_have_a_normal_form() {
    let of = |version: &str| Leaf::new("tool--1", version, "x");
    assert_eq!(of("2026-01-01T00:00:00Z"), of("2026-01-01T00:00:00.000Z"));
    assert_ne!(of("2026-01-01T00:00:00Z"), of("2026-01-01T00:00:00.001Z"));
}

/// Malicious partners: answers that lie elsewhere, come twice or never end are a fault, and no work without end.
#[test]
fn nonsense_is_a_fault() {
    struct Liar(fn(&str) -> Below);
    #[async_trait]
    impl Digests for Liar {
        async fn below(&self, prefix: &str) -> Result<Below, Fault> {
            Ok((self.0)(prefix))
        }
    }
    fn ranges<'a>(prefixes: impl IntoIterator<Item = &'a str>) -> Below {
        let range = |prefix: &str| Range { prefix: prefix.to_owned(), count: 9, digest: String::new() };
        Below::Ranges(prefixes.into_iter().map(range).collect())
    }
    let liars: [fn(&str) -> Below; 5] = [
        |_| ranges(["b", "a"]),
        |_| ranges(["0", "0"]),
        |_| ranges(["zz"]),
        |prefix| {
            Below::Versions((0..if prefix.is_empty() { 20_000 } else { 0 }).map(|number| leaf(number, 0)).collect())
        },
        |prefix| ranges([format!("{prefix}0").as_str(), format!("{prefix}1").as_str()]),
    ];
    let ours: Tree = (0..1000).map(|number| leaf(number, 0)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (number, liar) in liars.into_iter().enumerate() {
        let fault = runtime.block_on(compare(&ours, &Liar(liar))).unwrap_err();
        assert_eq!(fault.kind(), "malformed", "{number}: {fault}");
    }
}
