//! Who is asking, what they may do, and in which order that is looked at.

use serde_json::Value;
use taxii_tests::collection::{Collection, Page};
use taxii_tests::endpoints;
use taxii_tests::http::{Request, Response, TAXII, basic};
use taxii_tests::objects::{envelope, id, id_of, indicator, indicators};
use taxii_tests::site::{
    ADMIN, Account, FIXED, NEITHER, NOBODY, Options, PUBLIC, READ_WRITE, READER, SECRET, SMALL_LIMIT, Site, TEST,
    WRITE_ONLY, WRITER,
};
use uuid::Uuid;

/// AMB-23, TX-MAN-06, TX-OBJ-03, TX-ONE-06, TX-VER-04, TX-ADD-03, TX-DEL-06: the status for `test` (both
/// rights), `reader`, `writer`, `nobody`, `admin`.
const MATRIX: [(&str, [u16; 5]); 10] = [
    ("discovery", [200, 200, 200, 200, 200]),
    ("api root", [200, 200, 200, 404, 200]),
    ("collections", [200, 200, 200, 404, 200]),
    ("collection", [200, 200, 200, 404, 200]),
    ("manifest", [200, 200, 403, 404, 200]),
    ("objects", [200, 200, 403, 404, 200]),
    ("add objects", [202, 403, 202, 404, 202]),
    ("object", [200, 200, 403, 404, 200]),
    ("versions", [200, 200, 403, 404, 200]),
    ("delete object", [200, 403, 403, 404, 200]),
];

/// The table above, on a root in which `nobody` has no rights at all.
fn each_may_do_what_was_granted(site: &Site) {
    for (place, account) in [TEST, READER, WRITER, NOBODY, ADMIN].into_iter().enumerate() {
        let collection = site.collection_with(Options { root: Some("small"), ..Options::default() });
        for endpoint in endpoints::all(&collection) {
            let Some((_, statuses)) = MATRIX.iter().find(|(name, _)| *name == endpoint.name) else {
                assert_eq!(endpoint.name, "status", "it has tests of its own");
                continue;
            };
            let answer = endpoint.request(site).account(account).send();
            let who = account.name;
            assert_eq!(answer.status, statuses[place], "{who}: {}: {answer}", endpoint.name);
        }
    }
}

/// TX-AUT-02, TX-COL-03, TX-HDR-08: without credentials, and with wrong ones, nothing works; a 401 lists Basic
/// among what works. Nothing was stored or deleted.
fn nobody_gets_in_without_credentials(site: &Site) {
    // A root in which nothing is public.
    let collection = site.collection_with(Options { root: Some("small"), ..Options::default() });
    let endpoints = endpoints::all(&collection);
    let before = collection.records();
    for endpoint in &endpoints {
        for (what, request) in strangers(&endpoint.request(site)) {
            let answer = request.send();
            assert_eq!(answer.status, 401, "{}: {what}: {answer}", endpoint.name);
            let schemes = answer.all("WWW-Authenticate").join(", ").to_lowercase();
            assert!(schemes.contains("basic realm="), "{}: {what}: {schemes}", endpoint.name);
        }
    }
    assert_eq!(collection.records(), before);
}

fn strangers(request: &Request) -> Vec<(&'static str, Request)> {
    let says = |user, password| request.clone().basic(user, password);
    let with = |value: &str| request.clone().header("Authorization", value);
    let key = "0123456789abcdef0123456789abcdef";
    let by_header = request.clone().anonymous().header("X-API-Key", key);
    vec![
        ("no credentials", request.clone().anonymous()),
        ("a wrong password", says(TEST.name, "wrong")),
        ("no password", says(TEST.name, "")),
        ("an unknown account", says("who", TEST.password)),
        ("the name in capitals", says("TEST", TEST.password)),
        ("another's password", says(TEST.name, ADMIN.password)),
        ("a password and more", says(TEST.name, "Passw0rd!x")),
        ("an unknown key", with(&format!("Bearer {key}"))),
        ("an unknown key in its header", by_header),
        ("the password as a key", with("Bearer Passw0rd!")),
        ("no key", with("Bearer")),
        ("no Basic", with("Basic")),
        ("not base64", with("Basic !!!!")),
        ("no colon", with("Basic dGVzdA==")),
        ("not UTF-8", with("Basic dGVzdDr//w==")),
        ("an unknown scheme", with("Negotiate abc")),
        ("an empty header", with("")),
    ]
}

