//! Patterns in all spellings, and with small damage: the same ones for the same seed.

use crate::mutations::Random;

const TYPES: &[&str] = &["file", "ipv4-addr", "x_whatever", "network-traffic", "h", "t-", "_"];
const NAMES: &[&str] =
    &["name", "b", "x_y1", "_", "'quoted'", "'SHA-256'", "'AND'", "'é'", "''", "'it\\'s'", "value", "h", "LAST1"];
const STRINGS: &[&str] = &[
    "''",
    "'a'",
    "'é🦀'",
    r"'\''",
    r"'\\'",
    r"'C:\\temp\\'",
    "'two\nlines'",
    "'[a:b = 1]'",
    "'/* x'",
    "'// x'",
    "'\"'",
    "'%a_'",
    "'^a.*b$'",
    "'198.51.100.0/24'",
    "'2001:db8::/32'",
    "'2026-01-01T00:00:00Z'",
    "'\t'",
    "'h'",
];
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "1280",
    "-0",
    "-7",
    "+7",
    "+0",
    ".5",
    "-.5",
    "+.5",
    "0.5",
    "01.50",
    "1.0",
    "-1.25",
    "00.1",
    "9007199254740993",
    "0.1",
    "443",
    "123456789012345678901234567890",
];
const BYTES: &[&str] =
    &["h''", "h'00fF'", "h'0a'", "b'AA=='", "b'AAA='", "b'AAAA'", "b'dGhpcyBpcyBhIHRlc3Q='", "b'+/+/'"];
const INSTANTS: &[&str] = &[
    "t'2026-01-01T00:00:00Z'",
    "t'2018-03-22T12:11:14.1Z'",
    "t'2020-02-29T23:59:59.123456789Z'",
    "t'2016-12-31T23:59:60Z'",
    "t'1970-01-01T00:00:00.000Z'",
];
const GAPS: &[&str] = &[
    " ",
    " ",
    " ",
    "",
    "",
    "\n",
    "\t",
    "\r\n",
    "\u{a0}",
    "\u{2028}",
    "\u{3000}",
    "\u{85}",
    "/**/",
    "/* [ ' */",
    "/* a\n* / */",
    "// ' ]\n",
    "/***/",
];
const BLANKS: &[&str] = &["", "", " ", "\n", "\u{a0}", "\u{2028}"];
/// What is put where it does not belong.
const FOREIGN: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "'",
    "\\",
    "\"",
    "“",
    "/",
    "/*",
    "*/",
    "//",
    ":",
    ".",
    ",",
    "*",
    "=",
    "==",
    "!=",
    "<>",
    "<",
    ">=",
    "!",
    "=?",
    "&&",
    "|",
    "^",
    "é",
    "\u{1}",
    "\u{200b}",
    "\u{feff}",
    "-",
    "+",
    "1",
    "0",
    "-1",
    "01",
    "5.",
    "1e5",
    "AND",
    "OR",
    "NOT",
    "EXISTS",
    "FOLLOWEDBY",
    "WITHIN",
    "within",
    "and",
    "START",
    "STOP",
    "SECONDS",
    "REPEATS",
    "TIMES",
    "IN",
    "LIKE",
    "LAST",
    "true",
    "True",
    "a",
    "a:b",
    "a-b",
    "t'",
    "h'0'",
    "b'===='",
    "b''",
    "b'AB=='",
    "b'A\nAAA'",
    "t'2457-73-22T32:81:84.1Z'",
    "t'2026-02-30T00:00:00Z'",
    "t'2026-01-01T00:00:61Z'",
    "t'2026-01-01T00:00:00'",
    "t'2026-01-01t00:00:00Z'",
    "t'0000-01-01T00:00:00Z'",
    "'x'",
    r"'\x'",
    "[a:b = 1]",
    "(a:b = 1)",
    "c:d = 1",
    "[-1]",
    "[+1]",
    "[0]",
    "[*]",
    "WITHIN 5 SECONDS",
    "WITHIN 0 SECONDS",
    "WITHIN +5 SECONDS",
    "WITHIN -5 SECONDS",
    "REPEATS 0 TIMES",
    "REPEATS 2 TIMES",
    "REPEATS +2 TIMES",
    "START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
    "START '2026-01-01T00:00:00Z' STOP '2026-01-02T00:00:00Z'",
];

/// The words of a pattern.
pub type Words = Vec<String>;

fn word(of: &[&str], random: &mut Random) -> String {
    (*random.pick(of)).to_owned()
}

/// A pattern that the grammar has.
pub fn words(random: &mut Random) -> Words {
    let mut words = Words::new();
    observations(random, 3, &mut words);
    words
}

fn put(words: &mut Words, more: &[&str]) {
    words.extend(more.iter().map(|word| (*word).to_owned()));
}

