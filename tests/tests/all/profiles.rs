//! Accounts of clients that need more, or other, than the standard says of an empty page.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use taxii_tests::answers::{FIRST, LAST, is_taxii_timestamp};
use taxii_tests::collection::{Collection, Page};
use taxii_tests::http::{Response, TAXII};
use taxii_tests::objects::{id, id_of, indicator, indicators};
use taxii_tests::site::{Account, ELASTIC, MISP, OPENCTI, Options, SENTINEL, Site, TEST, XSOAR};

/// What an account gets.
struct Profile {
    account: Account,
    /// The body of an empty page of objects or of the manifest.
    list: bool,
    /// The headers of an empty page, if the caller said `added_after`.
    dates: bool,
    /// Whether `Accept: application/json` is served.
    json: bool,
}

const PROFILES: [Profile; 6] = [
    Profile { account: TEST, list: false, dates: false, json: false },
    Profile { account: ELASTIC, list: true, dates: true, json: false },
    Profile { account: SENTINEL, list: false, dates: true, json: false },
    Profile { account: OPENCTI, list: true, dates: true, json: true },
    Profile { account: XSOAR, list: true, dates: false, json: false },
    Profile { account: MISP, list: true, dates: false, json: false },
];

fn collection(site: &Site) -> Collection<'_> {
    let readers = &[ELASTIC, SENTINEL, OPENCTI, XSOAR, MISP];
    site.collection_with(Options { readers, ..Options::default() })
}

fn ask(collection: &Collection<'_>, below: &str, account: Account) -> Response {
    collection.get(below).account(account).send().expect(200)
}

fn empty(profile: &Profile) -> Value {
    if profile.list { json!({"more": false, "objects": []}) } else { json!({}) }
}

/// AMB-15, AMB-16 and each client's need: an empty page after a date, on objects and on the manifest.
fn an_empty_page_after_a_date(site: &Site) {
    let collection = collection(site);
    collection.add(&indicators(2));
    let after = "2999-01-02T03:04:05.678901Z";
    for profile in &PROFILES {
        for endpoint in ["objects/", "manifest/"] {
            let answer = ask(&collection, &format!("{endpoint}?added_after={after}"), profile.account);
            let who = profile.account.name;
            assert_eq!(answer.json(), empty(profile), "{who}: {endpoint}");
            for name in [FIRST, LAST] {
                let wanted = profile.dates.then_some(after);
                assert_eq!(answer.header(name), wanted, "{who}: {endpoint}: {name}");
            }
        }
    }
}

/// The echo is the same instant as a TAXII timestamp, however the caller wrote it (TX-HDR-03).
fn the_echo_is_a_taxii_timestamp(site: &Site) {
    let collection = collection(site);
    for after in ["2999-01-02T03:04:05Z", "2999-01-02T03:04:05.6Z", "2999-01-02t03:04:05.678z"] {
        let instant: DateTime<Utc> = after.to_uppercase().parse().expect("a timestamp");
        for profile in PROFILES.iter().filter(|profile| profile.dates) {
            let answer = ask(&collection, &format!("objects/?added_after={after}"), profile.account);
            let echo = answer.header(LAST).expect("an echo").to_owned();
            assert!(is_taxii_timestamp(&echo), "{after}: {echo}");
            assert_eq!(echo.parse::<DateTime<Utc>>(), Ok(instant), "{after}: {echo}");
        }
    }
}

/// AMB-15: who named no date gets none: there is nothing to echo, and "now" would skip what is just coming.
fn without_a_date_there_is_none_to_echo(site: &Site) {
    let collection = collection(site);
    for profile in &PROFILES {
        let answer = ask(&collection, "objects/", profile.account);
        assert_eq!(answer.json(), empty(profile), "{}", profile.account.name);
        assert_eq!(answer.header(FIRST), None, "{}", profile.account.name);
        assert_eq!(answer.header(LAST), None, "{}", profile.account.name);
    }
}

/// A page with something on it is the standard's for everybody.
fn a_full_page_is_the_same_for_all(site: &Site) {
    let collection = collection(site);
    collection.add(&indicators(3));
    let standard = ask(&collection, "objects/?limit=2", TEST);
    for profile in &PROFILES {
        let answer = ask(&collection, "objects/?limit=2", profile.account);
        assert_eq!(answer.body, standard.body, "{}", profile.account.name);
        assert_eq!(answer.header(FIRST), standard.header(FIRST), "{}", profile.account.name);
        assert_eq!(answer.header(LAST), standard.header(LAST), "{}", profile.account.name);
        assert!(!Page::of(&answer).keys().is_empty());
    }
}

/// AMB-02: only the profile that needs it is served when it asks for JSON, and gets TAXII's type all the same.
fn json_is_for_one_profile(site: &Site) {
    let collection = collection(site);
    collection.add(&[indicator()]);
    for profile in &PROFILES {
        let request = collection.get("objects/").accept("application/json").account(profile.account);
        let answer = request.send();
        let wanted = if profile.json { 200 } else { 406 };
        assert_eq!(answer.status, wanted, "{}: {answer}", profile.account.name);
        assert_eq!(answer.header("Content-Type"), Some(TAXII));
    }
}

/// A profile changes pages, not rights or errors.
fn a_profile_gives_no_rights(site: &Site) {
    let hidden = site.collection();
    let seen = collection(site);
    for profile in PROFILES.iter().filter(|profile| profile.account.profile.is_some()) {
        let account = profile.account;
        hidden.get("objects/").account(account).send().expect(404);
        seen.post(&[indicator()]).account(account).send().expect(403);
        seen.get("objects/?limit=0").account(account).send().expect(400);
        seen.get(&format!("objects/{}/", id("indicator"))).account(account).send().expect(404);
        seen.get("objects/").account(account).accept("text/html").send().expect(406);
    }
}

/// AMB-17, promise 1: a poller with an echoed date misses nothing and reads nothing twice.
fn an_echoed_date_is_a_good_mark(site: &Site) {
    let collection = collection(site);
    for profile in PROFILES.iter().filter(|profile| profile.dates) {
        let mut mark = "2020-01-01T00:00:00.000000Z".to_owned();
        let (mut sent, mut got) = (Vec::new(), Vec::new());
        for round in 0..6 {
            if round % 2 == 1 {
                let object = indicator();
                sent.push(id_of(&object).to_owned());
                collection.add(&[object]);
            }
            let answer = ask(&collection, &format!("objects/?added_after={mark}"), profile.account);
            got.extend(Page::of(&answer).keys().into_iter().map(|(id, _)| id));
            mark = answer.header(LAST).expect("a mark, whatever came").to_owned();
        }
        assert_eq!(got, sent, "{}", profile.account.name);
        for id in &sent {
            collection.delete(id).send().expect(200);
        }
    }
}

taxii_tests::on_every_site!(
    an_empty_page_after_a_date,
    the_echo_is_a_taxii_timestamp,
    without_a_date_there_is_none_to_echo,
    a_full_page_is_the_same_for_all,
    json_is_for_one_profile,
    a_profile_gives_no_rights,
    an_echoed_date_is_a_good_mark,
);
