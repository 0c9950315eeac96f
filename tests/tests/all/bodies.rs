//! How large a body may be, and how it may be sent.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use taxii_tests::collection::Collection;
use taxii_tests::http::{Request, TAXII};
use taxii_tests::objects::{envelope, indicator};
use taxii_tests::site::{Options, SMALL_LIMIT, Site};

fn small(site: &Site) -> Collection<'_> {
    site.collection_with(Options { root: Some("small"), ..Options::default() })
}

/// A good envelope of exactly that many octets, blanks at its end.
fn padded(length: usize) -> Vec<u8> {
    let mut body = envelope(&[indicator()]).to_string().into_bytes();
    assert!(body.len() <= length);
    body.resize(length, b' ');
    body
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

fn in_chunks(collection: &Collection<'_>, body: &[u8]) -> Request {
    let chunks = body.chunks(1000).map(<[u8]>::to_vec).collect();
    collection.post(&[]).chunked(TAXII, chunks)
}

/// TX-API-05, TX-ADD-06, AMB-28: up to the limit, and not one octet more; whether the length is said before,
/// or found out while reading.
fn the_limit_is_exact(site: &Site) {
    let collection = small(site);
    for (length, status) in
        [(SMALL_LIMIT - 1, 202), (SMALL_LIMIT, 202), (SMALL_LIMIT + 1, 413), (SMALL_LIMIT * 20, 413)]
    {
        let body = padded(length);
        let answer = collection.post(&[]).body(TAXII, body.clone()).send();
        assert_eq!(answer.status, status, "{length} octets: {answer}");
        let answer = in_chunks(&collection, &body).send();
        assert_eq!(answer.status, status, "{length} octets in chunks: {answer}");
        let answer = zipped(&collection, &gzip(&body)).send();
        assert_eq!(answer.status, status, "{length} octets when unpacked: {answer}");
    }
    assert_eq!(collection.records().len(), 2, "one of each length that fits");
}

fn zipped(collection: &Collection<'_>, body: &[u8]) -> Request {
    collection.post(&[]).body(TAXII, body).header("Content-Encoding", "gzip")
}

/// AMB-28: a length that is too great is refused before a single octet of the body was sent.
fn a_length_too_great_is_refused_before_reading(site: &Site) {
    let collection = small(site);
    let too_great = [(SMALL_LIMIT + 1).to_string(), "999999999999".to_owned(), u64::MAX.to_string()];
    for length in too_great {
        let post = collection.post(&[]).header("Content-Length", &length);
        let mut connection = post.connect();
        connection.write(&post.head()).expect("the head is read");
        let answer = connection.read("POST").expect("an answer without waiting for the body");
        assert_eq!(answer.status, 413, "{length}: {answer}");
        taxii_tests::answers::check(&post, &answer);
    }
    assert!(collection.records().is_empty());
}

/// AMB-28, TX-SEC-01: a small body that unpacks into a great one is stopped at the limit.
fn a_bomb_does_not_go_off(site: &Site) {
    let collection = small(site);
    let bomb = gzip(&padded(12 << 20));
    assert!(bomb.len() < SMALL_LIMIT, "{} octets", bomb.len());
    zipped(&collection, &bomb).send().expect(413);
    assert!(collection.records().is_empty());
    zipped(&collection, &gzip(&padded(SMALL_LIMIT))).send().expect(202);
}

/// AMB-28: gzip is understood, what is not is 415, and what says it is gzip has to be.
fn codings_of_a_body(site: &Site) {
    let collection = site.collection();
    let body = padded(1000);
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(&body).expect("memory takes it");
    let deflated = deflated.finish().expect("memory takes it");
    zipped(&collection, &gzip(&body)).header("Content-Encoding", "GZIP").send().expect(202);
    let plain = collection.post(&[]).body(TAXII, body.clone());
    plain.clone().header("Content-Encoding", "identity").send().expect(202);
    for coding in ["compress", "x-ours", "gzip, gzip", "deflate, x-ours"] {
        let answer = collection.post(&[]).body(TAXII, deflated.clone()).header("Content-Encoding", coding).send();
        assert_eq!(answer.status, 415, "{coding}: {answer}");
    }
    let mut cut = gzip(&body);
    cut.truncate(cut.len() / 2);
    for broken in [body, cut, b"\x1f\x8b".to_vec(), Vec::new()] {
        let answer = zipped(&collection, &broken).send();
        assert!(matches!(answer.status, 400 | 422), "{broken:?}: {answer}");
    }
    assert_eq!(collection.records().len(), 1);
}

/// AMB-28: a length is not needed, and chunks may be as they like.
fn chunks_of_any_size(site: &Site) {
    let collection = site.collection();
    for size in [1, 7, 100, 5000] {
        let body = padded(1000);
        let chunks = body.chunks(size).map(<[u8]>::to_vec).collect();
        collection.post(&[]).chunked(TAXII, chunks).send().expect(202);
    }
    assert_eq!(collection.records().len(), 4);
}

/// A client may ask before it sends a body, and gets its answer either way.
fn a_client_may_wait_for_leave(site: &Site) {
    let collection = site.collection();
    let body = padded(1000);
    let post = collection.post(&[]).body(TAXII, body).header("Expect", "100-continue");
    post.send().expect(202);
    post.account(taxii_tests::site::READER).send().expect(403);
    assert_eq!(collection.records().len(), 1);
}

taxii_tests::on_every_site!(
    the_limit_is_exact,
    a_length_too_great_is_refused_before_reading,
    a_bomb_does_not_go_off,
    codings_of_a_body,
    chunks_of_any_size,
    a_client_may_wait_for_leave,
);
