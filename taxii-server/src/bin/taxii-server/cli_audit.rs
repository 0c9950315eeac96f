use clap::Subcommand;
use taxii_model::Timestamp;
use taxii_server::audit::Head;

/// The log of who did what and who received what
#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Who received an object: which version, when, with which credential, at which address
    #[command(disable_version_flag = true)]
    WhoReceived {
        /// The id of the object
        object: String,
        /// Only this version
        #[arg(long)]
        version: Option<String>,
        /// Only from this collection: its ROOT/ALIAS, alias or id
        #[arg(long)]
        collection: Option<String>,
    },
    /// What an account did and received
    WhatDid {
        /// The user name
        account: String,
        /// From this date or time on
        #[arg(long, value_parser = time)]
        since: Option<Timestamp>,
        /// Up to this date or time
        #[arg(long, value_parser = time)]
        until: Option<Timestamp>,
    },
    /// How far those who poll are behind, and who may read and never polls
    Lag {
        /// Only this collection: its ROOT/ALIAS, alias or id
        #[arg(long)]
        collection: Option<String>,
    },
    /// Check that nothing in the log was changed, removed, inserted or put in another order
    Verify {
        /// A head that was printed earlier and kept elsewhere: the log has to contain it
        #[arg(long, value_name = "NUMBER:HASH")]
        expect: Option<Head>,
    },
    /// The number and hash of the last record: to be written down elsewhere
    Head,
    /// The last records
    List {
        /// From this date or time on
        #[arg(long, value_parser = time)]
        since: Option<Timestamp>,
        /// So many at most
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// All records, one JSON object on each line
    Export {
        /// From this date or time on
        #[arg(long, value_parser = time)]
        since: Option<Timestamp>,
    },
    /// Cut off the beginning of the log; what is left still verifies
    Prune {
        /// What was written before this date or time
        #[arg(long, value_parser = time)]
        before: Timestamp,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// A date, or a time of TAXII.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    full.parse().map_err(|_| "expected a date such as 2026-12-31, or a time such as 2026-12-31T12:00:00Z".to_owned())
}
