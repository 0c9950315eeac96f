//! What a caller hears, compared row by row with the model.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use taxii_tests::http::Response;

use super::model::{Ask, May, Sample, samples, seen, status};
use super::site::{Caller, Place, Site, callers, canary, id, modified, object, places, sample};

/// Reads everything as everybody; how many answers were compared.
pub(super) fn reads(site: &Site) -> usize {
    let samples = samples();
    let mut rows = 0;
    for caller in &callers() {
        let mut heard = Vec::new();
        for place in &places() {
            let mut talk =
                Talk { site, caller, place, may: place.may(caller), samples: &samples, rows: 0, heard: &mut heard };
            talk.collection();
            talk.pages();
            talk.objects();
            talk.changes();
            rows += talk.rows;
        }
        holds_no_secret(caller, &samples, &heard);
    }
    rows
}

/// All that one caller does at one place.
struct Talk<'t> {
    site: &'t Site,
    caller: &'t Caller,
    place: &'t Place,
    may: May,
    samples: &'t [Sample],
    rows: usize,
    /// Every byte of every answer.
    heard: &'t mut Vec<u8>,
}

/// A version of a sample, and what is missing from it.
type Seen = (usize, usize, BTreeSet<&'static str>);

impl Talk<'_> {
    fn who(&self) -> String {
        format!("{} at {}", self.caller.name, self.place.name)
    }

    fn ask(&mut self, method: &str, rest: &str, expected: u16) -> Response {
        let answer = self.site.by(self.caller.name, method, self.place, rest).send();
        self.rows += 1;
        assert_eq!(answer.status, expected, "{}: {method} {rest}: {answer}", self.who());
        self.heard.extend(answer.raw());
        answer
    }

    fn status(&self, ask: Ask) -> u16 {
        status(self.may, self.caller.logged_in, ask)
    }

    fn collection(&mut self) {
        let expected = self.status(Ask::Collection);
        let answer = self.ask("GET", "", expected);
        if expected == 200 {
            let resource: Value = answer.json();
            assert_eq!(
                [&resource["can_read"], &resource["can_write"]],
                [self.may.read, self.may.write],
                "{}",
                self.who()
            );
        }
    }

    /// All versions that the caller sees, in the order in which they were added.
    fn visible(&self) -> Vec<Seen> {
        let views =
            self.samples.iter().enumerate().flat_map(|(s, of)| {
                seen(self.caller.sees.as_ref(), of).into_iter().map(move |(n, hidden)| (n, s, hidden))
            });
        let mut views: Vec<Seen> = views.collect();
        views.sort();
        views
    }

    fn pages(&mut self) {
        let expected = self.status(Ask::Read);
        let all = self.visible();
        let is_end =
            |(n, s, _): &Seen, end: fn(usize, usize) -> bool| !all.iter().any(|(m, t, _)| t == s && end(*m, *n));
        let newest: Vec<Seen> = all.iter().filter(|one| is_end(one, |m, n| m > n)).cloned().collect();
        let oldest: Vec<Seen> = all.iter().filter(|one| is_end(one, |m, n| m < n)).cloned().collect();
        let second: Vec<Seen> = all.iter().filter(|(n, ..)| *n == 1).cloned().collect();
        let some: Vec<Seen> = newest.iter().filter(|(_, s, _)| s % 3 == 0).cloned().collect();
        let ids: Vec<String> = (0..self.samples.len()).step_by(3).map(|s| id(self.place.number, s)).collect();
        let by_id = format!("match[id]={}", ids.join(","));
        let by_version = format!("match[version]={}", modified(1));
        // Who may not read hears the same of every page.
        let asked = if expected == 200 { 7 } else { 1 };
        let none = Vec::new();
        let queries: [(&str, &Vec<Seen>); 7] = [
            ("", &newest),
            ("match[version]=all", &all),
            ("match[version]=first", &oldest),
            ("match[type]=indicator", &newest),
            ("match[type]=malware", &none),
            (by_version.as_str(), &second),
            (by_id.as_str(), &some),
        ];
        for (query, entries) in queries.into_iter().take(asked) {
            let manifest = self.ask("GET", &format!("manifest/?{query}"), expected);
            let page = self.ask("GET", &format!("objects/?{query}"), expected);
            if expected == 200 {
                self.is_page(&page, entries, query);
                self.is_manifest(&manifest, entries, query);
                self.same_dates(&page, &manifest);
            }
        }
        if expected == 200 {
            self.walk(&all);
        }
    }

    /// What servers tell each other: nothing but what the objects show, whole.
    fn changes(&mut self) {
        let expected = self.status(Ask::Read);
        let [digest, page] = ["changes/digest/", "changes/?limit=1000"].map(|rest| {
            let answer = self.site.by(self.caller.name, "GET", self.place, rest).send_unchecked();
            self.rows += 1;
            assert_eq!(answer.status, expected, "{}: {rest}: {answer}", self.who());
            self.heard.extend(answer.raw());
            answer
        });
        if expected != 200 {
            return;
        }
        let whole: BTreeSet<(String, String)> = self
            .visible()
            .into_iter()
            .filter(|(.., hidden)| hidden.is_empty())
            .map(|(n, s, _)| (id(self.place.number, s), plain(&modified(n))))
            .collect();
        let pair = |one: &Value, version: &str| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            (text("id"), plain(&text(version)))
        };
        let (page, digest): (Value, Value) = (page.json(), digest.json());
        let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
        let changes = list(&page, "changes").iter().map(|one| pair(&one["object"], "modified")).collect::<Vec<_>>();
        let leaves = list(&digest, "leaves").iter().map(|one| pair(one, "version")).collect::<Vec<_>>();
        for told in changes.iter().chain(&leaves).filter(|(id, _)| !id.starts_with("marking-definition")) {
            assert!(whole.contains(told), "{}: {told:?} is told of", self.who());
        }
    }

    fn is_page(&self, page: &Response, expected: &[Seen], query: &str) {
        let envelope: Value = page.json();
        let objects = envelope["objects"].as_array().cloned().unwrap_or_default();
        let names = |entries: &[Seen]| entries.iter().map(|(n, s, _)| (self.samples[*s].name, *n)).collect::<Vec<_>>();
        assert_eq!(
            objects.len(),
            expected.len(),
            "{}: {query}: expected {:?}: {envelope}",
            self.who(),
            names(expected)
        );
        assert_ne!(envelope["more"], true, "{}: {query}", self.who());
        for (object, entry) in objects.iter().zip(expected) {
            self.is_object(object, entry);
        }
    }

    fn is_object(&self, object: &Value, (n, s, hidden): &Seen) {
        let whole = sample(self.place.number, *s, *n, &self.samples[*s]);
        let what = format!("{}: {} v{n}", self.who(), self.samples[*s].name);
        if hidden.is_empty() {
            assert_eq!(object, &whole, "{what}");
            return;
        }
        for (property, value) in whole.as_object().expect("an object") {
            match property.as_str() {
                "granular_markings" => {}
                property if hidden.contains(property) => assert!(object.get(property).is_none(), "{what}: {object}"),
                property => assert_eq!(object.get(property), Some(value), "{what}"),
            }
        }
    }

    fn is_manifest(&self, answer: &Response, expected: &[Seen], query: &str) {
        let manifest: Value = answer.json();
        let records = manifest["objects"].as_array().cloned().unwrap_or_default();
        let told: Vec<_> = records.iter().map(|one| (one["id"].clone(), one["version"].clone())).collect();
        let wanted: Vec<_> =
            expected.iter().map(|(n, s, _)| (json!(id(self.place.number, *s)), json!(modified(*n)))).collect();
        assert_eq!(told, wanted, "{}: manifest {query}", self.who());
    }

    /// The dates tell of nothing that is not on the page.
    fn same_dates(&self, page: &Response, manifest: &Response) {
        let records: Value = manifest.json();
        let date = |record: Option<&Value>| record.map(|one| one["date_added"].as_str().expect("a date").to_owned());
        let records = records["objects"].as_array().cloned().unwrap_or_default();
        let header = |name| page.header(name).map(str::to_owned);
        assert_eq!(header("X-TAXII-Date-Added-First"), date(records.first()), "{}", self.who());
        assert_eq!(header("X-TAXII-Date-Added-Last"), date(records.last()), "{}", self.who());
    }

    /// Page by page it is the same, and the last page says that it is the last.
    fn walk(&mut self, all: &[Seen]) {
        let (mut next, mut found) = (String::new(), Vec::new());
        loop {
            let page = self.ask("GET", &format!("objects/?match[version]=all&limit=4{next}"), 200);
            let envelope: Value = page.json();
            let objects = envelope["objects"].as_array().cloned().unwrap_or_default();
            found.extend(objects.iter().map(|one| (one["id"].clone(), one["modified"].clone())));
            match envelope["next"].as_str() {
                Some(cursor) => {
                    assert_eq!((objects.len(), &envelope["more"]), (4, &json!(true)), "{}", self.who());
                    next = format!("&next={cursor}");
                }
                None => break,
            }
        }
        let wanted: Vec<_> =
            all.iter().map(|(n, s, _)| (json!(id(self.place.number, *s)), json!(modified(*n)))).collect();
        assert_eq!(found, wanted, "{}: page by page", self.who());
    }

    fn objects(&mut self) {
        let expected = self.status(Ask::Read);
        // Who may not read hears the same of every object.
        let asked = if expected == 200 { self.samples.len() } else { 3 };
        for (s, of) in self.samples.iter().enumerate().take(asked) {
            let views = seen(self.caller.sees.as_ref(), of);
            let there = if expected == 200 && views.is_empty() { 404 } else { expected };
            let path = format!("objects/{}/", id(self.place.number, s));
            let object = self.ask("GET", &path, there);
            let versions = self.ask("GET", &format!("{path}versions/"), there);
            if let (200, Some((n, hidden))) = (there, views.last()) {
                self.is_page(&object, &[(*n, s, hidden.clone())], &path);
                let told: Value = versions.json();
                let wanted: Vec<String> = views.iter().map(|(n, _)| modified(*n)).collect();
                assert_eq!(told["versions"], json!(wanted), "{}: {}", self.who(), of.name);
            }
        }
    }
}

