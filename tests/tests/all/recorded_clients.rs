//! What real clients send, as it was recorded or as their sources have it, and what they need from the answer.

use serde_json::{Value, json};
use taxii_tests::collection::{Collection, Page, encoded, expected};
use taxii_tests::http::{Request, Response, TAXII, basic};
use taxii_tests::objects::{
    envelope, id, id_of, indicator, indicators, malware, modified, relationship, versions, with,
};
use taxii_tests::site::{Options, Site, TEST};

/// The headers of taxii2-client 2.3.0, in its order.
fn taxii2_client(site: &Site, method: &str, target: &str) -> Request {
    let agent = if method == "GET" { "taxii2-client/2.3.0" } else { "python-requests/2.32.3" };
    site.request(method, target)
        .without("Connection")
        .without("Accept")
        .anonymous()
        .header("User-Agent", agent)
        .header("Accept-Encoding", "gzip, deflate")
        .header("Accept", TAXII)
        .header("Connection", "close")
        .header("Authorization", &format!("Basic {}", basic(TEST.name, TEST.password)))
}

/// How taxii2-client judges an answer to a GET: token by token, case and all, blanks removed.
fn satisfies_taxii2_client(answer: &Response) -> bool {
    let content_type = answer.header("Content-Type").unwrap_or_default().replace(' ', "");
    let tokens: Vec<_> = content_type.split(';').collect();
    tokens.contains(&"application/taxii+json") && tokens.contains(&"version=2.1")
}

/// A page of the client's `as_pages`: it repeats every filter, and asks for as many as it got last time.
fn as_pages(collection: &Collection<'_>, per_request: usize, filters: &str) -> Vec<Value> {
    let (mut found, mut limit, mut next) = (Vec::new(), per_request, String::new());
    for _ in 0..100 {
        let target = format!("{}?limit={limit}{next}{filters}", collection.objects());
        let answer = taxii2_client(collection.site, "GET", &target).send().expect(200);
        assert!(satisfies_taxii2_client(&answer), "{answer}");
        let page = Page::of(&answer);
        limit = page.entries.len();
        found.extend(page.entries);
        match page.next {
            Some(token) if page.more => next = format!("&next={}", encoded(&token)),
            _ => return found,
        }
    }
    panic!("a walk without end");
}

/// The recorded query, every character of it encoded; page by page with a limit that changes.
fn taxii2_client_reads(site: &Site) {
    let collection = site.collection();
    let objects = [indicators(7), vec![malware(), relationship(&id("indicator"), &id("malware"))]].concat();
    collection.add(&objects);
    let filters = "&added_after=2024-01-02T03%3A04%3A05.6789Z&match%5Btype%5D=indicator%2Cmalware\
                   &match%5Bversion%5D=all&match%5Bspec_version%5D=2.1";
    for per_request in [1, 2, 5, 100] {
        assert_eq!(as_pages(&collection, per_request, filters), objects[..8], "{per_request}");
    }
    assert_eq!(as_pages(&collection, 3, ""), objects);
    for stripped in ["2024-01-02T03%3A04%3A05Z", "2024-01-02T03%3A04%3A05.6Z"] {
        let all = as_pages(&collection, 100, &format!("&added_after={stripped}"));
        assert_eq!(all.len(), objects.len(), "{stripped}");
    }
}

/// A GET that the client is content with.
fn got(site: &Site, target: &str) -> Value {
    let answer = taxii2_client(site, "GET", target).send().expect(200);
    assert!(satisfies_taxii2_client(&answer), "{answer}");
    answer.json()
}

/// What its constructors insist on in discovery, root and collection.
fn taxii2_client_looks_around(site: &Site) {
    let collection = site.collection();
    let discovery = got(site, "/taxii2/");
    let roots = discovery["api_roots"].as_array().expect("roots");
    assert!(roots.contains(&discovery["default"]), "{discovery}");
    let root = got(site, "/api1/");
    assert!(root["title"].is_string() && root["max_content_length"].is_u64(), "{root}");
    assert!(root["versions"].as_array().is_some_and(|versions| !versions.is_empty()), "{root}");
    let path = collection.path();
    let id = got(site, &path)["id"].as_str().expect("an id").to_owned();
    assert!(path.contains(&id), "it looks for the id in the URL");
}

