//! What a word is probably meant to be.

/// The candidate that differs in case, in `-`, `_` and white space, or in one character.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> Option<&'c str> {
    let letters = |text: &str| -> Vec<u8> {
        text.bytes().filter(|c| !matches!(c, b'-' | b'_' | b' ')).map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = letters(word);
    let same = candidates.clone().into_iter().find(|candidate| letters(candidate) == wanted);
    same.or_else(|| {
        let near = |candidate: &&str| candidate.len() > 2 && is_one_slip_away(&letters(candidate), &wanted);
        candidates.into_iter().find(near)
    })
}

/// Is one character missing, too much, or another, or are two in the wrong order?
fn is_one_slip_away(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let rest = |text: &[u8], skipped: usize| text.get(same + skipped..).map(<[u8]>::to_vec);
    let (missing, extra) = (rest(a, 1) == rest(b, 0), rest(a, 0) == rest(b, 1));
    let other = rest(a, 1).is_some() && rest(a, 1) == rest(b, 1);
    let first = |text: &[u8]| text.get(same..same + 2).map(|two| [two.first().copied(), two.last().copied()]);
    let swapped = first(a).is_some_and(|[x, y]| first(b) == Some([y, x])) && rest(a, 2) == rest(b, 2);
    missing || extra || other || swapped
}