/// TX-AUT-01, TX-AUT-03, TX-AUT-04: every way to say who one is.
fn every_way_to_say_who_one_is(site: &Site) {
    let collection = site.collection();
    collection.add(&indicators(2));
    let ask = collection.get("objects/").anonymous();
    let with = |value: String| ask.clone().header("Authorization", &value);
    let (password, key) = (basic(TEST.name, TEST.password), &site.key);
    for (what, request) in [
        ("Basic", with(format!("Basic {password}"))),
        ("basic, as MISP writes it", with(format!("basic {password}"))),
        ("BASIC", with(format!("BASIC {password}"))),
        ("two blanks", with(format!("Basic  {password}"))),
        ("Bearer", with(format!("Bearer {key}"))),
        ("bearer", with(format!("bearer {key}"))),
        ("Token", with(format!("Token {key}"))),
        ("token", with(format!("token {key}"))),
        ("the key as a password", with(format!("Basic {}", basic("anybody", key)))),
        ("the key as a password of nobody", with(format!("Basic {}", basic("", key)))),
        ("X-API-Key", ask.clone().header("X-API-Key", key)),
        ("x-api-key", ask.clone().header("x-api-key", key)),
    ] {
        let answer = request.send();
        assert_eq!(answer.status, 200, "{what}: {answer}");
        assert_eq!(Page::of(&answer).entries.len(), 2, "{what}");
    }
}

/// TX-AUT-04: a key is its account, no more: what `test` may not do, the key may not either; MISP's pusher
/// splits credentials at every colon, so a key has none.
fn a_key_has_the_rights_of_its_account(site: &Site) {
    let key = |request: Request| request.anonymous().header("Authorization", &format!("Bearer {}", site.key));
    key(site.get("/closed/")).send().expect(404);
    key(site.fixed(WRITE_ONLY).get("objects/")).send().expect(403);
    key(site.fixed(NEITHER).delete(&id("indicator"))).send().expect(404);
    assert!(!site.key.contains(':'), "a colon in a key");
    assert!(site.key.len() >= 32, "a key is long enough not to be guessed");
}

/// AMB-23: the collections of the interoperability draft: what is listed answers 403 to what is not granted.
fn what_is_listed_answers_forbidden(site: &Site) {
    for fixed in FIXED {
        let collection = site.fixed(fixed);
        let read = if fixed.rights.read { 200 } else { 403 };
        for below in ["objects/", "manifest/"] {
            let answer = collection.get(below).send();
            assert_eq!(answer.status, read, "{}: {below}: {answer}", fixed.alias);
        }
        if !fixed.rights.read {
            let object = id("indicator");
            collection.get(&format!("objects/{object}/")).send().expect(403);
            collection.get(&format!("objects/{object}/versions/")).send().expect(403);
        }
        if !fixed.rights.write {
            collection.post(&[indicator()]).send().expect(403);
        }
        site.get(&collection.path()).send().expect(200);
    }
}

