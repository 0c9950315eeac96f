use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use stix_model::Identifier;
use taxii_client::{Filter, Query, Timestamp, VersionFilter};

use crate::failure::Failure;
use crate::pattern::args::Pattern;

const AFTER_HELP: &str = "\
Settings come from the command line, then from the environment, then from the profile.

COLLECTION is an id, an alias, a title, or a whole URL; `.` stands for the collection that --url names.

Exit codes:
  0  fine
  1  some objects were refused, not decided in time, are not valid, or cannot be upgraded; patterns have errors
  2  usage: what was asked for makes no sense, or a local file cannot be used
  3  authentication or permission
  4  not found
  5  the server is unreachable, in trouble, or does not speak TAXII 2.1
  6  data: the input is no STIX JSON, or the server does not take it";

/// Exchange threat intelligence with TAXII 2.1 servers
#[derive(Debug, Parser)]
#[command(name = "taxii", version, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Debug, Default, ClapArgs)]
#[command(next_help_heading = "Server and credentials")]
pub(crate) struct Global {
    /// URL of the server (discovery, API root or collection), or a bare domain
    #[arg(long, global = true, env = "TAXII_CLIENT_URL")]
    pub(crate) url: Option<String>,
    /// API root: its URL or the last part of its path; without it the server's default
    #[arg(long, global = true, env = "TAXII_CLIENT_ROOT", value_name = "NAME")]
    pub(crate) root: Option<String>,
    /// User name for HTTP Basic
    #[arg(long, global = true, env = "TAXII_CLIENT_USER")]
    pub(crate) user: Option<String>,
    /// File with the password; `-` reads standard input. Without it a terminal is asked
    #[arg(long, global = true, env = "TAXII_CLIENT_PASSWORD_FILE", value_name = "FILE")]
    pub(crate) password_file: Option<String>,
    /// Password; only from the environment, since the command line is for all to see
    #[arg(
        long = "password-from-environment",
        global = true,
        env = "TAXII_CLIENT_PASSWORD",
        hide = true,
        hide_env_values = true
    )]
    pub(crate) password: Option<String>,
    /// API key or bearer token
    #[arg(long, global = true, env = "TAXII_CLIENT_KEY", hide_env_values = true, conflicts_with = "key_file")]
    pub(crate) key: Option<String>,
    /// File with the API key or bearer token; `-` reads standard input
    #[arg(long, global = true, env = "TAXII_CLIENT_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<String>,
    /// Header that carries the key; without it `Authorization: Bearer`
    #[arg(long, global = true, env = "TAXII_CLIENT_HEADER", value_name = "NAME")]
    pub(crate) header: Option<String>,
    /// Certificate authorities to trust, in PEM form; without it those of this machine
    #[arg(long, global = true, env = "TAXII_CLIENT_CACERT", value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,
    /// Client certificate with its chain, in PEM form
    #[arg(long, global = true, env = "TAXII_CLIENT_CERT", value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,
    /// Private key of the client certificate; without it, it is looked for beside the certificate, in the same file
    #[arg(long, global = true, env = "TAXII_CLIENT_CERT_KEY", value_name = "FILE")]
    pub(crate) cert_key: Option<PathBuf>,
    /// Send the credentials to this origin, too: for API roots on other hosts
    #[arg(long, global = true, env = "TAXII_CLIENT_TRUST_ORIGIN", value_name = "URL", value_delimiter = ',')]
    pub(crate) trust_origin: Vec<String>,
    /// Allow http:// to other machines than this one; everybody on the way can read along
    #[arg(long, global = true, env = "TAXII_CLIENT_ALLOW_HTTP")]
    pub(crate) allow_http: bool,
    /// Settings kept under this name
    #[arg(long, global = true, env = "TAXII_CLIENT_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Seconds that a request may take
    #[arg(long, global = true, env = "TAXII_CLIENT_TIMEOUT", value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) timeout: u64,
    /// How many times a request that failed is tried
    #[arg(long, global = true, env = "TAXII_CLIENT_ATTEMPTS", value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) attempts: u32,
    /// Form of the results; a table on a terminal, JSON lines otherwise
    #[arg(long, global = true, env = "TAXII_CLIENT_OUTPUT", help_heading = "Output")]
    pub(crate) output: Option<Format>,
    /// Only results and errors: no progress, no warnings, no summary
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Show every request; twice, also what the connections do
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document; objects in an envelope
    Json,
    /// One JSON text per line, objects as they were received
    Jsonl,
    /// SARIF 2.1.0, for code scanners; of `validate` only
    Sarif,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the API roots of a server
    Discover {
        /// The same as --url
        #[arg(value_name = "URL")]
        server: Option<String>,
    },
    /// List the collections of an API root
    Collections,
    /// Get objects
    Get(Get),
    /// List what a collection holds, without the objects
    Manifest(List),
    /// List the versions of an object
    Versions(Versions),
    /// Add objects from files
    Push(Push),
    /// Show what became of a push
    Status {
        /// The id of the status, as `push` shows it
        id: String,
    },
    /// Delete an object
    Delete(Delete),
    /// Bring what one place has to another, and go on from there next time
    Mirror(Mirror),
    /// Keys and checks for signed packages, as `mirror` writes and reads them
    #[command(subcommand)]
    Package(Package),
    /// Check files against STIX 2.1
    Validate(Validate),
    /// Print an object to start from
    New(New),
    /// Make STIX 2.1 of STIX 2.0
    Upgrade(Upgrade),
    /// Draw objects and what leads from one to another
    Graph(GraphOf),
    /// Check, explain, format and take apart the patterns of indicators
    #[command(subcommand)]
    Pattern(Pattern),
    /// Keep settings under a name
    #[command(subcommand)]
    Profile(Profile),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

