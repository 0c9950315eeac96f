use crate::TypeClass;
use crate::vocabulary::RegistryDataType;

object_table! {
    /// A key of the Windows registry, with its values.
    ///
    /// ```
    /// use stix_model::sco::{WindowsRegistryKey, WindowsRegistryValue};
    /// use stix_model::vocabulary::RegistryDataType;
    ///
    /// // The default value of a key has the empty name.
    /// let default = WindowsRegistryValue::builder().name("").data("qwerty").data_type("REG_SZ").build()?;
    /// let run = WindowsRegistryKey::builder()
    ///     .key(r"HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Run")
    ///     .values([default])
    ///     .build()?;
    /// assert_eq!(run.values().unwrap()[0].name(), Some(""));
    /// assert_eq!(run.values().unwrap()[0].data_type(), Some(RegistryDataType::Sz));
    /// # Ok::<(), stix_model::Invalid>(())
    /// ```
    WindowsRegistryKey = "windows-registry-key", Role::Object(TypeClass::Observable), "6.17";
    properties {
        /// The whole path, with the hive written in full.
        key [string];
        /// The values under the key.
        values [list WindowsRegistryValue];
        /// When the key was last written to.
        modified_time [timestamp];
        /// The account that created it.
        creator_user_ref [reference("user-account")];
        /// How many keys it contains.
        number_of_subkeys [integer];
    }
    contributing ["key", "values"]
    constraints { "SCO-RK-1": Demand::AnyBesides(&[]); }
}

nested_table! {
    /// A value in the Windows registry.
    WindowsRegistryValue = "windows-registry-value", Role::Nested, "6.17.2";
    properties {
        /// Its name; the default value of a key has the empty one.
        name [string];
        /// What it holds, as text.
        data [string];
        /// What type of data it holds.
        data_type [RegistryDataType];
    }
    constraints { "SCO-RK-VALUE-1": Demand::AnyBesides(&[]); }
}
