mod identity;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use stix_model::Identifier;
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::{Tlp, TlpLevel};
use taxii_server::store::Unmarked;
use uuid::Uuid;

pub(crate) use self::identity::{
    Account, AccountOptions, Between, Credential, CredentialOptions, Grant, GrantArgs, Group, Key, Organisation,
    OrganisationOptions, Proof,
};

/// A TAXII 2.1 server: share threat intelligence with people and products.
///
/// Settings come from a TOML file, then from environment variables (TAXII_BIND, TAXII_TLS__CERT, …), then from options; the later one counts.
#[derive(Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The configuration file; without it, ./taxii-server.toml if there is one
    #[arg(long, global = true, value_name = "FILE", env = "TAXII_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The database: a file, or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, global = true, value_name = "FILE|URL")]
    pub(crate) database: Option<String>,
    /// How to print results
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(Serve),
    /// Make a configuration file, a database and an administrator
    Init,
    /// API roots: the paths under which collections are shared
    #[command(subcommand)]
    Root(Root),
    /// Collections: sets of objects that are shared as a whole
    #[command(subcommand)]
    Collection(Collection),
    /// Organisations: whom accounts belong to
    #[command(subcommand)]
    Organisation(Organisation),
    /// Groups: accounts that are granted something together
    #[command(subcommand)]
    Group(Group),
    /// Accounts: who may log in
    #[command(subcommand)]
    Account(Account),
    /// Credentials: the passwords, keys, certificates and tokens that let accounts in
    #[command(subcommand)]
    Credential(Credential),
    /// API keys of accounts: the credentials of this kind
    #[command(subcommand)]
    Key(Key),
    /// Grants: what accounts, groups and organisations may do with collections
    #[command(subcommand)]
    Grant(Grant),
    /// Make everything that administrators decide be what a file says: all of it, or nothing
    Apply(Apply),
    /// Print everything that administrators decide as a file for apply; never a secret
    Export,
    /// Say what an account may do with a collection, and why
    Explain {
        /// Who
        account: String,
        /// With which collection: ROOT/ALIAS, alias or id
        collection: String,
        /// The id of an object: what the account sees of each of its versions, and which marking asks for what
        object: Option<String>,
    },
    /// What is in the database, at a glance
    Status,
    /// What collections hold: objects by type, growth, who may use them. This counts
    Statistics {
        /// Only this one: its ROOT/ALIAS, alias or id
        collection: Option<String>,
    },
    /// Ask a running server whether it is ready
    Health {
        /// Its address, such as http://127.0.0.1:6100 [default: where the configuration says that it listens]
        url: Option<String>,
    },
    /// TLS: certificates to begin with, and those that are configured
    #[command(subcommand)]
    Tls(crate::tls::Command),
    /// The database itself: its state, copies, backups, what other servers have
    #[command(subcommand)]
    Db(Db),
    /// The log of who did what and who received what
    #[command(subcommand)]
    Audit(crate::cli_audit::Audit),
    /// Agreements: what is shared with whom, under which terms
    #[command(subcommand)]
    Agreement(crate::cli_sharing::Agreement),
    /// Flows: what brings objects from one place to another, in the background of the server
    #[command(subcommand)]
    Flow(crate::cli_sharing::Flow),
    /// Partners: which account speaks for which server in an exchange
    #[command(subcommand)]
    Partner(crate::cli_sharing::Partner),
    /// Conflicts: versions that came with other content than what is there
    #[command(subcommand)]
    Conflict(crate::cli_sharing::Conflict),
    /// The management API
    #[command(subcommand)]
    Manage(crate::manage::Manage),
    /// The configuration
    #[command(subcommand)]
    Config(Config),
}

#[derive(Args)]
pub(crate) struct Apply {
    /// The file: TOML, as export prints it
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Remove what the file does not name
    #[arg(long)]
    pub(crate) prune: bool,
    /// Make a key for each account of the file that nothing lets in yet, and write them to this new file
    #[arg(long, value_name = "FILE")]
    pub(crate) issue_keys: Option<PathBuf>,
    /// Do not ask before objects are lost
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Args, Default)]
pub(crate) struct Serve {
    /// Where to listen, once or several times; port 0 takes any free one [default: 127.0.0.1:6100]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) bind: Vec<String>,
    /// The origin that clients use, such as https://taxii.example
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// The title of the discovery resource
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// Entries on a page, at most
    #[arg(long, value_name = "N")]
    pub(crate) page_limit: Option<usize>,
    /// The certificate chain, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// A proxy in front does TLS: listen on a public address without it
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Fill the database with a sample and print lines to paste
    #[arg(long)]
    pub(crate) demo: bool,
}