/// How it adds, waits for the status, looks into the manifest and deletes.
fn taxii2_client_writes(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let post = taxii2_client(site, "POST", &collection.objects());
    let status = post.json(&envelope(std::slice::from_ref(&object))).send().expect(202).json();
    let asked = got(site, &format!("/api1/status/{}/", status["id"].as_str().expect("an id")));
    assert_eq!(asked["status"], "complete", "it would poll once per second");
    assert_eq!(asked["successes"].as_array().map(Vec::len), Some(1), "as many as the count says");
    let query = format!("{}?match%5Bid%5D={}", collection.manifest(), id_of(&object));
    assert_eq!(got(site, &query)["objects"][0]["id"], object["id"]);
    let delete = taxii2_client(site, "DELETE", &collection.object(id_of(&object)));
    delete.header("Content-Length", "0").send().expect(200);
}

/// The TAXII 2.0 dialect gets 406, which is what makes such clients change their version.
fn the_dialect_of_taxii_20_is_not_acceptable(site: &Site) {
    let collection = site.collection();
    for (accept, range) in [
        ("application/vnd.oasis.taxii+json; version=2.0", "items=0-99"),
        ("application/vnd.oasis.stix+json; version=2.0", "items=0-1"),
        ("application/vnd.oasis.stix+json; version=2.0", "items 0-99"),
        ("application/vnd.oasis.taxii+json", "items 0-10000"),
    ] {
        for target in ["/taxii2/".to_owned(), collection.objects(), collection.manifest()] {
            let answer = site.get(&target).accept(accept).header("Range", range).send();
            assert_eq!(answer.status, 406, "{accept}: {target}: {answer}");
        }
    }
}

/// The source asks for 5000 at a time, for all versions of an id, and for one object, of which it takes
/// the first; the sink posts bundles, one object each.
fn stix2_reads_and_writes(site: &Site) {
    let collection = site.collection();
    let object = with(indicator(), "name", "Früherkennung 早期警戒 🛡");
    for version in versions(&object, 3) {
        let bundle = json!({"type": "bundle", "id": id("bundle"), "objects": [version]});
        taxii2_client(site, "POST", &collection.objects()).json(&bundle).send().expect(202);
    }
    let newest = versions(&object, 3).pop().expect("three");
    let query = |query: &str| as_pages(&collection, 5000, query);
    assert_eq!(query(""), std::slice::from_ref(&newest));
    let all = format!("&match%5Bid%5D={}&match%5Bversion%5D=all", id_of(&object));
    assert_eq!(query(&all), versions(&object, 3));
    let one = taxii2_client(site, "GET", &collection.object(id_of(&object))).send().expect(200);
    assert_eq!(one.json()["objects"][0], newest);
    taxii2_client(site, "GET", &collection.object(&id("indicator"))).send().expect(404);
}

/// Cut to milliseconds, as OpenCTI stores it.
fn to_milliseconds(date: &str) -> String {
    format!("{}Z", &date[..23])
}

/// The feed sends `next` together with `added_after`, stores the last date cut to milliseconds, and
/// must neither read again nor miss what comes next: so a batch ends on a whole millisecond.
fn the_opencti_feed_polls(site: &Site) {
    let collection = site.collection();
    let (mut after, mut seen) = ("2020-01-01T00:00:00.000Z".to_owned(), Vec::new());
    for _ in 0..5 {
        let batch = indicators(5);
        collection.add(&batch);
        let (mut next, mut got) = (String::new(), Vec::new());
        loop {
            let target = format!("{}?limit=2&added_after={after}{next}", collection.objects());
            let page = Page::of(&site.get(&target).send().expect(200));
            got.extend(page.keys());
            assert!(got.len() <= batch.len(), "read again: {got:?}");
            let last = page.last.as_deref().expect("a date on the last page, too");
            match page.next {
                Some(token) => next = format!("&next={}", encoded(&token)),
                None => {
                    after = to_milliseconds(last);
                    break;
                }
            }
        }
        assert_eq!(got, expected(&batch), "neither again nor less");
        seen.extend(got);
        let idle = site.get(&format!("{}?added_after={after}", collection.objects())).send();
        assert!(Page::of(&idle.expect(200)).entries.is_empty(), "an idle poll reads nothing again");
    }
    assert_eq!(seen.len(), 25);
}

/// Releases up to 5.10.1 ask for JSON or anything.
fn an_old_opencti_is_served(site: &Site) {
    let collection = site.collection();
    collection.add(&[indicator()]);
    let ask = collection.get("objects/").accept("application/json, text/plain, */*");
    let answer = ask.header("User-Agent", "axios/1.4.0").send().expect(200);
    assert_eq!(answer.header("Content-Type"), Some(TAXII));
}

