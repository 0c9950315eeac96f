use std::fmt;
use std::str::FromStr;

use crate::json::{Json, Members};

/// A part of an object: `labels.[0]`, `hashes.MD5` (STIX 2.1 §7.2.3.1).
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::Selector;
///
/// let file = Json::parse(r#"{"type": "file", "size": 0, "hashes": {"MD5": "d41d8cd98f00b204e9800998ecf8427e"}}"#)?;
/// let part = |text: &str| text.parse::<Selector>().unwrap().resolve(file.as_object().unwrap()).is_some();
/// assert!(part("hashes.MD5") && part("size"));
/// assert!(!part("hashes.[0]") && !part("name"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selector(pub(super) Vec<Step>);

/// A step of a selector.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A property, or a key of a dictionary. `1` is such a name too.
    Name(String),
    /// An item of a list.
    Index(usize),
}

/// The text is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a selector: expected names and list indexes joined by dots, such as external_references.[0].source_name")]
pub struct InvalidSelector;

impl Selector {
    /// Its steps, from the object inwards; the first is a name.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The part that it selects; `None` if the object has no such part. A part is there whatever its value: `false`,
    /// `0` and the empty string are values.
    #[must_use]
    pub fn resolve<'o, 'a>(&self, object: &'o Members<'a>) -> Option<&'o Json<'a>> {
        let (first, rest) = self.0.split_first()?;
        let Step::Name(first) = first else { return None };
        rest.iter().try_fold(object.get(first)?, |json, step| match (step, json) {
            (Step::Name(name), Json::Object(members)) => members.get(name),
            (Step::Index(index), Json::List(items)) => items.get(*index),
            _ => None,
        })
    }

    /// Does it select the other part, or something that the other part lies in?
    ///
    /// ```
    /// # use stix_model::Selector;
    /// let selector = |text: &str| text.parse::<Selector>().unwrap();
    /// assert!(selector("labels").covers(&selector("labels.[1]")));
    /// assert!(!selector("labels.[1]").covers(&selector("labels.[10]")));
    /// assert!(!selector("description").covers(&selector("description_x")));
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The part that this one lies in; `None` for a property of the object.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.split_last() {
            Some((_, [])) | None => None,
            Some((_, rest)) => Some(Self(rest.to_vec())),
        }
    }

    /// A part inside this one.
    #[must_use]
    pub fn child(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// A property of the object, if the name can be selected.
    #[must_use]
    pub fn property(name: &str) -> Option<Self> {
        is_name(name).then(|| Self(vec![Step::Name(name.to_owned())]))
    }
}

impl FromStr for Selector {
    type Err = InvalidSelector;

    fn from_str(text: &str) -> Result<Self, InvalidSelector> {
        let steps: Vec<Step> = text.split('.').map(step).collect::<Option<_>>().ok_or(InvalidSelector)?;
        match steps.first() {
            Some(Step::Name(_)) => Ok(Self(steps)),
            _ => Err(InvalidSelector),
        }
    }
}

fn step(text: &str) -> Option<Step> {
    if let Some(index) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let canonical = index == "0" || !index.starts_with('0');
        let digits = !index.is_empty() && index.bytes().all(|c| c.is_ascii_digit());
        return (canonical && digits).then(|| index.parse().ok()).flatten().map(Step::Index);
    }
    is_name(text).then(|| Step::Name(text.to_owned()))
}

fn is_name(text: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
    (1..=250).contains(&text.len()) && text.bytes().all(allowed)
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            let dot = if i == 0 { "" } else { "." };
            match step {
                Step::Name(name) => write!(f, "{dot}{name}")?,
                Step::Index(index) => write!(f, "{dot}[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(text: &str) -> Selector {
        text.parse().unwrap()
    }

    /// GM-2: names and indexes joined by dots, nothing else.
    #[test]
    fn syntax() {
        for good in [
            "id",
            "labels.[0]",
            "hashes.SHA-256",
            "a.[0].[10].b",
            "extensions.extension-definition--x.rank",
            "d.1",
            "A",
        ] {
            assert_eq!(selector(good).to_string(), good);
        }
        let long = "a".repeat(251);
        for bad in [
            "",
            ".",
            ".a",
            "a.",
            "a..b",
            "a[0]",
            "a.[-1]",
            "a.[*]",
            "a.[]",
            "a.[01]",
            "a.[+1]",
            "[0]",
            "[0].a",
            "$",
            "$.a",
            "a b",
            "a.é",
            "a.[99999999999999999999999]",
            &long,
        ] {
            assert_eq!(bad.parse::<Selector>(), Err(InvalidSelector), "{bad}");
        }
    }

    /// GM-3, GM-4, GM-5, GM-7, GM-8, AC-15: a part is selectable if it is there, whatever it is.
    #[test]
    fn resolves_what_is_there() {
        let object = Json::parse(
            r#"{"type":"x-y","id":"i","revoked":false,"count":0,"latitude":0.0,"name":"","labels":["a","a"],
            "hashes":{"MD5":"m","SHA-256":"s"},"dict":{"1":"one"},"environment_variables":{"PATH":"/"},
            "extensions":{"e-ext":{"rows":[[1,2],[{"deep":false}]]}},"granular_markings":[{"selectors":["id"]}],
            "object_marking_refs":["m"]}"#,
        )
        .unwrap();
        let object = object.as_object().unwrap();
        for there in [
            "type",
            "id",
            "revoked",
            "count",
            "latitude",
            "name",
            "labels",
            "labels.[1]",
            "hashes.MD5",
            "hashes.SHA-256",
            "dict.1",
            "environment_variables.PATH",
            "extensions.e-ext.rows.[0].[1]",
            "extensions.e-ext.rows.[1].[0].deep",
            "granular_markings.[0].selectors",
            "object_marking_refs.[0]",
        ] {
            assert!(selector(there).resolve(object).is_some(), "{there}");
        }
        for missing in
            ["nothing", "labels.[2]", "labels.0", "labels.a", "dict.[1]", "name.x", "name.[0]", "hashes.md5", "count.x"]
        {
            assert!(selector(missing).resolve(object).is_none(), "{missing}");
        }
        let at = |text: &str| std::ptr::from_ref(selector(text).resolve(object).unwrap());
        assert_ne!(at("labels.[0]"), at("labels.[1]"), "equal items are told apart by their index");
    }

    /// GM-6: ancestry goes by steps.
    #[test]
    fn covers_by_steps() {
        for (outer, inner, covers) in [
            ("labels", "labels", true),
            ("labels", "labels.[0]", true),
            ("a.b", "a.b.[0].c", true),
            ("a.b.c", "a.b", false),
            ("description", "description_x", false),
            ("labels.[1]", "labels.[10]", false),
            ("d.1", "d.[1]", false),
        ] {
            assert_eq!(selector(outer).covers(&selector(inner)), covers, "{outer} {inner}");
        }
        assert_eq!(selector("a.[0]").parent(), Some(selector("a")));
        assert_eq!(selector("a").parent(), None);
    }
}
