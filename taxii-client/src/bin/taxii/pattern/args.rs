use clap::{Args as ClapArgs, Subcommand};

const AFTER: &str = "\
A PATTERN is the text of one, or a file: STIX content, of which every indicator with a STIX pattern is taken, or a pattern per line, where
lines that begin with # are left out. `-` is standard input, which is also read if nothing is given.

Exit codes: 0 no errors; 1 a pattern has errors; 2 a file cannot be used; 6 a file is no STIX JSON.";

const AFTER_MATCH: &str = "\
What was observed is every observed-data of the files, with the objects that it refers to; of several versions the latest.

  taxii pattern match \"[ipv4-addr:value ISSUBSET '198.51.100.0/24'] REPEATS 20 TIMES\" observed.json
  taxii pattern match --patterns indicators.json observed.json

Exit codes: 0 every pattern was tried, whether or not any matches; 1 a pattern has errors, or it takes too long to tell; 2 a file cannot be
used; 6 a file is no STIX JSON.";

#[derive(Debug, Subcommand)]
#[command(after_help = AFTER)]
pub(crate) enum Pattern {
    /// Say what is wrong with patterns, or questionable
    #[command(after_help = AFTER)]
    Check(Given),
    /// Say in plain words what patterns look for
    #[command(after_help = AFTER)]
    Explain(Given),
    /// Write patterns in one way
    #[command(after_help = AFTER)]
    Format(Written),
    /// List the values that patterns look for
    #[command(after_help = AFTER)]
    Extract(Extract),
    /// Find out which patterns match what was observed
    #[command(after_help = AFTER_MATCH)]
    Match(Match),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Given {
    /// Patterns, or files with some
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// The version of the pattern language; indicators say theirs themselves
    #[arg(long, value_name = "N.M", value_parser = ["2.0", "2.1"], default_value = "2.1")]
    pub(crate) pattern_version: String,
    /// Put up with AND between objects of different types in one bracket, as some products write it
    #[arg(long)]
    pub(crate) mixed_types: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Written {
    #[command(flatten)]
    pub(crate) given: Given,
    /// The normal form: the same for many patterns that mean the same
    #[arg(long, conflicts_with = "simple")]
    pub(crate) normal: bool,
    /// The plain pattern behind a roundabout one; standard error says what it no longer tells
    #[arg(long)]
    pub(crate) simple: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Extract {
    #[command(flatten)]
    pub(crate) given: Given,
    /// Only values of these kinds: ipv4-addr, ipv4-net, domain-name, SHA-256, …
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',')]
    pub(crate) kinds: Vec<String>,
    /// Only values that are enough by themselves for a pattern to match
    #[arg(long)]
    pub(crate) sufficient: bool,
    /// Make the patterns simpler before; standard error says what they no longer tell
    #[arg(long)]
    pub(crate) simple: bool,
    /// As comma-separated values
    #[arg(long, conflicts_with = "list")]
    pub(crate) csv: bool,
    /// Only the values, one per line, each once
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Match {
    /// The pattern, and files with observed-data: bundles, objects, lists of objects or JSON lines, plain or gzip
    #[arg(required = true, value_name = "PATTERN|FILE")]
    pub(crate) things: Vec<String>,
    /// Take the patterns from here; then only files follow
    #[arg(long, value_name = "FILE")]
    pub(crate) patterns: Vec<String>,
    /// The version of the pattern language; indicators say theirs themselves
    #[arg(long, value_name = "N.M", value_parser = ["2.0", "2.1"], default_value = "2.1")]
    pub(crate) pattern_version: String,
    /// Put up with AND between objects of different types in one bracket, which never matches
    #[arg(long)]
    pub(crate) mixed_types: bool,
    /// With [*], take NOT to mean that no item is so, instead of that some item is not
    #[arg(long)]
    pub(crate) not_any: bool,
}
