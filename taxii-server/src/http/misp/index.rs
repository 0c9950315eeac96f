//! The list of events, and who wants which.

use serde_json::{Value, json};
use taxii_model::Timestamp;

use super::named::Named;
use crate::service::Listed;

/// Which events are asked for.
pub(super) struct Wanted<'n> {
    named: &'n Named,
    now: i64,
}

impl<'n> Wanted<'n> {
    pub(super) fn new(named: &'n Named) -> Self {
        Self { named, now: Timestamp::now().as_micros().div_euclid(1_000_000) }
    }

    /// Is this one?
    pub(super) fn takes(&self, event: &Listed) -> bool {
        let orgc = |rule: &str| rule.eq_ignore_ascii_case(&event.orgc.1) || rule.eq_ignore_ascii_case(&event.orgc.0);
        let tagged = |rule: &str| event.tags.iter().any(|tag| is_like(tag, rule));
        let named = |rule: &str| rule.eq_ignore_ascii_case(&event.uuid);
        self.is_published(event)
            && self.keeps(&["org", "orgs"], &orgc)
            && self.keeps(&["tag", "tags"], &tagged)
            && self.keeps(&["uuid", "eventid", "eventuuid"], &named)
            && self.is_in_time("timestamp", event.timestamp)
            && self.is_in_time("publish_timestamp", event.publish_timestamp)
            && self.named.last("datefrom").is_none_or(|day| event.date.as_str() >= day)
            && self.named.last("dateuntil").is_none_or(|day| event.date.as_str() <= day)
            && self.named.last("eventinfo").is_none_or(|part| event.info.to_lowercase().contains(&part.to_lowercase()))
    }

    fn is_published(&self, event: &Listed) -> bool {
        match self.named.last("published") {
            Some("0" | "false") => !event.published,
            Some("1" | "true") => event.published,
            _ => true,
        }
    }

    /// Rules are in a list or between bars. One of those without a `!` has to hold, and none of those with one.
    fn keeps(&self, names: &[&str], holds: &dyn Fn(&str) -> bool) -> bool {
        let rules = names.iter().flat_map(|name| self.named.all(name)).flat_map(|value| value.split('|'));
        let rules: Vec<&str> = rules.map(str::trim).filter(|rule| !rule.is_empty()).collect();
        let (never, some): (Vec<&str>, Vec<&str>) = rules.into_iter().partition(|rule| rule.starts_with('!'));
        let is_hit = |rule: &&str| holds(rule.trim_start_matches('!'));
        (some.is_empty() || some.iter().any(is_hit)) && !never.iter().any(is_hit)
    }

    /// Since then, or between two; what cannot be read restricts nothing that is there.
    fn is_in_time(&self, name: &str, at: i64) -> bool {
        let mut bounds = self.named.all(name).filter_map(|text| self.seconds(text));
        let (since, until) = (bounds.next(), bounds.next());
        since.is_none_or(|since| at >= since) && until.is_none_or(|until| at <= until)
    }

    /// Seconds since 1970, or so long ago: `30d`, `12h`, `5m`.
    fn seconds(&self, text: &str) -> Option<i64> {
        if let Ok(seconds) = text.parse() {
            return Some(seconds);
        }
        let units = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
        let (unit, length) = units.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
        let count: i64 = text.strip_suffix(unit)?.parse().ok()?;
        Some(self.now.saturating_sub(count.saturating_mul(length)))
    }
}

/// Is this the tag, in any case, or as far as the percent signs at either end leave it open?
fn is_like(tag: &str, rule: &str) -> bool {
    let (tag, rule) = (tag.to_lowercase(), rule.to_lowercase());
    match (rule.strip_prefix('%'), rule.strip_suffix('%')) {
        (Some(_), Some(_)) => tag.contains(rule.trim_matches('%')),
        (Some(end), None) => tag.ends_with(end),
        (None, Some(beginning)) => tag.starts_with(beginning),
        (None, None) => tag == rule,
    }
}

/// An event in the list; all that synchronisation needs, or what people want to see.
pub(super) fn written(event: &Listed, minimal: bool) -> Value {
    let Listed { uuid, info, date, orgc, .. } = event;
    let short = json!({
        "uuid": uuid,
        "timestamp": event.timestamp.to_string(),
        "sighting_timestamp": "0",
        "published": event.published,
        "orgc_uuid": orgc.1,
    });
    if minimal {
        return short;
    }
    let tags: Vec<Value> = event.tags.iter().map(|name| json!({"Tag": {"name": name}})).collect();
    json!({
        "uuid": uuid,
        "info": info,
        "date": date,
        "timestamp": event.timestamp.to_string(),
        "publish_timestamp": event.publish_timestamp.to_string(),
        "sighting_timestamp": "0",
        "published": event.published,
        "analysis": event.analysis.to_string(),
        "threat_level_id": event.threat_level_id.to_string(),
        "attribute_count": event.attributes.to_string(),
        "orgc_uuid": orgc.1,
        "Orgc": {"name": orgc.0, "uuid": orgc.1},
        "EventTag": tags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules of a pull, as MISP sends them: lists and bars, names and UUIDs, exclamation marks, ages.
    #[test]
    fn rules() {
        let event = Listed {
            uuid: "5f1b1e3a-9c8e-4b5e-8a6b-0c2d4e6f8a01".to_owned(),
            info: "Night Heron".to_owned(),
            date: "2026-11-01".to_owned(),
            timestamp: 1_793_491_200,
            publish_timestamp: 1_793_491_200,
            published: true,
            analysis: 2,
            threat_level_id: 1,
            attributes: 3,
            orgc: ("CIRCL".to_owned(), "55f6ea5e-2c60-40e5-964f-47a8950d210f".to_owned()),
            tags: vec!["tlp:green".to_owned(), "misp-galaxy:tool=\"x\"".to_owned()],
        };
        for (rules, expected) in [
            (json!({}), true),
            (json!({"minimal": 1, "published": 1}), true),
            (json!({"published": 0}), false),
            (json!({"org": ["circl", "other"]}), true),
            (json!({"org": ["55f6ea5e-2c60-40e5-964f-47a8950d210f"]}), true),
            (json!({"org": ["!CIRCL"]}), false),
            (json!({"org": "other|third"}), false),
            (json!({"tag": ["tlp:green", "!tlp:red"]}), true),
            (json!({"tag": "TLP:GREEN|!misp-galaxy:%"}), false),
            (json!({"tag": ["%tool%"]}), true),
            (json!({"timestamp": "1793491200"}), true),
            (json!({"timestamp": 1_793_491_201}), false),
            (json!({"timestamp": ["0", "1793491199"]}), false),
            (json!({"timestamp": "100000d"}), true),
            (json!({"datefrom": "2026-11-02"}), false),
            (json!({"eventinfo": "heron", "unknown": [{"a": 1}]}), true),
        ] {
            let named = Named::default().and(rules.as_object().unwrap());
            assert_eq!(Wanted::new(&named).takes(&event), expected, "{rules}");
        }
    }
}