/// AMB-23, TX-AUT-04: anybody may read what is public, without credentials or with those of an account that
/// has no rights there; nothing but reading.
fn what_is_public_can_be_read_by_anybody(site: &Site) {
    let options = Options { anonymous_read: true, ..Options::default() };
    let collection = site.collection_with(options);
    let object = indicator();
    collection.add(std::slice::from_ref(&object));
    let reading = [
        collection.path(),
        collection.objects(),
        collection.manifest(),
        collection.object(id_of(&object)),
        collection.versions(id_of(&object)),
    ];
    for target in reading {
        site.get(&target).anonymous().send().expect(200);
        site.get(&target).account(NOBODY).send().expect(200);
    }
    let seen = site.get(&collection.path()).anonymous().send().json();
    assert_eq!((&seen["can_read"], &seen["can_write"]), (&Value::Bool(true), &Value::Bool(false)));
    collection.post(&[indicator()]).anonymous().send().expect(401);
    collection.post(&[indicator()]).account(NOBODY).send().expect(403);
    let delete = collection.delete(id_of(&object));
    delete.clone().anonymous().send().expect(401);
    delete.account(NOBODY).send().expect(403);
    assert_eq!(collection.records().len(), 1);
}

/// AMB-23, promise 4: in a root with something public, who says no name sees that alone, and is asked for
/// credentials everywhere else.
fn a_public_root_shows_only_what_is_public(site: &Site) {
    let hidden = site.collection();
    site.get(&format!("/api1/collections/{PUBLIC}/objects/")).anonymous().send().expect(200);
    for endpoint in endpoints::of_collection(&hidden) {
        endpoint.request(site).anonymous().send().expect(401);
    }
    let invented = format!("/api1/collections/{}/objects/", Uuid::new_v4());
    site.get(&invented).anonymous().send().expect(401);
    site.get("/taxii2/").anonymous().send().expect(401);
    let list = site.get("/api1/collections/").anonymous().send();
    assert!(!list.text().contains(&hidden.id), "{list}");
    assert!(matches!(list.status, 200 | 401), "{list}");
}

/// TX-AUT-05, promise 4: the title of a collection in a closed root turns up in no answer to who may not see it.
fn a_closed_root_does_not_leak(site: &Site) {
    let paths = [
        "/taxii2/".to_owned(),
        "/closed/".to_owned(),
        "/closed/collections/".to_owned(),
        format!("/closed/collections/{SECRET}/"),
        format!("/closed/collections/{SECRET}/objects/"),
        format!("/closed/collections/{SECRET}/manifest/?limit=abc"),
        "/api1/collections/".to_owned(),
        format!("/api1/collections/{SECRET}/"),
    ];
    for path in &paths {
        for account in [TEST, NOBODY, WRITER] {
            let answer = site.get(path).account(account).send();
            assert!(!answer.text().contains("Nightjar"), "{path}: {}: {answer}", account.name);
        }
    }
    let member = site.get("/closed/collections/").account(READER).send().expect(200);
    assert!(member.text().contains("Nightjar"), "a member does see it: {member}");
}