/// Promise 4: of what the caller may not see nothing is in any byte that it ever received.
fn holds_no_secret(caller: &Caller, samples: &[Sample], heard: &[u8]) {
    let text = String::from_utf8_lossy(heard);
    let mut shown = 0;
    for place in &places() {
        let reads = place.may(caller).read && caller.logged_in != Some(false);
        for (s, of) in samples.iter().enumerate() {
            let views = if reads { seen(caller.sees.as_ref(), of) } else { Vec::new() };
            for n in 0..of.versions.len() {
                let hidden = views.iter().find(|(m, _)| *m == n).map(|(_, hidden)| hidden);
                for property in ["name", "description", "pattern"] {
                    let may = hidden.is_some_and(|hidden| !hidden.contains(property));
                    let is = text.contains(&canary(&id(place.number, s), n, property));
                    assert_eq!(is, may, "{} at {}: {property} of {} v{n}", caller.name, place.name, of.name);
                    shown += usize::from(is);
                }
            }
        }
    }
    assert!(shown > 0 || caller.logged_in == Some(false) || caller.name == "writes", "{} saw something", caller.name);
}

/// Adds and deletes as everybody, each something of its own; how many answers were compared.
pub(super) fn writes(site: &Site) -> usize {
    let samples = samples();
    let kinds = ["green, then red", "TLP:RED", "unmarked"];
    let kinds: Vec<&Sample> =
        kinds.iter().filter_map(|name| samples.iter().find(|sample| sample.name == *name)).collect();
    let mut rows = 0;
    for (c, caller) in callers().iter().enumerate() {
        for place in &places() {
            let may = place.may(caller);
            for (k, kind) in kinds.iter().enumerate() {
                let own = format!("indicator--{c:08x}-de1e-4000-{:04x}-{k:012x}", 0x8000 + place.number);
                for (n, version) in kind.versions.iter().enumerate() {
                    let envelope = json!({"objects": [object(&own, n, version)]});
                    site.by("admin", "POST", place, "objects/").json(&envelope).send().expect(202);
                }
                let views = seen(caller.sees.as_ref(), kind);
                let expected = match status(may, caller.logged_in, Ask::Delete) {
                    200 if views.is_empty() => 404,
                    expected => expected,
                };
                let path = format!("objects/{own}/");
                let answer = site.by(caller.name, "DELETE", place, &path).send();
                assert_eq!(answer.status, expected, "{} at {}: delete {}", caller.name, place.name, kind.name);
                let left = if expected == 200 { kind.versions.len() - views.len() } else { kind.versions.len() };
                let after = site.by("admin", "GET", place, &format!("{path}versions/")).send();
                let told =
                    if after.status == 404 { 0 } else { after.json()["versions"].as_array().map_or(0, Vec::len) };
                assert_eq!(told, left, "{} at {}: what is left of {}", caller.name, place.name, kind.name);
                rows += 2;
            }
            let fresh = object(
                &format!("indicator--{c:08x}-add0-4000-{:04x}-000000000000", 0x8000 + place.number),
                0,
                &kinds[1].versions[0],
            );
            let answer = site.by(caller.name, "POST", place, "objects/").json(&json!({"objects": [fresh]})).send();
            assert_eq!(
                answer.status,
                status(may, caller.logged_in, Ask::Add),
                "{} at {}: add",
                caller.name,
                place.name
            );
            rows += 1;
        }
    }
    rows
}

/// A version as digests have it: without what says nothing.
fn plain(version: &str) -> String {
    version.trim_end_matches('Z').trim_end_matches(".000").to_owned()
}
