use super::{ApiRoot, Change, Collection};

impl Change {
    /// What it cannot be meant to make, whatever the store has: a name that nobody could type or address, say. The JSON pointer of the
    /// member that is wrong, and why.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        match self {
            Self::AddRoot(root) | Self::SetRoot(root) => match ApiRoot::new(&root.name, "") {
                Err(why) => Some(("/name", why.to_string())),
                Ok(read) if read.name != root.name => Some(("/name", "leave out the slashes at its ends".to_owned())),
                Ok(_) if root.name == "health" || root.name.starts_with("health/") => {
                    Some(("/name", "/health/ is where the program answers health checks; take another path".to_owned()))
                }
                Ok(_) => None,
            },
            Self::AddCollection(one) | Self::SetCollection(one) => {
                collection(one, matches!(self, Self::AddCollection(_)))
            }
            Self::AddOrganisation(organisation) => name("an organisation", &organisation.name),
            Self::AddGroup(group) => name("a group", &group.name),
            Self::AddAccount(account) => name("an account", &account.name),
            _ => None,
        }
    }
}

fn name(what: &str, name: &str) -> Option<(&'static str, String)> {
    let why =
        format!("{what} has a name of 1 to 200 bytes without a colon, a slash or blanks at its ends, and not none");
    (!is_name(name)).then_some(("/name", why))
}

/// Can this be the name of an organisation, a group or an account?
fn is_name(name: &str) -> bool {
    let odd = |c: char| c == ':' || c == '/' || c.is_control();
    !(name.is_empty() || name.len() > 200 || name.trim() != name || name == "none" || name.contains(odd))
}

fn collection(one: &Collection, is_new: bool) -> Option<(&'static str, String)> {
    if let Err(why) = Collection::new(&one.root, one.alias.as_deref(), "") {
        return Some(("/alias", why.to_string()));
    }
    if is_new && one.id.get_version_num() != 4 {
        return Some(("/id", "expected a version 4 UUID, which TAXII 2.1 wants as the id of a collection".to_owned()));
    }
    if one.spec_versions.is_empty() || !one.spec_versions.is_sorted_by(|a, b| a < b) {
        return Some((
            "/spec_versions",
            "expected one or more editions of STIX, each once, the oldest first".to_owned(),
        ));
    }
    let retention = &one.retention;
    let days =
        |days: Option<u32>, least: u32| days.is_none_or(|days| (least..=i32::MAX.unsigned_abs()).contains(&days));
    if !days(retention.keep_days, 1) || !days(retention.keep_expired_days, 0) {
        return Some(("/retention", "expected 1 or more keep_days and 0 or more keep_expired_days".to_owned()));
    }
    let objects = retention.keep_objects.is_none_or(|objects| (1..=i64::MAX.unsigned_abs()).contains(&objects));
    (!objects).then(|| ("/retention/keep_objects", "expected 1 or more".to_owned()))
}