impl Command {
    /// A URL that stands where a collection or nothing stands.
    pub(crate) fn address(&self) -> Option<&str> {
        match self {
            Self::Discover { server } => server.as_deref(),
            Self::Get(Get { list: List { collection, .. }, .. })
            | Self::Manifest(List { collection, .. })
            | Self::Versions(Versions { collection, .. })
            | Self::Push(Push { collection, .. })
            | Self::Delete(Delete { collection, .. }) => Some(collection.as_str()).filter(|text| text.contains("://")),
            _ => None,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// Which collection
    #[arg(default_value = ".")]
    pub(crate) collection: String,
    /// Only what was added after this: 2026-01-31T12:00:00Z, 2026-01-31, or 7d, 12h, 30m ago
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) added_after: Option<Timestamp>,
    /// Only objects of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Only these objects
    #[arg(long = "id", value_name = "ID", value_delimiter = ',')]
    pub(crate) ids: Vec<String>,
    /// Which versions: last, first, all, or timestamps
    #[arg(long = "version", value_name = "VERSION", value_delimiter = ',')]
    pub(crate) versions: Vec<String>,
    /// Only objects of these editions of STIX, such as 2.1
    #[arg(long = "spec-version", value_name = "N.M", value_delimiter = ',')]
    pub(crate) spec_versions: Vec<String>,
    /// At most this many entries altogether
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Everything, also on a terminal, where the default is 100
    #[arg(long, conflicts_with = "limit")]
    pub(crate) all: bool,
    /// How many to ask for at a time; the server may give fewer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) page_size: Option<u64>,
}

impl List {
    pub(crate) fn query(&self) -> Result<Query, Failure> {
        let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
        Ok(Query {
            added_after: self.added_after,
            limit: self.page_size,
            next: None,
            filter: Filter {
                ids: some(&self.ids),
                types: some(&self.types),
                spec_versions: some(&self.spec_versions),
                versions: versions(&self.versions)?.unwrap_or_default(),
            },
        })
    }
}

/// `match[version]`, read as a server would read it.
pub(crate) fn versions(values: &[String]) -> Result<Option<VersionFilter>, Failure> {
    if values.is_empty() {
        return Ok(None);
    }
    let pair =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("match[version]", &values.join(",")).finish();
    let query = Query::parse(&pair, taxii_client::model::Endpoint::Objects);
    query
        .map(|query| Some(query.filter.versions))
        .map_err(|error| Failure::usage(format!("--version: {}", error.problem)))
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Get {
    #[command(flatten)]
    pub(crate) list: List,
    /// Write to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) out: String,
    /// Go on where the last run with the same filters was, as kept in this file; JSON lines are appended
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub(crate) state: Option<PathBuf>,
    /// The same, in a file of its own choosing (below $XDG_STATE_HOME/taxii)
    #[arg(long)]
    pub(crate) resume: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Versions {
    /// Which collection
    pub(crate) collection: String,
    /// Which object
    pub(crate) object: String,
    /// Only objects of these editions of STIX
    #[arg(long = "spec-version", value_name = "N.M", value_delimiter = ',')]
    pub(crate) spec_versions: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Push {
    /// Which collection
    pub(crate) collection: String,
    /// Bundles, envelopes or JSON lines, plain or gzip; `-` is standard input
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// The largest request, in octets; without it what the server states
    #[arg(long, value_name = "OCTETS", value_parser = clap::value_parser!(u64).range(256..))]
    pub(crate) max_content_length: Option<u64>,
    /// Seconds to wait for the server to decide
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) wait: u64,
}

const AFTER_MIRROR: &str = "\
SOURCE and SINK are each
  a URL of a collection; a collection's name, with --source-profile, --sink-profile or --url
  a folder of bundles, envelopes and JSON lines: its path, or file:PATH
  package:PATH, a folder of signed packages for sides that have no network between them

Every version is brought. How far it has come is kept after each batch has arrived, so that a run that was
interrupted goes on there; what comes a second time is known at the other end. Between servers that
tell each other of deletions and of where a version has been, these are brought, too.";

#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_MIRROR)]
pub(crate) struct Mirror {
    /// From where
    pub(crate) source: String,
    /// To where
    pub(crate) sink: String,
    /// Settings for the source, kept under this name
    #[arg(long, value_name = "NAME")]
    pub(crate) source_profile: Option<String>,
    /// Settings for the sink, kept under this name
    #[arg(long, value_name = "NAME")]
    pub(crate) sink_profile: Option<String>,
    /// Where to keep how far it has come; without it a file of its own below $XDG_STATE_HOME/taxii
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Bring what there is and end; this is the default
    #[arg(long, conflicts_with = "follow")]
    pub(crate) once: bool,
    /// Go on for ever, and bring what comes
    #[arg(long)]
    pub(crate) follow: bool,
    /// With --follow: seconds between two looks, at most
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) interval: u64,
    /// How many to bring at a time
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = at_a_time)]
    pub(crate) page_size: usize,
    /// Only the endpoints of the standard, whatever else the servers have
    #[arg(long)]
    pub(crate) standard: bool,
    /// Keep to how far TLP lets things go: RED and AMBER+STRICT stay, AMBER and what is not marked go one step
    #[arg(long)]
    pub(crate) hop_limits: bool,
    /// The key that signs packages; `taxii package key` makes one
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: Option<PathBuf>,
    /// Public keys whose packages are read: ed25519:…
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub(crate) trust: Vec<String>,
    /// Which packages belong together; `mirror` when they are written
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
}

