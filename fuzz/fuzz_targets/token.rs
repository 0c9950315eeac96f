#![no_main]
//! No text is a token but what the issuer signed, and no set of keys makes one so.

use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

use libfuzzer_sys::fuzz_target;
use taxii_server::auth::token::{Issuer, KeySet, KeySource, Tokens};

/// An issuer with a public key of each kind, whose private halves nobody has.
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let file = std::env::temp_dir().join(format!("taxii-fuzz-keys-{}.json", std::process::id()));
    let keys = r#"{"keys":[
        {"kty":"EC","crv":"P-256","kid":"one","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"OKP","crv":"Ed25519","kid":"two","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    std::fs::write(&file, keys).expect("a folder for temporary files");
    let issuer = Issuer { keys: KeySource::File(file), ..Issuer::new("i", "a") };
    Tokens::new(vec![issuer]).expect("an issuer")
});

fuzz_target!(|text: &str| {
    let _ = KeySet::read(text.as_bytes());
    let _ = Tokens::looks_like_one(text);
    let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        assert!(TOKENS.verify(text, now).await.is_err());
        // What a fuzzer does not come upon: the form of a token around whatever it has.
        let whole = format!("{}.{}.{}", HEADER, encode(text), encode(text));
        assert!(TOKENS.verify(&whole, now).await.is_err());
        let whole = format!("{}.{}.{}", encode(text), CLAIMS, encode(text));
        assert!(TOKENS.verify(&whole, now).await.is_err());
    });
});

/// `{"alg":"EdDSA","kid":"two"}`
const HEADER: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6InR3byJ9";
/// `{"iss":"i","aud":"a","sub":"s","exp":1800000300}`
const CLAIMS: &str = "eyJpc3MiOiJpIiwiYXVkIjoiYSIsInN1YiI6InMiLCJleHAiOjE4MDAwMDAzMDB9";

/// Base64url without padding.
fn encode(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| (bits << 8) | u32::from(*three.get(at).unwrap_or(&0)));
        let letters = (0..4).map(|at| char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
        out.extend(letters.take(three.len() + 1));
    }
    out
}
