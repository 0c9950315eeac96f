use crate::TypeClass;

object_table! {
    /// One email address.
    EmailAddr = "email-addr", Role::Object(TypeClass::Observable), "6.5";
    properties {
        /// The address alone, without a display name.
        value (required) [string];
        /// The name that a mail program shows for it.
        display_name [string];
        /// The account that it belongs to.
        belongs_to_ref [reference("user-account")];
    }
    contributing ["value"]
}