fn at_a_time(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=100_000).contains(number))
        .ok_or_else(|| "a number from 1 to 100000".to_owned())
}

#[derive(Debug, Subcommand)]
pub(crate) enum Package {
    /// Make a key in a new file, or read it; print the public key
    Key {
        /// The file
        file: PathBuf,
    },
    /// Look at all packages in a folder: signatures, order, gaps
    Check {
        /// The folder
        folder: PathBuf,
        /// Public keys that are trusted: ed25519:…
        #[arg(long, value_name = "KEY", value_delimiter = ',', required = true)]
        trust: Vec<String>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Delete {
    /// Which collection
    pub(crate) collection: String,
    /// Which object
    pub(crate) object: String,
    /// Which versions: last, first, all, or timestamps; without it the server decides, mostly all
    #[arg(long = "version", value_name = "VERSION", value_delimiter = ',')]
    pub(crate) versions: Vec<String>,
    /// Only objects of these editions of STIX
    #[arg(long = "spec-version", value_name = "N.M", value_delimiter = ',')]
    pub(crate) spec_versions: Vec<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Validate {
    /// Bundles, objects, lists of objects or JSON lines, plain or gzip; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// How strictly to look: with `lenient` nothing is an error, with `strict` every warning is, `interop` adds what
    /// the interoperability tests require
    // The same name as the global option, which has no meaning here.
    #[arg(long, value_name = "HOW", value_parser = ["lenient", "default", "strict", "interop"])]
    pub(crate) profile: Option<String>,
    /// Leave out these checks: rules (XR-3), or numbers of the OASIS validator (302)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) disable: Vec<String>,
    /// A reference to an object that is not in the same file is an error
    #[arg(long)]
    pub(crate) enforce_refs: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// Which type
    #[arg(value_name = "TYPE", required_unless_present = "list")]
    pub(crate) object_type: Option<String>,
    /// Sets a property; a value that is no text is written as JSON. Once more for a list adds an item
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// List the types
    #[arg(long, conflicts_with_all = ["object_type", "set"])]
    pub(crate) list: bool,
}

const AFTER_UPGRADE: &str = "\
What comes out has the form of what went in (a bundle, a list, a text per line), compact; several files give one text after the other.
Objects of 2.1 pass as they are; an observed-data of 2.0 comes with its observables as objects of their own.

What was changed is reported on standard error: the 20 changes that matter most; with --output json all of them, as JSON lines.

Exit codes: 0 all is 2.1 now; 1 some objects could not be upgraded and were kept as they are; 2 a file cannot be used; 6 a file is no STIX JSON.";

#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_UPGRADE)]
pub(crate) struct Upgrade {
    /// Bundles, objects, lists of objects or JSON lines, plain or gzip; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// Write to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "-")]
    pub(crate) out: String,
    /// The `modified` of upgraded objects: as it is, or the present time, which makes them newer versions
    #[arg(long, value_name = "WHICH", value_parser = ["keep", "now"], default_value = "keep")]
    pub(crate) modified: String,
    /// The ids of upgraded objects: as they are, or new ones, to which the objects of the same file then refer
    #[arg(long, value_name = "WHICH", value_parser = ["keep", "new"], default_value = "keep")]
    pub(crate) ids: String,
    /// The identity that you are: warns only of objects that others made, whose versions are not yours to publish
    #[arg(long, value_name = "ID")]
    pub(crate) author: Option<Identifier>,
    /// Keep properties that 2.1 does not have under the name x_stix20_…, instead of dropping them
    #[arg(long)]
    pub(crate) keep_removed: bool,
    /// Write the report to this file, every change as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<String>,
}

const AFTER_GRAPH: &str = "\
Relationships are arrows, references are dotted arrows. What is referred to but is not in the files has a dashed border.
Of several versions of an object the latest is drawn. Observables inside of an observed-data of 2.0 are not: upgrade it first.
Who made an object and how it is marked are references, too: two steps lead to all that the same people made, unless --types leaves
out identity and marking-definition.

  taxii graph bundle.json > graph.mmd
  taxii upgrade old.json | taxii graph - --from campaign--… --depth 2
  taxii graph bundle.json --format dot | dot -Tsvg > graph.svg";

#[derive(Debug, ClapArgs)]
#[command(after_help = AFTER_GRAPH)]
pub(crate) struct GraphOf {
    /// Bundles, objects, lists of objects or JSON lines, plain or gzip; `-` is standard input. All make one graph
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = Drawing::Mermaid)]
    pub(crate) format: Drawing,
    /// Only what this object leads to, and what leads to it
    #[arg(long, value_name = "ID")]
    pub(crate) from: Option<String>,
    /// At most so many steps from there; without it, however many. A relationship is one step
    #[arg(long, value_name = "N", requires = "from")]
    pub(crate) depth: Option<u64>,
    /// Only objects of these types, and the relationships between them; --from goes through no others
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
}

/// A language of drawings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// A flow chart for Mermaid: Markdown on GitHub, GitLab and in many wikis
    Mermaid,
    /// For Graphviz
    Dot,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected name=value".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Keep the settings of this command line; a password read from standard input is kept as well
    Add {
        /// Under which name
        name: String,
    },
    /// List the profiles
    List,
    /// Show a profile, without its secrets
    Show {
        /// Which
        name: String,
    },
    /// Forget a profile
    Remove {
        /// Which
        name: String,
    },
    /// Use this profile when none is named
    Use {
        /// Which
        name: String,
    },
}

