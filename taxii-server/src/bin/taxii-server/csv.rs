//! Tables as spreadsheets write them: RFC 4180.

/// A row, and the line of the file that it begins on.
pub(crate) type Row = (usize, Vec<String>);

/// The rows of a table, but for empty lines.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = Vec::new();
    let mut characters = text.chars().peekable();
    let mut line = 1;
    while characters.peek().is_some() {
        let begins = line;
        let row = row(&mut characters, &mut line)?;
        if row.iter().any(|field| !field.is_empty()) {
            rows.push((begins, row));
        }
    }
    Ok(rows)
}

fn row(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, line: &mut usize) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    loop {
        let quoted = characters.next_if_eq(&'"').is_some();
        let field = if quoted { within_quotes(characters, line)? } else { String::new() };
        let mut rest = String::new();
        let end = loop {
            match characters.next() {
                Some('\r') if characters.peek() == Some(&'\n') => {}
                Some(c) if c == ',' || c == '\n' => break Some(c),
                Some(c) => rest.push(c),
                None => break None,
            }
        };
        if quoted && !rest.trim().is_empty() {
            return Err(format!("line {line}: {rest:?} stands behind a closing quotation mark"));
        }
        fields.push(if quoted { field } else { rest.trim().to_owned() });
        if end == Some('\n') {
            *line += 1;
        }
        if end != Some(',') {
            return Ok(fields);
        }
    }
}

fn within_quotes(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    line: &mut usize,
) -> Result<String, String> {
    let (mut field, begins) = (String::new(), *line);
    while let Some(c) = characters.next() {
        if c == '"' && characters.next_if_eq(&'"').is_none() {
            return Ok(field);
        }
        *line += usize::from(c == '\n');
        field.push(c);
    }
    Err(format!("line {begins}: a quotation mark is not closed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a spreadsheet writes is read as it was meant, and an error names the line.
    #[test]
    fn tables_are_read() {
        let text = "\u{feff}name,clearance\r\nsoc,\"tlp:amber, any\"\n\n\"a \"\"b\"\"\nc\",\nlast";
        let rows = read(text).unwrap();
        let strings = |row: &[&str]| row.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let expected = [
            (1, strings(&["name", "clearance"])),
            (2, strings(&["soc", "tlp:amber, any"])),
            (4, strings(&["a \"b\"\nc", ""])),
            (6, strings(&["last"])),
        ];
        assert_eq!(rows, expected);
        assert!(read("a\n\"b").unwrap_err().contains("line 2"));
        assert!(read("\"a\"b").unwrap_err().contains("line 1"));
    }
}
