use crate::TypeClass;
use crate::vocabulary::AccountType;

object_table! {
    /// An account on a computer or a service.
    UserAccount = "user-account", Role::Object(TypeClass::Observable), "6.16";
    properties {
        /// The account's number or name inside the system: a uid, a GUID, an address.
        user_id [string];
        /// The password in clear text. Not meant for personal data.
        credential [string];
        /// What the user types to log in, where that is not the `user_id`.
        account_login [string];
        /// What kind of account it is.
        account_type [AccountType];
        /// The name that is shown to others.
        display_name [string];
        /// Does it belong to a service rather than to a person?
        is_service_account [boolean];
        /// Does it have elevated privileges?
        is_privileged [boolean];
        /// Can it gain elevated privileges, as by sudo?
        can_escalate_privs [boolean];
        /// Is it disabled?
        is_disabled [boolean];
        /// When it was created.
        account_created [timestamp];
        /// When it expires.
        account_expires [timestamp];
        /// When its credential was last changed.
        credential_last_changed [timestamp];
        /// When it was first used.
        account_first_login [timestamp];
        /// When it was last used.
        account_last_login [timestamp];
    }
    contributing ["account_type", "user_id", "account_login"]
    constraints { "SCO-UA-1": Demand::AnyOrExtension; }
}

extension_table! {
    /// What only accounts on UNIX systems have.
    UnixAccountExt = "unix-account-ext", Role::Extension(&["user-account"]), "6.16.2";
    properties {
        /// The primary group.
        gid [integer];
        /// The groups that the account belongs to.
        groups [list string];
        /// The home directory.
        home_dir [string];
        /// The shell that a log-in starts.
        shell [string];
    }
    constraints { "SCO-UA-UNIX-1": Demand::AnyBesides(&[]); }
}