/// A timestamp, a date, or how long ago.
fn since(text: &str) -> Result<Timestamp, String> {
    let ago = |unit: char, seconds: i64| {
        let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count >= 0)?;
        Some(Timestamp::from_micros(Timestamp::now().as_micros() - count.checked_mul(seconds * 1_000_000)?))
    };
    [('d', 86_400), ('h', 3600), ('m', 60)]
        .into_iter()
        .find_map(|(unit, seconds)| ago(unit, seconds))
        .or_else(|| text.parse().ok())
        .or_else(|| format!("{text}T00:00:00Z").parse().ok())
        .ok_or_else(|| "expected 2026-01-31T12:00:00Z, 2026-01-31, or how long ago: 7d, 12h, 30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn times_in_three_forms() {
        assert_eq!(since("2026-01-31").unwrap().to_string(), "2026-01-31T00:00:00.000000Z");
        assert_eq!(since("2026-01-31T12:00:00.5Z").unwrap().to_string(), "2026-01-31T12:00:00.500000Z");
        let ago = since("7d").unwrap();
        let week = Timestamp::now().as_micros() - ago.as_micros();
        assert!((604_800_000_000..604_801_000_000).contains(&week));
        for bad in ["yesterday", "", "d", "-1d", "99999999999999999d", "2026-13-01"] {
            assert!(since(bad).is_err(), "{bad}");
        }
    }
}