#[derive(Subcommand)]
pub(crate) enum Root {
    /// Add an API root
    Add {
        /// Its path: api1, or trust/group1, or / for the top
        name: String,
        /// A name for people
        #[arg(long)]
        title: String,
        #[command(flatten)]
        options: RootOptions,
    },
    /// List the API roots
    List,
    /// Show an API root and its collections
    Show {
        /// Its path
        name: String,
    },
    /// Change an API root
    Set {
        /// Its path
        name: String,
        /// A name for people
        #[arg(long)]
        title: Option<String>,
        #[command(flatten)]
        options: RootOptions,
    },
    /// Remove an API root with everything in it
    Remove {
        /// Its path
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(crate) struct RootOptions {
    /// More words for people
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// The greatest request body, in octets [default: 104857600]
    #[arg(long, value_name = "OCTETS")]
    pub(crate) max_content_length: Option<u64>,
    /// Recommend this root in discovery
    #[arg(long)]
    pub(crate) default: bool,
}

#[derive(Subcommand)]
pub(crate) enum Collection {
    /// Add a collection
    Add {
        /// The path of its API root
        root: String,
        /// A readable name for URLs and commands
        alias: String,
        /// A name for people
        #[arg(long)]
        title: String,
        /// The id, a version 4 UUID [default: a random one]
        #[arg(long)]
        id: Option<Uuid>,
        #[command(flatten)]
        options: CollectionOptions,
    },
    /// List the collections
    List,
    /// Show a collection and who may use it
    Show {
        /// Its ROOT/ALIAS, alias or id
        collection: String,
    },
    /// Change a collection
    Set {
        /// Its ROOT/ALIAS, alias or id
        collection: String,
        /// A name for people
        #[arg(long)]
        title: Option<String>,
        /// A readable name for URLs and commands
        #[arg(long)]
        alias: Option<String>,
        #[command(flatten)]
        options: CollectionOptions,
    },
    /// Remove what collections are not to keep any longer, as the server does by itself
    Sweep {
        /// Only this one: its ROOT/ALIAS, alias or id
        collection: Option<String>,
        /// Only tell what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Remove a collection with all its objects
    Remove {
        /// Its ROOT/ALIAS, alias or id
        collection: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args)]
pub(crate) struct CollectionOptions {
    /// More words for people
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// May anybody read it without an account?
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) anonymous_read: Option<bool>,
    /// Does everybody who has logged in see that it exists, also without a grant?
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) listed: Option<bool>,
    /// The editions of STIX that it takes [default: 2.1]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) spec_versions: Vec<stix_model::SpecVersion>,
    /// How closely to look at what is added: off, head, schema-valid or strict [default: head]
    #[arg(long, value_name = "POLICY")]
    pub(crate) ingest: Option<taxii_server::store::Ingest>,
    /// Keep an object for so many days after its newest version was added, or none: for ever [default: none]
    #[arg(long, value_name = "N|none", value_parser = Keep::days::<1>)]
    pub(crate) keep_days: Option<Keep<u32>>,
    /// Keep an indicator for so many days after the valid_until of its newest version, or none: for ever [default: none]
    #[arg(long, value_name = "N|none", value_parser = Keep::days::<0>)]
    pub(crate) keep_expired_days: Option<Keep<u32>>,
    /// Keep so many objects, those whose newest versions were added last, or none: all of them [default: none]
    #[arg(long, value_name = "N|none", value_parser = Keep::objects)]
    pub(crate) keep_objects: Option<Keep<u64>>,
    /// What objects without a level of TLP count as: clear, green, amber, amber+strict or red, or none [default: none]
    #[arg(long, value_name = "LEVEL|none", value_parser = Keep::level)]
    pub(crate) default_marking: Option<Keep<TlpLevel>>,
    /// Who may see objects without markings: visible, whoever may read; hidden, who sees everything [default: visible]
    #[arg(long, value_name = "visible|hidden")]
    pub(crate) unmarked: Option<Unmarked>,
    /// Marking definitions that restrict nobody, such as a copyright, by their ids; or none [default: none]
    #[arg(long, value_name = "IDS|none", value_delimiter = ',', value_parser = Keep::definition)]
    pub(crate) open_markings: Vec<Keep<Identifier>>,
    /// Send along with objects the marking definitions and identities that they refer to
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) supply: Option<bool>,
}