/// The connector starts at discovery, takes the root by its last segment and the collection by its
/// title, and brings a token of another collection with it, which is 400 and no crash.
fn the_opencti_connector_finds_its_way(site: &Site) {
    let title = format!("Feed {}", uuid::Uuid::new_v4());
    let collection = site.collection_with(Options { title: Some(&title), ..Options::default() });
    let object = indicator();
    collection.add(&[object.clone(), malware(), malware()]);
    let discovery = taxii2_client(site, "GET", "/taxii2/").send().json();
    let roots = discovery["api_roots"].as_array().expect("roots").iter().filter_map(Value::as_str);
    let named = roots.filter(|root| root.trim_end_matches('/').rsplit('/').next() == Some("api1"));
    assert_eq!(named.count(), 1, "{discovery}");
    let list = taxii2_client(site, "GET", "/api1/collections/").send().json();
    let found: Vec<_> =
        list["collections"].as_array().expect("a list").iter().filter(|c| c["title"] == title.as_str()).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], collection.id);
    let look_up = format!("{}?match%5Bid%5D={}", collection.manifest(), id_of(&object));
    let found = taxii2_client(site, "GET", &look_up).send().expect(200).json();
    assert_eq!(found["objects"][0]["id"], object["id"]);
    let token = collection.page("objects/?limit=1").next.expect("more");
    let after = "2020-01-01T00%3A00%3A00.000000Z";
    let target = format!("?next={}&added_after={after}", encoded(&token));
    taxii2_client(site, "GET", &format!("{}{target}", site.collection().objects())).send().expect(400);
    let own = taxii2_client(site, "GET", &format!("{}{target}", collection.objects())).send();
    assert_eq!(Page::of(&own.expect(200)).entries.len(), 2);
}

/// The push connector: the type of STIX with a blank, a bundle with the `spec_version` outside, a key.
fn the_opencti_push_connector_writes(site: &Site) {
    let collection = site.collection();
    let object = indicator();
    let bundle = json!({
        "type": "bundle", "id": id("bundle"), "spec_version": "2.1", "objects": [object]
    });
    let answer = site
        .request("POST", &collection.objects())
        .accept("application/taxii+json; version=2.1")
        .header("Authorization", &format!("Bearer {}", site.key))
        .body("application/stix+json; version=2.1", bundle.to_string())
        .send()
        .expect(202);
    assert_eq!(answer.json()["success_count"], 1, "{answer}");
    assert_eq!(collection.keys("objects/"), expected(&[object]));
}

/// MISP writes its scheme in lower case, sends a type with a GET, walks with 50 a page, and pushes what
/// it makes of events without waiting for a status.
fn misp_browses_and_pushes(site: &Site) {
    let collection = site.collection();
    let misp = |request: Request| {
        let credentials = basic(TEST.name, TEST.password);
        request.header("Authorization", &format!("basic {credentials}")).header("Content-Type", TAXII)
    };
    let limit = misp(site.get("/api1/")).send().json()["max_content_length"].as_u64();
    assert!(limit.is_some_and(|limit| limit >= 10 << 20), "MISP skips what is larger: {limit:?}");
    misp(site.get(&collection.path())).send().expect(200);
    let event = json!({
        "type": "x-misp-event", "spec_version": "2.1", "id": id("x-misp-event"),
        "created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z",
        "x_misp_info": "an event", "labels": ["misp:tool=\"misp2stix\""]
    });
    let mut objects = indicators(119);
    objects.push(event);
    let status = misp(collection.post(&objects)).send().expect(202).json();
    assert_eq!(status["success_count"], 120, "said at once: {status}");
    let mut next = String::new();
    let mut sizes = Vec::new();
    loop {
        let target = format!("{}?limit=50{next}", collection.objects());
        let page = Page::of(&misp(site.get(&target)).send().expect(200));
        sizes.push(page.entries.len());
        assert!(sizes.len() <= 3, "{sizes:?}");
        match page.next {
            Some(token) => next = format!("&next={token}"),
            None => break,
        }
    }
    assert_eq!(sizes, [50, 50, 20]);
}

/// XSOAR: default root, exact title, many types in one filter, the `modified` of the last object as its
/// cursor, a `Token`, a hundred a page.
fn xsoar_fetches(site: &Site) {
    let collection = site.collection();
    let objects = indicators(150);
    collection.add(&objects);
    let types = "indicator%2Cmalware%2Cfile%2Cipv4-addr%2Cdomain-name%2Curl%2Crelationship";
    let filters = format!("&match%5Btype%5D={types}&added_after=2020-01-01T00%3A00%3A00.000Z");
    assert_eq!(as_pages(&collection, 100, &filters), objects);
    let token =
        taxii2_client(site, "GET", &collection.objects()).header("Authorization", &format!("Token {}", site.key));
    assert_eq!(Page::of(&token.send().expect(200)).entries.len(), 150);
    let spaced = collection.get("objects/").accept("application/taxii+json; version=2.1");
    spaced.send().expect(200);
}