fn observations(random: &mut Random, depth: usize, words: &mut Words) {
    for i in 0..=[0, 0, 0, 1, 1, 2][random.below(6)] {
        if i > 0 {
            words.push(word(&["AND", "OR", "FOLLOWEDBY"], random));
        }
        if depth > 0 && random.below(4) == 0 {
            put(words, &["("]);
            observations(random, depth - 1, words);
            put(words, &[")"]);
        } else {
            let object_type = word(TYPES, random);
            put(words, &["["]);
            comparisons(random, 2, &object_type, words);
            put(words, &["]"]);
        }
        qualifiers(random, words);
    }
}

fn qualifiers(random: &mut Random, words: &mut Words) {
    let first = random.below(3);
    for i in 0..[0, 0, 0, 1, 2, 3][random.below(6)] {
        match (first + i) % 3 {
            0 => put(words, &["WITHIN", ["5", "0.5", "+5", "1800", ".5"][random.below(5)], "SECONDS"]),
            1 => put(words, &["REPEATS", ["1", "2", "999999999", "+3"][random.below(4)], "TIMES"]),
            _ => {
                let (start, stop) = (word(INSTANTS, random), word(INSTANTS, random));
                put(words, &["START", &start, "STOP", &stop]);
            }
        }
    }
}

fn comparisons(random: &mut Random, depth: usize, object_type: &str, words: &mut Words) {
    for i in 0..=[0, 0, 0, 1, 1, 2][random.below(6)] {
        if i > 0 {
            words.push(word(&["AND", "OR"], random));
        }
        if depth > 0 && random.below(4) == 0 {
            put(words, &["("]);
            comparisons(random, depth - 1, object_type, words);
            put(words, &[")"]);
        } else {
            comparison(random, object_type, words);
        }
    }
}

fn comparison(random: &mut Random, object_type: &str, words: &mut Words) {
    if random.below(12) == 0 {
        put(words, [&["EXISTS"][..], &["NOT", "EXISTS"]][random.below(2)]);
        return path(random, object_type, words);
    }
    path(random, object_type, words);
    if random.below(4) == 0 {
        put(words, &["NOT"]);
    }
    match random.below(8) {
        0..3 => {
            words.push(word(&["=", "==", "!=", "<>"], random));
            words.push(constant(random, true));
        }
        3..5 => {
            words.push(word(&["<", "<=", ">", ">="], random));
            words.push(constant(random, false));
        }
        5..7 => {
            words.push(word(&["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"], random));
            words.push(word(STRINGS, random));
        }
        _ => set(random, words),
    }
}

fn set(random: &mut Random, words: &mut Words) {
    let of = *random.pick(&[STRINGS, NUMBERS, INSTANTS, &["true", "false"]]);
    put(words, &["IN", "("]);
    for i in 0..random.below(4) {
        if i > 0 {
            put(words, &[","]);
        }
        words.push(word(of, random));
    }
    put(words, &[")"]);
}

fn path(random: &mut Random, object_type: &str, words: &mut Words) {
    put(words, &[object_type, ":"]);
    words.push(word(NAMES, random));
    for _ in 0..[0, 0, 1, 2][random.below(4)] {
        match random.below(3) {
            0 => put(words, &["[", ["0", "1", "*", "77"][random.below(4)], "]"]),
            _ => {
                put(words, &["."]);
                words.push(word(NAMES, random));
            }
        }
    }
}

fn constant(random: &mut Random, boolean: bool) -> String {
    let of: &[&[&str]] = &[STRINGS, STRINGS, NUMBERS, NUMBERS, BYTES, INSTANTS, &["true", "false"]];
    let kinds = if boolean { of.len() } else { of.len() - 1 };
    word(of[random.below(kinds)], random)
}

/// The words with gaps between them; where two would run together, there is one.
pub fn joined(words: &Words, random: &mut Random) -> String {
    let mut text = String::new();
    // To stix2-patterns, what begins with a comment has no bracket.
    let mut open = random.below(20) > 0;
    for word in words {
        let would_join = text.ends_with(|c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c))
            && word.starts_with(|c: char| c.is_ascii_alphanumeric() || "_-+.'".contains(c));
        let gap = *random.pick(if open { BLANKS } else { GAPS });
        open &= word == "(";
        text.push_str(if would_join && gap.is_empty() { " " } else { gap });
        text.push_str(word);
    }
    text.push_str(random.pick::<&str>(GAPS));
    text
}

/// A pattern with one or two things wrong, or not.
pub fn damaged(random: &mut Random) -> String {
    let words = words(random);
    if random.below(3) > 0 {
        let words = damage(words, random);
        return if random.below(3) > 0 { words.join(" ") } else { joined(&words, random) };
    }
    let characters = words.join(" ").chars().map(String::from).collect();
    damage(characters, random).concat()
}

