use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use taxii_server::access::Clearance;
use taxii_server::auth::ClientProfile;
use taxii_server::store::Rights;
use uuid::Uuid;

use crate::when::{self, When};

/// Something, or none of it.
#[derive(Clone, Debug)]
pub(crate) struct Named<T>(pub(crate) Option<T>);

impl<T: std::str::FromStr> std::str::FromStr for Named<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text == "none" { Ok(Self(None)) } else { Ok(Self(Some(text.parse()?))) }
    }
}

#[derive(Subcommand)]
pub(crate) enum Organisation {
    /// Add an organisation
    Add {
        /// Its name in commands
        name: String,
        /// A name for people
        #[arg(long)]
        title: String,
        #[command(flatten)]
        options: OrganisationOptions,
    },
    /// List the organisations
    List,
    /// Show an organisation, its accounts and its grants
    Show {
        /// Its name
        name: String,
    },
    /// Change an organisation
    Set {
        /// Its name
        name: String,
        /// A name for people
        #[arg(long)]
        title: Option<String>,
        #[command(flatten)]
        options: OrganisationOptions,
    },
    /// Remove an organisation that no account belongs to
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct OrganisationOptions {
    /// Which markings its accounts may see at most, such as "tlp:amber, any", or none: all
    #[arg(long, value_name = "CLEARANCE|none")]
    pub(crate) clearance: Option<Named<Clearance>>,
    /// May its accounts log in? [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) enabled: Option<bool>,
}

#[derive(Subcommand)]
pub(crate) enum Group {
    /// Add a group
    Add {
        /// Its name in commands
        name: String,
        /// A name for people
        #[arg(long)]
        title: String,
    },
    /// List the groups
    List,
    /// Show a group, its members and its grants
    Show {
        /// Its name
        name: String,
    },
    /// Change a group
    Set {
        /// Its name
        name: String,
        /// A name for people
        #[arg(long)]
        title: String,
    },
    /// Remove a group; its members stay, without what it was granted
    Remove {
        /// Its name
        name: String,
    },
    /// Put accounts into a group
    Join {
        /// The group
        group: String,
        /// The accounts
        #[arg(required = true, value_name = "ACCOUNT")]
        accounts: Vec<String>,
    },
    /// Take accounts out of a group
    Leave {
        /// The group
        group: String,
        /// The accounts
        #[arg(required = true, value_name = "ACCOUNT")]
        accounts: Vec<String>,
    },
}

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Add an account; its password is made at random and shown once
    Add {
        /// The user name
        name: String,
        #[command(flatten)]
        options: AccountOptions,
        /// Put it into this group; may be repeated
        #[arg(long, value_name = "GROUP")]
        group: Vec<String>,
        /// Give it no password: a key, a certificate or a token will let it in
        #[arg(long, conflicts_with = "password_file")]
        no_password: bool,
        /// Let it read this collection; may be repeated
        #[arg(long, value_name = "COLLECTION")]
        read: Vec<String>,
        /// Let it add to this collection; may be repeated
        #[arg(long, value_name = "COLLECTION")]
        write: Vec<String>,
    },
    /// List the accounts
    List,
    /// Show an account, its credentials, groups and grants, and what to type into its product
    Show {
        /// The user name
        name: String,
    },
    /// Change an account
    Set {
        /// The user name
        name: String,
        #[command(flatten)]
        options: AccountOptions,
        /// Make a new password in place of all it has, and show it once; to let both be good for a while, rotate a credential
        #[arg(long, conflicts_with = "password_file")]
        new_password: bool,
    },
    /// Remove an account with its credentials and grants
    Remove {
        /// The user name
        name: String,
    },
    /// Add many accounts at once, each with a key: all of them, or none
    Import {
        /// A CSV file with the columns name, organisation, groups (separated by ;), client, clearance and expires (of the key); all but name
        /// may be left out
        file: PathBuf,
        /// Write the new keys to this new file, which nobody else can read, and not to the screen
        #[arg(long, value_name = "FILE")]
        secrets: Option<PathBuf>,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
pub(crate) struct AccountOptions {
    /// Take the password from this file; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// May it do everything everywhere?
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) admin: Option<bool>,
    /// The product behind the account: standard, elastic, sentinel, opencti, xsoar, misp or splunk
    #[arg(long, value_name = "PRODUCT")]
    pub(crate) client: Option<ClientProfile>,
    /// The organisation that it belongs to, or none
    #[arg(long, value_name = "ORGANISATION|none")]
    pub(crate) organisation: Option<Named<String>>,
    /// Which markings it may see, within what its organisation may, such as "tlp:amber, any", or none: all
    #[arg(long, value_name = "CLEARANCE|none")]
    pub(crate) clearance: Option<Named<Clearance>>,
    /// May it log in? [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) enabled: Option<bool>,
}

#[derive(Subcommand)]
pub(crate) enum Credential {
    /// Give an account another credential; a new secret is shown once
    Add {
        /// Whose
        account: String,
        #[command(flatten)]
        proof: Proof,
        #[command(flatten)]
        options: CredentialOptions,
    },
    /// List the credentials
    List {
        /// Only those of this account
        account: Option<String>,
    },
    /// Show a credential; never its secret
    Show {
        /// Its id
        id: Uuid,
    },
    /// Change a credential's name, end or scope
    Set {
        /// Its id
        id: Uuid,
        #[command(flatten)]
        options: CredentialOptions,
    },
    /// Make another credential like this password or key, and let this one expire after a while
    Rotate {
        /// Its id
        id: Uuid,
        /// For how long both are good, such as 7d, 12h or 0s
        #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = when::duration)]
        overlap: Duration,
    },
    /// Remove a credential: it lets nobody in any longer
    Revoke {
        /// Its id
        id: Uuid,
    },
}

#[derive(Args)]
#[group(skip)]
#[command(group(ArgGroup::new("proof").required(true).args(["key", "password", "password_file", "certificate", "token"])))]
pub(crate) struct Proof {
    /// An API key, made at random
    #[arg(long)]
    pub(crate) key: bool,
    /// A password, made at random
    #[arg(long)]
    pub(crate) password: bool,
    /// The password in this file; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A client certificate with this name: sha256:FINGERPRINT, dns:NAME, email:ADDRESS, uri:URI or subject:NAME
    #[arg(long, value_name = "NAME")]
    pub(crate) certificate: Option<String>,
    /// A token that this issuer has made out to this subject
    #[arg(long, num_args = 2, value_names = ["ISSUER", "SUBJECT"])]
    pub(crate) token: Option<Vec<String>>,
}

#[derive(Args)]
pub(crate) struct CredentialOptions {
    /// What to call it
    #[arg(long, alias = "label")]
    pub(crate) name: Option<String>,
    /// When it expires: a date such as 2027-01-31 or 2027-01-31T12:00:00Z, a while from now such as 90d, or none
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<When>,
    /// What of the account's rights it may use: list, read, write, delete, manage, or all
    #[arg(long, value_name = "RIGHTS", value_parser = scope)]
    pub(crate) scope: Option<Rights>,
    /// Use them in this collection only; may be repeated
    #[arg(long, value_name = "COLLECTION")]
    pub(crate) collection: Vec<String>,
}

fn scope(text: &str) -> Result<Rights, String> {
    match text {
        "all" => Ok(Rights::ALL),
        text => text.parse::<Rights>().map_err(|error| error.to_string()),
    }
}

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make an API key; it is shown once
    Add {
        /// Whose
        account: String,
        /// What to call it
        #[arg(long, default_value = "")]
        label: String,
        /// When it expires: a date, a while from now such as 90d, or none
        #[arg(long, value_name = "WHEN")]
        expires: Option<When>,
    },
    /// List the keys
    List {
        /// Only those of this account
        account: Option<String>,
    },
    /// Show a key's description
    Show {
        /// Its id
        id: Uuid,
    },
    /// Give a key another label
    Set {
        /// Its id
        id: Uuid,
        /// What to call it
        #[arg(long)]
        label: String,
    },
    /// Remove a key: it lets nobody in any longer
    Remove {
        /// Its id
        id: Uuid,
    },
}

