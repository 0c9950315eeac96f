//! Sightings of many as one: how many organisations at least saw something in a week.
//!
//! The count is the number of producers, cut to a multiple of the smallest group. So what is told changes only with a whole
//! group, and the difference of two counts tells of no single one.

use std::collections::BTreeSet;

use stix_model::json::{Json, Members};
use stix_model::marking::pap::Pap;
use stix_model::marking::tlp::{Tlp, TlpEdition};

use super::known::{Known, text};
use super::profile::Exactness;
use super::who::{Leaves, Pass};
use super::{Stay, times};

impl Pass<'_> {
    /// The group that a sighting belongs to.
    pub(super) fn group(&self, sighting: &Members<'static>) -> Result<Leaves, Stay> {
        self.candidate(sighting)?;
        let of = text(sighting, "sighting_of_ref").unwrap_or_default();
        let target = self.name(of).ok_or_else(|| Stay::new("reference", "what was sighted does not leave"))?;
        let week = week(sighting).ok_or_else(|| Stay::new("form", "its dates cannot be read"))?;
        let smallest = self.sanitiser.rules.profile.smallest_group.max(1);
        let seen = self.producers(of, &week).len();
        let told = seen - seen % smallest;
        if told == 0 {
            return Err(Stay::new("group", format!("fewer than {smallest} producers saw the same in that week")));
        }
        let object =
            self.grouped(of, &target, &week, told).ok_or_else(|| Stay::new("form", "its dates cannot be read"))?;
        let gone = sighting.iter().filter(|(name, _)| !object.contains(name));
        let gone = gone.map(|(name, _)| (super::pointer("", name), "group".to_owned())).collect();
        Ok(Leaves { object, gone, unchanged: false, pseudonym: None })
    }

    /// Who saw it in that week, among those whose sightings may leave. Nobody knows how many those without a name are.
    fn producers(&self, of: &str, week: &str) -> BTreeSet<String> {
        let all = self.known.sightings(of);
        let counts = all.iter().filter(|sighting| {
            let revoked = sighting.get("revoked").and_then(Json::as_bool) == Some(true);
            !revoked && self::week(sighting).as_deref() == Some(week) && self.candidate(sighting).is_ok()
        });
        counts.filter_map(|sighting| text(sighting, "created_by_ref").map(str::to_owned)).collect()
    }

    fn grouped(&self, of: &str, target: &str, week: &str, told: usize) -> Option<Members<'static>> {
        let sanitiser = self.sanitiser;
        let at: chrono::DateTime<chrono::Utc> = week.parse().ok()?;
        let modified = at.checked_add_signed(chrono::TimeDelta::milliseconds(told.try_into().ok()?))?;
        let modified = modified.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        // The markings of each are within the ceiling; those of the group must not tell of one.
        let tlp =
            Tlp::ALL.into_iter().find(|tlp| tlp.edition() == TlpEdition::V2 && tlp.level() == sanitiser.ceiling.tlp);
        let pap = Pap::ALL.into_iter().find(|pap| pap.level() == sanitiser.ceiling.pap);
        let markings = [tlp.map(Tlp::id), pap.map(Pap::id)].into_iter().flatten();
        let text = |text: &str| Json::from(text.to_owned());
        let members = [
            ("type", text("sighting")),
            ("spec_version", text("2.1")),
            ("id", text(&sanitiser.group_id(of, week))),
            ("created_by_ref", text(&sanitiser.hub)),
            ("created", text(week)),
            ("modified", text(&modified)),
            ("first_seen", text(week)),
            ("last_seen", text(week)),
            ("count", Json::from(i64::try_from(told).ok()?)),
            ("sighting_of_ref", text(target)),
            ("object_marking_refs", Json::List(markings.map(|id| text(id.as_str())).collect())),
        ];
        Some(members.into_iter().collect())
    }
}

/// The beginning of the week of a sighting.
fn week(sighting: &Members<'_>) -> Option<String> {
    let at = ["first_seen", "last_seen", "created"].into_iter().find_map(|name| text(sighting, name))?;
    times::coarse(at, Exactness::Week)
}