/// A request that deserves two refusals; the first in AMB-24's order is the answer.
fn doubly_wrong(site: &Site) -> Vec<(&'static str, u16, Request)> {
    let small = site.collection_with(Options { root: Some("small"), ..Options::default() });
    let get = |target: &str| site.get(target);
    let odd = |method: &str, target: &str| site.request(method, target);
    let at = |query: &str| format!("{}?{query}", small.objects());
    let unknown = small.object(&id("indicator"));
    let no_collection = format!("/small/collections/{}/objects/", Uuid::new_v4());
    let big = vec![b' '; SMALL_LIMIT + 1];
    let post = small.post(&[indicator()]);
    vec![
        ("401 before 404", 401, get("/api3/").anonymous()),
        ("401 before 405", 401, odd("PUT", &small.objects()).anonymous()),
        ("401 before 406", 401, get(&small.objects()).accept("text/html").anonymous()),
        ("401 before 413", 401, post.clone().body(TAXII, big.clone()).anonymous()),
        ("401 before 400", 401, get(&at("limit=abc")).anonymous()),
        ("404 before 405", 404, odd("PUT", &no_collection)),
        ("404 before 406", 404, get(&no_collection).accept("text/html")),
        ("404 before 400", 404, get(&format!("{no_collection}?limit=abc"))),
        ("404 before 415", 404, odd("POST", &no_collection).body("text/plain", "x")),
        ("404 of the hidden before 405", 404, odd("PUT", &small.objects()).account(NOBODY)),
        ("405 before 406", 405, odd("PUT", &small.objects()).accept("text/html")),
        ("405 before 403", 405, odd("PUT", &small.objects()).account(READER)),
        ("406 before 403", 406, post.clone().account(READER).accept("text/html")),
        ("406 before 415", 406, post.clone().accept("text/html").header("Content-Type", "x/y")),
        ("406 before 400", 406, get(&at("limit=abc")).accept("text/html")),
        ("403 before 415", 403, post.clone().account(READER).header("Content-Type", "x/y")),
        ("403 before 413", 403, post.clone().account(READER).body(TAXII, big.clone())),
        ("403 before 400", 403, get(&at("limit=abc")).account(WRITER)),
        ("403 before 404 of the object", 403, odd("DELETE", &unknown).account(READER)),
        ("403 before 404 of the object", 403, get(&unknown).account(WRITER)),
        ("403 before 422", 403, post.clone().account(READER).body(TAXII, "{")),
        ("415 before 413", 415, post.clone().body("x/y", big.clone())),
        ("415 before 400", 415, odd("POST", &at("x=%zz")).body("x/y", "{")),
        ("413 before 400", 413, odd("POST", &at("x=%zz")).body(TAXII, big.clone())),
        ("413 before 422", 413, post.body(TAXII, big)),
        ("400 before 404 of the object", 400, get(&format!("{unknown}?limit=0"))),
        ("400 before 404 of the object", 400, odd("DELETE", &format!("{unknown}?match[x]=1"))),
    ]
}

/// AMB-24: the table above.
fn refusals_come_in_order(site: &Site) {
    for (what, status, request) in doubly_wrong(site) {
        let answer = request.send();
        assert_eq!(answer.status, status, "{what}: {} {}: {answer}", request.method, request.target);
    }
}

/// AMB-24: who may not send is refused before the body is read.
fn a_body_is_not_read_from_who_may_not_send(site: &Site) {
    let collection = site.collection();
    let post = collection.post(&[]);
    for (request, status) in [
        (post.clone().anonymous(), 401),
        (post.clone().account(NOBODY), 404),
        (post.clone().account(READER), 403),
        (post.header("Content-Type", "text/plain"), 415),
    ] {
        let request = request.header("Content-Length", "1000");
        let mut connection = request.connect();
        connection.write(&request.head()).expect("the head is read");
        let answer = connection.read("POST").expect("an answer without waiting for the body");
        assert_eq!(answer.status, status, "{answer}");
    }
}

/// AMB-23: rights in one collection are none in another.
fn rights_are_those_of_one_collection(site: &Site) {
    let (granted, other) = (site.collection(), site.collection());
    site.host().grant(NOBODY.name, &granted.root, &granted.alias, READ_WRITE);
    let works = |collection: &Collection<'_>, account: Account| -> Response {
        let body = envelope(&[indicator()]);
        site.request("POST", &collection.objects()).json(&body).account(account).send()
    };
    works(&granted, NOBODY).expect(202);
    works(&other, NOBODY).expect(404);
    for endpoint in endpoints::pages(&other) {
        endpoint.request(site).account(NOBODY).send().expect(404);
    }
}

taxii_tests::on_every_site!(
    each_may_do_what_was_granted,
    nobody_gets_in_without_credentials,
    every_way_to_say_who_one_is,
    a_key_has_the_rights_of_its_account,
    what_is_listed_answers_forbidden,
    what_is_public_can_be_read_by_anybody,
    a_public_root_shows_only_what_is_public,
    a_closed_root_does_not_leak,
    refusals_come_in_order,
    a_body_is_not_read_from_who_may_not_send,
    rights_are_those_of_one_collection,
);
