use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use taxii_model::Timestamp;
use taxii_server::sharing::{Place, SecretAt};

use crate::when;

/// Agreements: what is shared with whom, under which terms
#[derive(Subcommand)]
pub(crate) enum Agreement {
    /// Keep an agreement, or the next state of one, and make the grants that follow from it
    Add {
        /// The document, in TOML
        file: PathBuf,
        /// Where the partner may bring what it gives us: a collection's ROOT/ALIAS, alias or id
        #[arg(long, value_name = "COLLECTION")]
        into: Option<String>,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// List the agreements and whether they hold
    List,
    /// Show an agreement with its flows
    Show {
        /// Its id
        name: String,
    },
    /// Say everything that is wrong with an agreement
    Check {
        /// A document, or the id of an agreement that is kept
        #[arg(value_name = "FILE|NAME")]
        which: String,
    },
    /// Say exactly which objects would leave, and without which properties; nothing leaves
    Simulate {
        /// Its id
        name: String,
        /// Only what this partner would get
        #[arg(long)]
        partner: Option<String>,
        /// Of this collection: its ROOT/ALIAS, alias or id [default: what flows and the agreement name]
        #[arg(long)]
        collection: Option<String>,
    },
    /// What went and came under an agreement in a period, from the log
    Report {
        /// Its id
        name: String,
        /// From this date or time on
        #[arg(long, value_parser = crate::cli_audit::time)]
        since: Option<Timestamp>,
        /// Up to this date or time
        #[arg(long, value_parser = crate::cli_audit::time)]
        until: Option<Timestamp>,
    },
    /// Forget an agreement and take back its grants: its flows stop
    Remove {
        /// Its id
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Flows: what brings objects from one place to another, in the background of the server
///
/// A place is collection:ROOT/ALIAS (of this server), https://…/collections/ID/ (TAXII), misp-feed:URL, misp:URL, folder:PATH or packages:PATH
/// (signed, for sides without a network between them).
#[derive(Subcommand)]
pub(crate) enum Flow {
    /// Add a flow, or give the one of this name other settings; where it is stays
    Add(Box<FlowAdd>),
    /// List the flows
    List,
    /// Show a flow's settings
    Show {
        /// Its name
        name: String,
    },
    /// Run a flow here and now, while no server does
    Run {
        /// Its name
        name: String,
        /// End when there is nothing new
        #[arg(long)]
        once: bool,
    },
    /// Let a flow rest after the batch that is under way
    Pause {
        /// Its name
        name: String,
    },
    /// Let a flow go on that rests or has stopped
    Resume {
        /// Its name
        name: String,
    },
    /// Let a flow that rests begin anew: all of it is brought again, and what is known at the other end stays as it is
    Rewind {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Compare the ends of a flow by digests: what is missing, what differs
    Compare {
        /// Its name
        name: String,
        /// Bring what is missing
        #[arg(long)]
        repair: bool,
    },
    /// How flows are: how far, what they did, what was withheld and refused, and why
    Status {
        /// Only this one
        name: Option<String>,
    },
    /// Remove a flow; what it brought stays
    Remove {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Partners: which account speaks for which server
#[derive(Subcommand)]
pub(crate) enum Partner {
    /// List who speaks for whom
    List,
    /// Say which server an account, or every account of an organisation, speaks for
    Set {
        #[command(flatten)]
        holder: Holder,
        /// The id of the server, as `status` tells it there
        server: String,
    },
    /// Let somebody speak for nobody; the first server that they name is theirs again
    Remove {
        #[command(flatten)]
        holder: Holder,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// Who speaks for a server
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Holder {
    /// An account
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Every account of an organisation
    #[arg(long)]
    pub(crate) organisation: Option<String>,
}

/// Conflicts: versions that came with other content than what is there, which stays
#[derive(Subcommand)]
pub(crate) enum Conflict {
    /// List the conflicts, the newest first
    List {
        /// Only of this collection: ROOT/ALIAS, alias or id
        collection: Option<String>,
    },
    /// Show what is there and what was refused
    Show {
        /// Its digest, or the beginning of it
        digest: String,
    },
    /// Forget a conflict that was looked at: what is there stays
    Settle {
        /// Their digests, or the beginnings of them
        #[arg(required = true)]
        digests: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct FlowAdd {
    /// Its name
    pub(crate) name: String,
    /// Where it takes from
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: Place,
    /// Where it brings to
    #[arg(long, value_name = "PLACE")]
    pub(crate) to: Place,
    /// The agreement that it keeps to; only what comes in may do without
    #[arg(long, value_name = "NAME")]
    pub(crate) agreement: Option<String>,
    /// With which of the agreement's parties, if that is not clear
    #[arg(long, value_name = "PARTY")]
    pub(crate) partner: Option<String>,
    /// The folder, MISP instance or feed that it takes from is our own: what is there begins here and has gone no step yet
    #[arg(long)]
    pub(crate) own: bool,
    /// How often to look; collections of this server tell at once
    #[arg(long, value_name = "WHILE", default_value = "30s", value_parser = when::duration)]
    pub(crate) every: Duration,
    /// The user name at the other side
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// Where the password is, or without --user the token: file:PATH or env:NAME, as the process finds it that runs the flow
    #[arg(long, value_name = "file:PATH|env:NAME")]
    pub(crate) secret: Option<SecretAt>,
    /// Authorities to trust in place of those of the system, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The client certificate, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert: Option<PathBuf>,
    /// Its private key, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<PathBuf>,
    /// The key that signs our packages, a PEM file
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: Option<PathBuf>,
    /// The public key of somebody whose packages are taken, once or several times
    #[arg(long, value_name = "KEY")]
    pub(crate) trust: Vec<String>,
    /// The name of the series of packages [default: the flow's]
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
    /// Let it rest until `flow resume`
    #[arg(long)]
    pub(crate) paused: bool,
}
