use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};

use taxii_client::{Pages, RawObject};

use crate::args::{Format, Get};
use crate::connection::Connection;
use crate::console::count;
use crate::failure::{Exit, Failure};
use crate::manifest::most;
use crate::output::{self, object_row};
use crate::state::State;

pub(crate) async fn run(connection: &Connection, get: Get) -> Result<Exit, Failure> {
    let to_file = get.out != "-";
    let format = if to_file { connection.settings.output.unwrap_or(Format::Jsonl) } else { connection.format() };
    let most = most(&get.list, format);
    let mut query = get.list.query()?;
    query.limit = query.limit.or(Some(most).filter(|most| *most != u64::MAX));
    let collection = connection.collection(&get.list.collection).await?;
    let resuming = get.resume || get.state.is_some();
    let user = connection.settings.user.as_deref();
    let state = resuming.then(|| State::open(get.state.clone(), &collection, user, &query)).transpose()?;
    let mut pages = collection.objects(query);
    if let Some(state) = &state {
        pages = pages.resume(state.bookmark());
    }
    let mut sink = Sink::open(&get.out, format, resuming)?;
    let mut got = Got::default();
    let outcome = walk(connection, pages, most, &mut sink, state, &mut got).await;
    connection.console.clear();
    sink.finish()?;
    if let Err(failure) = outcome {
        let go_on = if resuming { "; run the same command again to go on from there" } else { "" };
        return Err(failure.and(&format!("{} came before that and are good{go_on}", count(got.objects, "object"))));
    }
    let rest = match (got.more, resuming) {
        (true, true) => "; there are more (run it again)",
        (true, false) => "; there are more (--all)",
        _ => "",
    };
    connection.console.summary(&format!("{got}{rest}"));
    Ok(Exit::Fine)
}

/// What was got so far.
#[derive(Default)]
struct Got {
    objects: u64,
    pages: u64,
    more: bool,
}

impl fmt::Display for Got {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", count(self.objects, "object"), count(self.pages, "page"))
    }
}

/// Writes page after page, and after each one notes where to go on.
async fn walk(
    connection: &Connection,
    mut pages: Pages<RawObject>,
    most: u64,
    sink: &mut Sink,
    mut state: Option<State>,
    got: &mut Got,
) -> Result<(), Failure> {
    while got.objects < most {
        let Some(page) = pages.next().await? else { break };
        // A run that goes on another day ends with a page, lest the rest of it be skipped.
        let room = if state.is_some() { usize::MAX } else { usize::try_from(most - got.objects).unwrap_or(usize::MAX) };
        let taken = page.entries.get(..room).unwrap_or(&page.entries);
        sink.write(taken)?;
        got.pages += 1;
        got.objects += taken.len() as u64;
        got.more = page.more || taken.len() < page.entries.len();
        if let Some(state) = &mut state {
            state.keep(page.bookmark)?;
        }
        if !sink.is_on_screen() {
            connection.console.progress(got.to_string());
        }
    }
    Ok(())
}

/// Where objects go, page by page, byte for byte.
struct Sink {
    out: Box<dyn Write>,
    file: Option<File>,
    path: String,
    format: Format,
    begun: bool,
    rows: Vec<Vec<String>>,
}

impl Sink {
    fn open(path: &str, format: Format, resuming: bool) -> Result<Self, Failure> {
        let file = if path == "-" {
            None
        } else {
            Some(open(path, resuming && format == Format::Jsonl).map_err(|e| Failure::file(path, &e))?)
        };
        let handle = file.as_ref().map(File::try_clone).transpose().map_err(|e| Failure::file(path, &e))?;
        let out: Box<dyn Write> = match handle {
            Some(file) => Box::new(BufWriter::new(file)),
            None => Box::new(BufWriter::new(io::stdout())),
        };
        Ok(Self { out, file, path: path.to_owned(), format, begun: false, rows: Vec::new() })
    }

    /// Do objects run down the terminal as they come? Then they are progress enough.
    fn is_on_screen(&self) -> bool {
        self.file.is_none() && self.format != Format::Table && io::stdout().is_terminal()
    }

    /// Writes a page, and sees to it that it is there before it is said to be.
    fn write(&mut self, objects: &[RawObject]) -> Result<(), Failure> {
        let outcome = self.put(objects).and_then(|()| self.out.flush());
        self.check(outcome)?;
        let synced = self.file.as_ref().filter(|_| !objects.is_empty()).map_or(Ok(()), File::sync_data);
        // Pipes and devices cannot be synced, and need not be.
        match synced {
            Err(error) if error.kind() != io::ErrorKind::InvalidInput => self.check(Err(error)),
            _ => Ok(()),
        }
    }

    fn put(&mut self, objects: &[RawObject]) -> io::Result<()> {
        for object in objects {
            let text = object.text.get();
            match self.format {
                Format::Table => self.rows.push(object_row(text)),
                Format::Jsonl => {
                    // Line breaks stand between the parts of a JSON text, never within a string.
                    self.out.write_all(text.replace(['\n', '\r'], " ").as_bytes())?;
                    self.out.write_all(b"\n")?;
                }
                Format::Json | Format::Sarif => {
                    self.out.write_all(if self.begun { b",\n" } else { b"{\"objects\":[\n" })?;
                    self.out.write_all(text.as_bytes())?;
                    self.begun = true;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let outcome = match self.format {
            Format::Jsonl => Ok(()),
            Format::Json if self.begun => self.out.write_all(b"\n]}\n"),
            Format::Json | Format::Sarif => self.out.write_all(b"{}\n"),
            Format::Table if self.rows.is_empty() => Ok(()),
            Format::Table => {
                writeln!(self.out, "{}", output::table(&["ID", "NAME", "VERSION"], std::mem::take(&mut self.rows)))
            }
        };
        let outcome = outcome.and_then(|()| self.out.flush());
        self.check(outcome)
    }

    fn check(&self, outcome: io::Result<()>) -> Result<(), Failure> {
        match &self.file {
            Some(_) => outcome.map_err(|error| Failure::file(&self.path, &error)),
            None => output::written(outcome),
        }
    }
}

/// Opens the file. When it is gone on with, a last line that was cut off goes: its page comes again.
fn open(path: &str, append: bool) -> io::Result<File> {
    if !append {
        return File::create(path);
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    if file.metadata()?.is_file() {
        let whole = end_of_last_line(&mut file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
    }
    Ok(file)
}

fn end_of_last_line(file: &mut File) -> io::Result<u64> {
    const STEP: u64 = 64 << 10;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let begin = end.saturating_sub(STEP);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(begin))?;
        Read::by_ref(file).take(end - begin).read_to_end(&mut block)?;
        if let Some(newline) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(begin + newline as u64 + 1);
        }
        end = begin;
    }
    Ok(0)
}