#[derive(Subcommand)]
pub(crate) enum Grant {
    /// Give an account, a group or an organisation rights to a collection or an API root, in place of any it had
    Add(GrantArgs),
    /// List the grants
    List {
        /// Only those of this account itself
        account: Option<String>,
        /// Only those of this group
        #[arg(long, value_name = "GROUP", conflicts_with_all = ["account", "organisation"])]
        group: Option<String>,
        /// Only those of this organisation
        #[arg(long, value_name = "ORGANISATION", conflicts_with = "account")]
        organisation: Option<String>,
    },
    /// Show what an account, a group or an organisation was granted itself on a collection or an API root
    Show(Between),
    /// Change the rights of an account, a group or an organisation to a collection or an API root
    Set(GrantArgs),
    /// Take the rights of an account, a group or an organisation to a collection or an API root away
    Remove(Between),
}

/// Who, and with what.
#[derive(Args)]
pub(crate) struct Between {
    /// The account, unless --group or --organisation says who, then the collection, unless --root says with what
    #[arg(value_names = ["ACCOUNT", "COLLECTION"], num_args = 0..=2)]
    pub(crate) names: Vec<String>,
    /// All members of this group
    #[arg(long, value_name = "GROUP", conflicts_with = "organisation")]
    pub(crate) group: Option<String>,
    /// All accounts of this organisation
    #[arg(long, value_name = "ORGANISATION")]
    pub(crate) organisation: Option<String>,
    /// All collections of this API root, also those to come
    #[arg(long, value_name = "ROOT")]
    pub(crate) root: Option<String>,
}

#[derive(Args)]
#[group(skip)]
#[command(group(ArgGroup::new("rights").required(true).multiple(true).args(["read", "write", "list", "manage"])))]
pub(crate) struct GrantArgs {
    #[command(flatten)]
    pub(crate) between: Between,
    /// May read objects
    #[arg(long)]
    pub(crate) read: bool,
    /// May add objects and, with --read, delete them
    #[arg(long)]
    pub(crate) write: bool,
    /// May see that the collection exists; the others include it
    #[arg(long)]
    pub(crate) list: bool,
    /// May delete objects: so it is anyway with --read and --write
    #[arg(long, requires_all = ["read", "write"])]
    pub(crate) delete: bool,
    /// May not delete objects, although it may read and add them
    #[arg(long, conflicts_with = "delete")]
    pub(crate) no_delete: bool,
    /// May change the collection itself, and see who uses it
    #[arg(long)]
    pub(crate) manage: bool,
    /// When it ends: a date such as 2027-01-31 or 2027-01-31T12:00:00Z, a while from now such as 90d, or none
    #[arg(long, value_name = "WHEN")]
    pub(crate) expires: Option<When>,
}
