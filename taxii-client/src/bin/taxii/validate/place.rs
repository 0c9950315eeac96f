//! Lines and columns: of an object in its file, and of a pointer in its object.

/// A place in a text, as editors count: both from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: u64,
    pub(crate) column: u64,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// The place behind these bytes, which may end inside a character.
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            None => Self { line: self.line, column: self.column + characters(bytes) },
            Some(last) => {
                let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
                Self { line: self.line + lines, column: characters(bytes.get(last..).unwrap_or_default()) }
            }
        }
    }
}

/// Where the value begins to which a JSON pointer leads; as far as it leads, if it leads nowhere. The text is JSON.
pub(crate) fn offset(text: &str, pointer: &str) -> usize {
    let mut scan = Scan { text, at: 0 };
    scan.space();
    for step in pointer.split('/').skip(1) {
        let before = scan.at;
        if scan.enter(&step.replace("~1", "/").replace("~0", "~")).is_none() {
            return before;
        }
    }
    scan.at
}

/// Walks over JSON that is known to be good.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Goes to the member or item of this name.
    fn enter(&mut self, name: &str) -> Option<()> {
        let list = self.peek()? == b'[';
        self.at += 1;
        let mut index = 0_usize;
        let mut found = None;
        loop {
            self.space();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    continue;
                }
                b']' | b'}' => break,
                _ => {}
            }
            let here = match list {
                true => name.parse() == Ok(index),
                false => self.name()? == name,
            };
            self.space();
            if here {
                found = Some(self.at);
                // Of members of the same name, the last counts; items have no names.
                if list {
                    break;
                }
            }
            self.value()?;
            index += 1;
        }
        self.at = found?;
        Some(())
    }

    /// Reads a member's name and the colon behind it.
    fn name(&mut self) -> Option<String> {
        let start = self.at;
        self.string()?;
        let name = serde_json::from_str(self.text.get(start..self.at)?).ok()?;
        self.space();
        self.at += 1;
        Some(name)
    }

    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => break self.at += 1,
                _ => self.at += 1,
            }
        }
        Some(())
    }

    /// Passes over a value.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if depth == 0 => return Some(()),
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.peek(), None | Some(b',' | b'}' | b']')) {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pointers with escapes, through lists, to what is missing, and past duplicates.
    #[test]
    fn pointers_in_texts() {
        let text = r#" {"a": {"b/c": [1, "x,]}", {"d\u0065": true}]}, "e~f": -1.5 , "g": [ ], "h": 1, "h": 2}"#;
        for (pointer, begins) in [
            ("", "{\"a\""),
            ("/a", "{\"b/c\""),
            ("/a/b~1c", "[1,"),
            ("/a/b~1c/1", "\"x,]"),
            ("/a/b~1c/2/de", "true"),
            ("/e~0f", "-1.5"),
            ("/g", "[ ]"),
            ("/h", "2}"),
            ("/missing", "{\"a\""),
            ("/a/missing/too", "{\"b/c\""),
            ("/g/0", "[ ]"),
            ("/e~0f/7", "-1.5"),
        ] {
            let at = offset(text, pointer);
            assert!(text[at..].starts_with(begins), "{pointer}: {}", &text[at..]);
        }
    }

    #[test]
    fn lines_and_columns() {
        let place = Place::START.after(b"ab");
        assert_eq!(place, Place { line: 1, column: 3 });
        assert_eq!(place.after("é\n\nñx".as_bytes()), Place { line: 3, column: 3 });
        assert_eq!(place.after(b"\n"), Place { line: 2, column: 1 });
    }
}
