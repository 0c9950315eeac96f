//! Resources of other people's servers, bent into the shape that the standard gives them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use crate::Error;

/// Reads a resource: `null` is absent, a number is good enough as an `id`, digits are good enough
/// as a length, and `display_name` is good enough as a `title`.
pub(crate) fn read<T: DeserializeOwned>(mut resource: Value, url: &Url) -> Result<T, Error> {
    let Some(members) = resource.as_object_mut() else {
        return Err(Error::answer(url, "expected a JSON object"));
    };
    bend(members);
    serde_json::from_value(resource)
        .map_err(|error| Error::answer(url, format!("the resource cannot be read: {error}")))
}

/// Reads the items of a list that can be read, and counts the others.
pub(crate) fn read_list<T: DeserializeOwned>(items: Vec<Value>, url: &Url) -> (Vec<T>, usize) {
    let all = items.len();
    let good: Vec<T> = items.into_iter().filter_map(|item| read(item, url).ok()).collect();
    let bad = all - good.len();
    (good, bad)
}

fn bend(members: &mut Map<String, Value>) {
    members.retain(|_, value| !value.is_null());
    if let Some(Value::Number(number)) = members.get("id") {
        let text = number.to_string();
        members.insert("id".to_owned(), text.into());
    }
    if !members.contains_key("title")
        && let Some(name) = members.remove("display_name")
    {
        members.insert("title".to_owned(), name);
    }
    if let Some(length) = members.get("max_content_length").filter(|length| !length.is_u64()) {
        let length = length.as_str().and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
        members.insert("max_content_length".to_owned(), length.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use taxii_model::{ApiRoot, Collection};

    use super::*;

    /// Server faults: `display_name` for `title`, numeric ids, lengths as text, nulls.
    #[test]
    fn bends_what_can_be_bent() {
        let url = Url::parse("https://h.example/").unwrap();
        let collection: Collection =
            read(json!({"id": 107, "display_name": "x", "can_read": true, "alias": null, "media_types": null}), &url)
                .unwrap();
        assert_eq!((collection.id.as_str(), collection.title.as_str(), collection.can_read), ("107", "x", true));
        for (stated, expected) in [(json!("1000"), 1000), (json!(null), 0), (json!(-1), 0), (json!(7), 7)] {
            let root: ApiRoot = read(json!({"title": "t", "max_content_length": stated}), &url).unwrap();
            assert_eq!(root.max_content_length, expected);
        }
        assert!(read::<ApiRoot>(json!([]), &url).is_err());
        let (good, bad) = read_list::<Collection>(vec![json!({"id": "a"}), json!(7), json!({"title": "no id"})], &url);
        assert_eq!((good.len(), bad), (1, 2));
    }
}
