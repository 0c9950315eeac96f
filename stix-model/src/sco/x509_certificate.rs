use crate::TypeClass;

object_table! {
    /// An X.509 certificate.
    X509Certificate = "x509-certificate", Role::Object(TypeClass::Observable), "6.18";
    properties {
        /// Was it signed with its own key?
        is_self_signed [boolean];
        /// Hashes of the whole certificate.
        hashes [hashes];
        /// The version of its encoding.
        version [string];
        /// The number that the issuer gave it.
        serial_number [string];
        /// The algorithm of its signature.
        signature_algorithm [string];
        /// Who issued it.
        issuer [string];
        /// From when on it is valid.
        validity_not_before [timestamp];
        /// Until when it is valid.
        validity_not_after [timestamp];
        /// Whom it is for.
        subject [string];
        /// The algorithm of the key that it certifies.
        subject_public_key_algorithm [string];
        /// The modulus of an RSA key.
        subject_public_key_modulus [string];
        /// The exponent of an RSA key.
        subject_public_key_exponent [integer];
        /// Its extensions of X.509 version 3.
        x509_v3_extensions [X509V3Extensions];
    }
    contributing ["hashes", "serial_number"]
    constraints { "SCO-X5-1": Demand::AnyBesides(&[]); }
}

nested_table! {
    /// The extensions of X.509 version 3 that a certificate has. They are no STIX extension.
    X509V3Extensions = "x509-v3-extensions", Role::Nested, "6.18.2";
    properties {
        /// May it issue other certificates?
        basic_constraints [string];
        /// Which names the certificates that it issues may have.
        name_constraints [string];
        /// How the paths through it are bound by policies.
        policy_constraints [string];
        /// What the key may be used for.
        key_usage [string];
        /// For which purposes it may be used besides.
        extended_key_usage [string];
        /// A name for the key that it certifies.
        subject_key_identifier [string];
        /// A name for the key that signed it.
        authority_key_identifier [string];
        /// Other names of the subject.
        subject_alternative_name [string];
        /// Other names of the issuer.
        issuer_alternative_name [string];
        /// Attributes of the subject, such as nationality.
        subject_directory_attributes [string];
        /// Where lists of withdrawn certificates are to be had.
        crl_distribution_points [string];
        /// After how many certificates the policy that allows any is no longer accepted.
        inhibit_any_policy [string];
        /// From when on the private key may sign.
        private_key_usage_period_not_before [timestamp];
        /// Until when the private key may sign.
        private_key_usage_period_not_after [timestamp];
        /// Under which policies it was issued.
        certificate_policies [string];
        /// Which policies of other issuers count as its own.
        policy_mappings [string];
    }
    constraints { "SCO-X5-V3-1": Demand::AnyBesides(&[]); }
}