/// Sentinel keeps the last date and asks with it; what it has read it must not be billed for again.
fn sentinel_polls(site: &Site) {
    let collection = site.collection();
    uuid::Uuid::parse_str(&collection.id).expect("it takes version-4 UUIDs alone");
    collection.add(&indicators(3));
    let poll = |after: &str| {
        let target = format!("{}?added_after={after}", collection.objects());
        Page::of(&site.get(&target).send().expect(200))
    };
    let first = poll("2020-01-01T00:00:00Z");
    let mark = first.last.expect("X-TAXII-Date-Added-Last");
    assert!(poll(&mark).entries.is_empty(), "not billed twice");
    let renewed = modified(&first.entries[0], "2024-01-01T00:00:00Z");
    collection.add(std::slice::from_ref(&renewed));
    let news = poll(&mark);
    assert_eq!(news.entries, [renewed], "a new version is news");
    assert!(news.last.is_some_and(|last| last > mark));
}

/// Elastic: the last date goes back byte for byte; page two has `limit` and `next` and nothing else; a
/// last page has no `next`, since it asks for no `more`.
fn elastic_polls(site: &Site) {
    let collection = site.collection();
    let objects = indicators(7);
    collection.add(&objects);
    let ask = |query: &str| {
        let target = format!("{}?{query}", collection.objects());
        let request = site.get(&target).header("Content-Type", TAXII);
        Page::of(&request.header("Authorization", &format!("Bearer {}", site.key)).send().expect(200))
    };
    for after in ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.123456789Z"] {
        let mut page = ask(&format!("added_after={after}&limit=3"));
        let mut got = page.keys();
        while let Some(token) = &page.next {
            page = ask(&format!("limit=3&next={token}"));
            got.extend(page.keys());
            assert!(got.len() <= objects.len(), "{after}: read again: {got:?}");
        }
        assert_eq!(got, expected(&objects), "{after}");
        let last = page.last.expect("the last page has its date");
        collection.get(&format!("objects/?added_after={last}&limit=3")).send().expect(200);
        assert!(ask(&format!("added_after={last}&limit=3")).entries.is_empty());
    }
}

/// Page sizes and entry points of other products; each is cut or taken, none refused.
fn other_products_ask_in_their_sizes(site: &Site) {
    let collection = site.collection();
    let objects = indicators(3);
    collection.add(&objects);
    for limit in [1, 99, 100, 500, 5000, 10_000, 15_000] {
        let page = collection.page(&format!("objects/?limit={limit}"));
        assert_eq!(page.keys(), expected(&objects[..limit.min(3)]), "{limit}");
    }
    // MineMeld asks from the greatest `modified` it saw.
    let modified = objects[0]["modified"].as_str().expect("text");
    assert_eq!(collection.ids(&format!("added_after={modified}")).len(), 3);
}

/// Curl and scripts: any type, no slash, brackets as typed with `-g`, header key.
fn curl_asks(site: &Site) {
    let collection = site.collection();
    let objects = [indicator(), malware()];
    collection.add(&objects);
    let target = format!("{}?match[type]=malware", collection.objects().trim_end_matches("/"));
    let ask = Request::new(site.origin(), "GET", &target).header("User-Agent", "curl/8.5.0");
    let by_key = ask.clone().accept("*/*").header("X-API-Key", &site.key).send().expect(200);
    assert_eq!(Page::of(&by_key).keys(), expected(&objects[1..]));
    let plain = ask.account(TEST).send().expect(200);
    assert_eq!(Page::of(&plain).keys(), expected(&objects[1..]));
}

taxii_tests::on_every_site!(
    taxii2_client_reads,
    taxii2_client_looks_around,
    taxii2_client_writes,
    the_dialect_of_taxii_20_is_not_acceptable,
    stix2_reads_and_writes,
    the_opencti_feed_polls,
    an_old_opencti_is_served,
    the_opencti_connector_finds_its_way,
    the_opencti_push_connector_writes,
    misp_browses_and_pushes,
    xsoar_fetches,
    sentinel_polls,
    elastic_polls,
    other_products_ask_in_their_sizes,
    curl_asks,
);
