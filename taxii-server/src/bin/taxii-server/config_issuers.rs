use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use taxii_server::auth::AccountAuthenticator;
use taxii_server::auth::token::{self, Algorithm, ClaimNames, Create, KeySet, KeySource, Tokens};
use taxii_server::store::{Admin, Store};

use crate::Outcome;

/// A section `[[issuer]]`: an OpenID Connect issuer whose tokens are taken in place of API keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issuer {
    /// Its name, letter by letter as tokens say it in iss.
    issuer: String,
    /// What its tokens say in aud for this server; one of these.
    #[serde(deserialize_with = "crate::config::one_or_many")]
    audience: Vec<String>,
    /// Its key set: a file, or a URL; empty for where its discovery document says.
    #[serde(default)]
    keys: String,
    /// The signatures that are accepted.
    #[serde(default = "all")]
    algorithms: Vec<Algorithm>,
    /// The certificates (PEM) that alone vouch for its web server; empty for those that this machine trusts.
    #[serde(default)]
    authorities: PathBuf,
    /// The claim that names an account; empty if only credentials do.
    #[serde(default)]
    account_claim: String,
    /// The claim that lists groups; empty for none.
    #[serde(default)]
    groups_claim: String,
    /// Do these groups count for accounts, too?
    #[serde(default)]
    add_groups: bool,
    /// The claim that names an organisation; empty for none.
    #[serde(default)]
    organisation_claim: String,
    /// What becomes of a token without an account: never, or caller.
    #[serde(default)]
    create: Create,
}

fn all() -> Vec<Algorithm> {
    Algorithm::ALL.to_vec()
}

/// The section as the template shows it, each line after a `#`.
pub(crate) const TEMPLATE: &str = r#"[[issuer]]
# An OpenID Connect issuer whose tokens are taken as Authorization: Bearer. May be repeated.
issuer = "https://login.example/realms/isac"
audience = "taxii"
# A file or a URL with its JSON Web Key Set; empty for OpenID Connect Discovery.
keys = ""
algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
# Certificates that alone vouch for its web server.
authorities = ""
# Subjects are mapped by `credential add ACCOUNT --token ISSUER SUBJECT`. An issuer that lets nobody choose their name may also name accounts,
# such as by "preferred_username".
account_claim = ""
groups_claim = ""
# Do these groups count for accounts of this server, too?
add_groups = false
organisation_claim = ""
# "caller": whoever has no account gets what the groups of the token were granted.
create = "never"
"#;

impl Issuer {
    fn of_library(&self) -> token::Issuer {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        token::Issuer {
            issuer: self.issuer.clone(),
            audience: self.audience.clone(),
            keys: match self.keys.as_str() {
                "" => KeySource::Discovery,
                url if url.contains("://") => KeySource::Url(url.to_owned()),
                file => KeySource::File(file.into()),
            },
            algorithms: self.algorithms.clone(),
            claims: ClaimNames {
                account: some(&self.account_claim),
                groups: some(&self.groups_claim),
                organisation: some(&self.organisation_claim),
            },
            create: self.create,
            add_groups: self.add_groups,
            authorities: Some(self.authorities.clone()).filter(|file| !file.as_os_str().is_empty()),
        }
    }
}

/// The issuers, if there are any and they can be what is meant.
pub(crate) fn tokens(issuers: &[Issuer]) -> Outcome<Option<Tokens>> {
    let known: Vec<_> = issuers.iter().map(Issuer::of_library).collect();
    Ok(if known.is_empty() { None } else { Some(Tokens::new(known).map_err(|error| format!("[[issuer]]: {error}"))?) })
}

/// Has it take tokens if there are issuers.
pub(crate) fn joined<S: Admin + Store + ?Sized>(
    authenticator: AccountAuthenticator<S>,
    issuers: &[Issuer],
) -> Outcome<AccountAuthenticator<S>> {
    Ok(match tokens(issuers)? {
        Some(tokens) => authenticator.tokens(tokens),
        None => authenticator,
    })
}

/// As [`tokens`], and reads the files. No issuer is asked.
pub(crate) fn check(issuers: &[Issuer]) -> Outcome {
    tokens(issuers)?;
    for issuer in issuers.iter().map(Issuer::of_library) {
        if let KeySource::File(file) = &issuer.keys {
            let wrong = |why: String| format!("[[issuer]]: the keys of {:?}: {}: {why}", issuer.issuer, file.display());
            let read = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
            KeySet::read(&read).map_err(wrong)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use figment::Figment;
    use figment::providers::{Format as _, Serialized, Toml};

    use super::*;
    use crate::config::{Config, template};

    fn read(text: &str) -> Result<Vec<Issuer>, Box<figment::Error>> {
        let figment = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(text));
        figment.extract::<Config>().map(|config| config.issuer).map_err(Box::new)
    }

    /// The template's section is one that can be used as it stands, and says what holds without it.
    #[test]
    fn the_template_can_be_used() {
        let shown = template().unwrap();
        let begins = shown.find("# [[issuer]]").unwrap();
        let text: String =
            shown[begins..].lines().map(|line| line.strip_prefix("# ").unwrap_or(line).to_owned() + "\n").collect();
        assert_eq!(text.matches("\n# ").count(), TEMPLATE.matches("\n# ").count());
        let [full] = read(&text).unwrap().try_into().unwrap();
        let [bare] = read("[[issuer]]\nissuer = \"https://login.example/realms/isac\"\naudience = [\"taxii\"]")
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(full.of_library(), bare.of_library());
        assert_eq!(bare.of_library(), token::Issuer::new("https://login.example/realms/isac", "taxii"));
        tokens(&[full]).unwrap();
        assert!(tokens(&[]).unwrap().is_none());
    }

    /// What could let in somebody who is not meant, or nobody at all, is an error that says where.
    #[test]
    fn wrong_issuers_are_told() {
        let good = "[[issuer]]\nissuer = \"https://login.example\"\naudience = \"taxii\"\n";
        for wrong in ["account = \"sub\"", "create = \"always\"", "algorithms = [\"HS256\"]", "algorithms = [\"none\"]"]
        {
            assert!(read(&format!("{good}{wrong}")).is_err(), "{wrong}");
        }
        assert!(read("[[issuer]]\nissuer = \"https://login.example\"").is_err(), "no audience");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        std::fs::write(&file, "{\"keys\": []}").unwrap();
        let empty = format!("{good}keys = {file:?}");
        for (text, says) in [
            (format!("{good}{good}"), "twice"),
            (format!("{good}keys = \"http://login.example/keys\""), "https"),
            (format!("{good}keys = \"/nowhere/keys.json\""), "/nowhere/keys.json"),
            (format!("{good}add_groups = true"), "no claim lists them"),
            (format!("{good}authorities = \"/nowhere/ca.pem\""), "/nowhere/ca.pem"),
            (good.replace("\"taxii\"", "[]"), "no audience"),
            (empty, "no public key"),
        ] {
            let why = check(&read(&text).unwrap()).unwrap_err().to_string();
            assert!(why.contains(says) && why.contains("[[issuer]]"), "{text}: {why}");
        }
        check(&read(good).unwrap()).unwrap();
    }
}