/// A limit, or none.
#[derive(Clone, Debug)]
pub(crate) struct Keep<N>(pub(crate) Option<N>);

impl Keep<u32> {
    fn days<const LEAST: u32>(text: &str) -> Result<Self, String> {
        let days = text.parse().ok().filter(|days| (LEAST..=i32::MAX.unsigned_abs()).contains(days));
        match text {
            "none" => Ok(Self(None)),
            _ => days.map(|days| Self(Some(days))).ok_or_else(|| format!("expected {LEAST} or more days, or none")),
        }
    }
}

impl Keep<u64> {
    fn objects(text: &str) -> Result<Self, String> {
        let objects = text.parse().ok().filter(|objects| (1..=i64::MAX.unsigned_abs()).contains(objects));
        match text {
            "none" => Ok(Self(None)),
            _ => objects.map(|n| Self(Some(n))).ok_or_else(|| "expected 1 or more objects, or none".to_owned()),
        }
    }
}

impl Keep<TlpLevel> {
    fn level(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => text.parse().map(|level| Self(Some(level))).map_err(|error| format!("{error}, or none")),
        }
    }
}

impl Keep<Identifier> {
    fn definition(text: &str) -> Result<Self, String> {
        let known = |id: &Identifier| Tlp::by_id(id.as_str()).is_some() || Pap::by_id(id.as_str()).is_some();
        match (text, text.parse::<Identifier>()) {
            ("none", _) => Ok(Self(None)),
            (_, Ok(id)) if known(&id) => Err("the levels of TLP and PAP always restrict".to_owned()),
            (_, Ok(id)) if id.object_type() == "marking-definition" => Ok(Self(Some(id))),
            _ => Err("expected the id of a marking-definition, or none".to_owned()),
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum Db {
    /// What the database is: engine, schema, size, rows; nothing is changed
    Status,
    /// Bring the tables up to date; serve does so, too
    Migrate,
    /// Copy one database to another, on any engine, while the source is served
    ///
    /// What is copied stays: ended at any moment, the same command goes on where the last one stopped. A copy that came to its end can be
    /// brought up to the source again for as long as nobody has written to it.
    Copy {
        /// The source: a file, or postgres://USER:PASSWORD@HOST/DATABASE; env:NAME takes it from the environment variable NAME
        #[arg(value_name = "FROM")]
        from: String,
        /// The target: a new file, or an empty database; env:NAME as well
        #[arg(value_name = "TO")]
        to: String,
        /// In the end, keep everybody from writing to the source until Enter is pressed: the moment to switch
        #[arg(long)]
        hold: bool,
    },
    /// Write a snapshot of the database to a new file, while it is served
    Backup {
        /// The file to make: an SQLite database, whatever the engine
        file: PathBuf,
    },
    /// Fill an empty database from a backup
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Take over what another server has
    #[command(subcommand)]
    Import(Import),
}

#[derive(Subcommand)]
pub(crate) enum Import {
    /// OpenTAXII's database: API roots, collections, objects, accounts
    Opentaxii {
        /// Its SQLite file, or postgres://USER:PASSWORD@HOST/DATABASE
        #[arg(value_name = "FILE|URL")]
        source: String,
        /// Where its accounts are, if in another database
        #[arg(long, value_name = "FILE|URL")]
        accounts: Option<String>,
        #[command(flatten)]
        options: ImportOptions,
    },
    /// The data of medallion's memory backend: API roots, collections, objects
    Medallion {
        /// Its JSON file
        file: PathBuf,
        #[command(flatten)]
        options: ImportOptions,
    },
}

#[derive(Args)]
pub(crate) struct ImportOptions {
    /// Say what would be taken, and take nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Subcommand)]
pub(crate) enum Config {
    /// Check the configuration without starting anything
    Check,
    /// Print the configuration as it counts
    Print,
}