fn damage(mut parts: Words, random: &mut Random) -> Words {
    for _ in 0..=random.below(2) {
        let at = random.below(parts.len());
        match random.below(6) {
            0 if parts.len() > 1 => drop(parts.remove(at)),
            1 => parts.insert(at, parts[at].clone()),
            2 => {
                let to = random.below(parts.len());
                parts.swap(at, to);
            }
            3 => parts[at] = word(FOREIGN, random),
            _ => parts.insert(at, word(FOREIGN, random)),
        }
    }
    parts
}

/// Every short text of these characters.
fn all(of: &[char], longest: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let end = texts.len();
        for i in from..end {
            texts.extend(of.iter().map(|c| format!("{}{c}", texts[i])).collect::<Vec<_>>());
        }
        from = end;
    }
    texts
}

/// What the words of the grammar may look like, one by one: numbers, strings, operators, names, white space.
pub fn forms() -> Vec<String> {
    let mut forms = Vec::new();
    let mut put = |texts: &[String], write: &dyn Fn(&str) -> String| forms.extend(texts.iter().map(|text| write(text)));
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();

    let numbers = all(&['+', '-', '.', '0', '1'], 3);
    put(&numbers, &|number| format!("[a:b = {number}]"));
    put(&numbers[..31], &|number| format!("[a:b = 1] WITHIN {number} SECONDS"));
    put(&numbers[..31], &|number| format!("[a:b = 1] REPEATS {number} TIMES"));
    put(&numbers[..31], &|number| format!("[a:b[{number}] = 1]"));
    put(&all(&['\'', '\\', 'x'], 4), &|text| format!("[a:b = '{text}']"));
    put(&all(&['=', '!', '<', '>'], 2), &|operator| format!("[a:b {operator} 1]"));
    put(&all(&['A', '=', '/', '\n', ' ', '-'], 2), &|text| format!("[a:b = b'AA{text}']"));
    put(&all(&['A', 'B', '='], 4), &|text| format!("[a:b = b'{text}']"));
    put(&all(&['0', 'F', 'f', 'g', ' '], 2), &|text| format!("[a:b = h'0{text}']"));
    put(&all(&['/', '*', '\n', '\''], 4), &|text| format!("[a:b = 1 {text}]"));

    let names = all(&['a', '1', '-', '_', '.', 'é', '\''], 2);
    put(&names, &|name| format!("[{name}:b = 1]"));
    put(&names, &|name| format!("[a:{name} = 1]"));
    let keywords = "AND OR NOT FOLLOWEDBY LIKE MATCHES ISSUPERSET ISSUBSET EXISTS LAST IN START STOP SECONDS true false WITHIN REPEATS \
        TIMES and or Not In True FALSE exists TRUE SET ANDx xAND AND1 AND_ t h b";
    let keywords = owned(&keywords.split_whitespace().collect::<Vec<_>>());
    put(&keywords, &|word| format!("[{word}:b = 1]"));
    put(&keywords, &|word| format!("[a:{word} = 1]"));
    put(&keywords, &|word| format!("[a:b.{word} = 1]"));
    put(&keywords, &|word| format!("[a:b = {word}]"));
    put(&keywords, &|word| format!("[a:b {word} 'x']"));
    put(&keywords, &|word| format!("[a:b = 1]{word}[a:b = 1]"));

    let instants = [
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.0000000000000000000001Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T23:59:60Z",
        "2026-01-01T23:59:61Z",
        "2026-12-31T23:59:59Z",
        "2026-1-1T00:00:00Z",
        "02026-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "2026-01-01T00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00Z",
        "2026-04-31T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2024-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-19-01T00:00:00Z",
        "2026-01-39T00:00:00Z",
        "2026-01-01T29:00:00Z",
        "",
        "2026-01-01",
    ];
    put(&owned(&instants), &|instant| format!("[a:b = t'{instant}']"));
    put(&owned(&instants), &|instant| format!("[a:b = 1] START t'{instant}' STOP t'9999-12-31T23:59:59Z'"));

    let blank = |c: &char| {
        c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}' | '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\0')
    };
    let blanks: Vec<_> = ('\0'..='\u{ffff}').filter(blank).map(String::from).collect();
    put(&blanks, &|blank| format!("[a:b{blank}= 1]"));
    put(&blanks, &|blank| format!("[a:b = 1] // {blank}]"));
    put(&blanks, &|blank| format!("[a:b = '{blank}']"));
    put(
        &owned(&["'MD5' = 'abc'", "MD5 = 'B4D33B0C7306351B9ED96578465C5579'", "MD5 = 7", "'SHA-256' LIKE '%a'"]),
        &|test| format!("[file:hashes.{test}]"),
    );
    forms
}
