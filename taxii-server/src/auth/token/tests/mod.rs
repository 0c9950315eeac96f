mod refresh;
pub(in crate::auth) mod signer;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use self::signer::{Signer, encode, sign_with_secret};
use super::*;

const ISSUER: &str = "https://login.example";
const NOW: u64 = 1_800_000_000;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "taxii", "sub": "soc-7", "exp": NOW + 300, "nbf": NOW - 300, "iat": NOW - 300})
}

fn header(algorithm: &str) -> Value {
    json!({"alg": algorithm, "kid": "one", "typ": "JWT"})
}

/// An issuer with these keys in a file.
struct Desk {
    file: tempfile::NamedTempFile,
    issuer: Issuer,
}

impl Desk {
    fn new(keys: &[Value]) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let issuer = Issuer { keys: KeySource::File(file.path().to_owned()), ..Issuer::new(ISSUER, "taxii") };
        let desk = Self { file, issuer };
        desk.publish(keys);
        desk
    }

    fn publish(&self, keys: &[Value]) {
        std::fs::write(self.file.path(), json!({"keys": keys}).to_string()).unwrap();
    }

    fn tokens(&self) -> Tokens {
        Tokens::new(vec![self.issuer.clone()]).unwrap()
    }

    async fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        self.tokens().verify(token, at(NOW)).await
    }
}

fn with(mut value: Value, name: &str, new: Value) -> Value {
    value[name] = new;
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

/// Every algorithm verifies what its own key signed, and nothing that any other key signed or that was changed by one bit.
#[tokio::test]
async fn every_algorithm_verifies_its_own() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let desk = Desk::new(&[signer.jwk("one")]);
        let token = signer.sign(&header(&algorithm.to_string()), &claims());
        assert!(Tokens::looks_like_one(&token));
        let found = desk.verify(&token).await.unwrap();
        assert_eq!((found.subject.as_deref(), found.expires), (Some("soc-7"), at(NOW + 360)), "{algorithm}");
        for other in Algorithm::ALL {
            if matches!((algorithm, other), (Algorithm::Rs256 | Algorithm::Ps256, Algorithm::Rs256 | Algorithm::Ps256))
            {
                continue;
            }
            // Another key of the same name, of the same kind or another.
            let stranger = Desk::new(&[Signer::new(other).jwk("one")]);
            let why = stranger.verify(&token).await.unwrap_err();
            let expected = if algorithm == other { TokenError::Signature } else { TokenError::UnknownKey };
            assert_eq!(why, expected, "{algorithm} by a key for {other}");
        }
        let (first, last) = token.split_at(token.rfind('.').unwrap() + 1);
        for place in [2, first.len() / 2, first.len() - 3] {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            desk.verify(std::str::from_utf8(&changed).unwrap()).await.unwrap_err();
        }
        for signature in ["", "AAAA", &last[4..], &format!("{last}AAAA"), &encode([0; 64]), &encode([0xff; 256])] {
            assert!(desk.verify(&format!("{first}{signature}")).await.is_err(), "{algorithm} {signature}");
        }
        let claims = encode(with(claims(), "sub", json!("admin")).to_string());
        let head = token.split('.').next().unwrap();
        assert_eq!(desk.verify(&format!("{head}.{claims}.{last}")).await, Err(TokenError::Signature));
    }
}

/// A signature is by an asymmetric key of the issuer, and of the kind that this key is for. `none`, shared secrets, and keys that
/// the sender brings along never count.
#[tokio::test]
async fn signatures_cannot_be_talked_round() {
    let (signer, rsa) = (Signer::new(Algorithm::Es256), Signer::new(Algorithm::Rs256));
    let desk = Desk::new(&[signer.jwk("one"), rsa.jwk("rsa")]);
    let good = signer.sign(&header("ES256"), &claims());
    let (_, signature) = good.rsplit_once('.').unwrap();
    for none in ["none", "None", "NONE", "", "HS256", "HS384", "HS512", "RS1", "ES256K", "es256", "ES512", "dir"] {
        for end in ["", signature] {
            let head = encode(header(none).to_string());
            let token = format!("{head}.{}.{end}", encode(claims().to_string()));
            assert_eq!(desk.verify(&token).await, Err(TokenError::Algorithm), "{none:?}");
        }
    }
    // The oldest trick: what is public used as a secret, in every form that it comes in.
    let jwk = rsa.jwk("rsa");
    let secrets = [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned(), json!({"keys": [jwk]}).to_string()];
    for secret in &secrets {
        for name in ["HS256", "RS256", "ES256"] {
            let token = sign_with_secret(secret.as_bytes(), &with(header(name), "kid", json!("rsa")), &claims());
            assert!(desk.verify(&token).await.is_err(), "{name}");
        }
    }
    // A stranger's key, brought along in every way that there is.
    let stranger = Signer::new(Algorithm::Es256);
    for (name, value) in [
        ("jwk", stranger.jwk("one")),
        ("jku", json!("http://127.0.0.1:9/keys")),
        ("x5u", json!("http://127.0.0.1:9/chain")),
        ("x5c", json!(["MIIB"])),
    ] {
        let token = stranger.sign(&with(header("ES256"), name, value.clone()), &claims());
        assert_eq!(desk.verify(&token).await, Err(TokenError::Signature), "{name}");
        let token = signer.sign(&with(header("ES256"), name, value), &claims());
        assert!(desk.verify(&token).await.is_ok(), "{name} is not looked at");
    }
    // A key for one algorithm is not one for another, whatever the token says.
    let desk = Desk::new(&[with(rsa.jwk("one"), "alg", json!("PS256"))]);
    assert_eq!(desk.verify(&rsa.sign(&header("RS256"), &claims())).await, Err(TokenError::UnknownKey));
    assert!(desk.verify(&rsa.sign(&header("PS256"), &claims())).await.is_ok());
    let limited = Desk { issuer: Issuer { algorithms: vec![Algorithm::Rs256], ..desk.issuer.clone() }, ..desk };
    assert_eq!(limited.verify(&rsa.sign(&header("PS256"), &claims())).await, Err(TokenError::Algorithm));
}

/// What a token says has to be meant for this server and for now, with a minute for clocks that differ, and each refusal says why,
/// to the log.
#[tokio::test]
async fn claims_are_checked() {
    let signer = Signer::new(Algorithm::EdDsa);
    let desk = Desk::new(&[signer.jwk("one")]);
    let missing = |name: &str| Err(TokenError::Claim(name.to_owned()));
    for (claims, expected) in [
        (with(claims(), "exp", json!(NOW - 59)), Ok(())),
        (with(claims(), "exp", json!(NOW - 60)), Err(TokenError::Expired)),
        (with(claims(), "exp", json!(1_799_999_939.5)), Err(TokenError::Expired)),
        (with(claims(), "exp", json!("1900000000")), missing("exp")),
        (with(claims(), "exp", json!(-1)), missing("exp")),
        (with(claims(), "exp", json!(1e300)), missing("exp")),
        (with(claims(), "exp", json!(u64::MAX)), missing("exp")),
        (without(claims(), "exp"), missing("exp")),
        (with(claims(), "nbf", json!(NOW + 60)), Ok(())),
        (with(claims(), "nbf", json!(NOW + 61)), Err(TokenError::NotYetValid)),
        (with(claims(), "nbf", json!([NOW])), missing("nbf")),
        (without(claims(), "nbf"), Ok(())),
        (with(claims(), "aud", json!(["other", "taxii"])), Ok(())),
        (with(claims(), "aud", json!("other")), Err(TokenError::Audience)),
        (with(claims(), "aud", json!(["TAXII", "taxii2", ""])), Err(TokenError::Audience)),
        (with(claims(), "aud", json!({"taxii": 1})), missing("aud")),
        (without(claims(), "aud"), missing("aud")),
        (with(claims(), "iss", json!("https://evil.example")), Err(TokenError::UnknownIssuer)),
        (with(claims(), "iss", json!("https://login.example/")), Err(TokenError::UnknownIssuer)),
        (with(claims(), "iss", json!([ISSUER])), missing("iss")),
        (without(claims(), "iss"), missing("iss")),
        (with(claims(), "sub", json!("")), missing("sub")),
        (with(claims(), "sub", json!(" ")), missing("sub")),
        (with(claims(), "sub", json!(7)), missing("sub")),
        (with(claims(), "sub", json!("two\nlines")), missing("sub")),
        (with(claims(), "sub", json!("x".repeat(257))), missing("sub")),
        (without(claims(), "sub"), missing("sub")),
    ] {
        let found = desk.verify(&signer.sign(&header("EdDSA"), &claims)).await;
        assert_eq!(found.map(drop), expected, "{claims}");
    }
}

/// What is not exactly a signed token of the compact form is none, and nothing of any size makes us work or panic.
#[tokio::test]
async fn only_tokens_are_tokens() {
    let signer = Signer::new(Algorithm::Es256);
    let desk = Desk::new(&[signer.jwk("one")]);
    let good = signer.sign(&header("ES256"), &claims());
    let parts: Vec<&str> = good.split('.').collect();
    let huge = signer.sign(&header("ES256"), &with(claims(), "fill", json!("x".repeat(20_000))));
    assert_eq!(desk.verify(&huge).await, Err(TokenError::TooLong));
    let deep = format!("{}.{}.{}", parts[0], encode("[".repeat(10_000)), parts[2]);
    for wrong in [
        "",
        ".",
        "..",
        "...",
        "eyJ",
        "a.b.c",
        &good[1..],
        &deep,
        &format!("{good}."),
        &format!(".{good}"),
        &format!("{good}="),
        &format!("{good}\n"),
        &format!(" {good}"),
        &format!("{}.{}", parts[0], parts[1]),
        &format!("{good}.AAAA.AAAA"),
        &format!("{}.{}.{}", parts[0], encode("[]"), parts[2]),
        &format!("{}.{}.{}", encode("[]"), parts[1], parts[2]),
        &format!("{}.{}.{}", encode("{\"alg\":\"ES256\",\"alg\":\"none\"}"), parts[1], parts[2]),
        &good.replace('.', "%2e"),
        "\u{e9}.\u{e9}.\u{e9}",
    ] {
        assert!(matches!(desk.verify(wrong).await, Err(TokenError::Malformed(_))), "{wrong:?}");
    }
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("enc", json!("A256GCM")),
        ("zip", json!("DEF")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("dpop+jwt")),
        ("kid", json!(7)),
        ("alg", json!(7)),
    ] {
        let token = signer.sign(&with(header("ES256"), name, value), &claims());
        assert!(matches!(desk.verify(&token).await, Err(TokenError::Malformed(_))), "{name}");
    }
    for typ in ["at+jwt", "application/at+jwt", "jwt"] {
        assert!(desk.verify(&signer.sign(&with(header("ES256"), "typ", json!(typ)), &claims())).await.is_ok());
    }
    assert!(!Tokens::looks_like_one("taxii_abcdefgh") && !Tokens::looks_like_one("eyJ.a"));
}

/// Accounts, groups and organisations come from the claims that the operator names, however deep they lie.
#[tokio::test]
async fn claims_are_mapped() {
    let signer = Signer::new(Algorithm::Es384);
    let mut desk = Desk::new(&[signer.jwk("one")]);
    desk.issuer.claims = ClaimNames {
        account: Some("preferred_username".to_owned()),
        groups: Some("/realm_access/roles".to_owned()),
        organisation: Some("https://claims.example/org".to_owned()),
    };
    desk.issuer.create = Create::Caller;
    let full = with(claims(), "preferred_username", json!("ana"));
    let full = with(full, "realm_access", json!({"roles": ["cert", "isac members"]}));
    let full = with(full, "https://claims.example/org", json!("Nightjar"));
    let sign = |claims: &Value| signer.sign(&header("ES384"), claims);
    let found = desk.verify(&sign(&full)).await.unwrap();
    assert_eq!((found.account.as_deref(), found.organisation.as_deref()), (Some("ana"), Some("Nightjar")));
    assert_eq!(
        (found.groups.as_slice(), found.issuer.create),
        (&["cert".to_owned(), "isac members".to_owned()][..], Create::Caller)
    );
    let bare = without(without(full.clone(), "realm_access"), "https://claims.example/org");
    let found = desk.verify(&sign(&bare)).await.unwrap();
    assert!(found.groups.is_empty() && found.organisation.is_none());
    for (name, value) in [
        ("realm_access", json!({"roles": ["cert", 7]})),
        ("realm_access", json!({"roles": {"cert": true}})),
        ("realm_access", json!({"roles": vec!["x"; 1001]})),
        ("https://claims.example/org", json!(["Nightjar"])),
    ] {
        assert!(
            matches!(desk.verify(&sign(&with(full.clone(), name, value))).await, Err(TokenError::Claim(_))),
            "{name}"
        );
    }
}

/// An issuer that could let in anybody is an error when the server starts.
#[test]
fn issuers_are_checked() {
    let good = || Issuer::new(ISSUER, "taxii");
    for (issuers, says) in [
        (vec![Issuer::new("", "taxii")], "no name"),
        (vec![Issuer::new(ISSUER, "")], "no audience"),
        (vec![Issuer::new("https://login.example a", "taxii")], "space"),
        (vec![Issuer { add_groups: true, ..good() }], "no claim lists them"),
        (
            vec![Issuer { claims: ClaimNames { account: Some(String::new()), ..ClaimNames::default() }, ..good() }],
            "no name",
        ),
        (vec![Issuer { audience: vec![], ..good() }], "no audience"),
        (vec![good(), good()], "twice"),
        (vec![Issuer { algorithms: vec![], ..good() }], "no algorithms"),
        (vec![Issuer::new("http://login.example", "taxii")], "https"),
        (vec![Issuer { keys: KeySource::Url("http://login.example/keys".to_owned()), ..good() }], "https"),
        (vec![Issuer { keys: KeySource::Url("file:///etc/keys".to_owned()), ..good() }], "https"),
        (vec![Issuer { authorities: Some("/nowhere".into()), ..good() }], "/nowhere"),
    ] {
        let why = Tokens::new(issuers).unwrap_err().to_string();
        assert!(why.contains(says), "{why}");
    }
    Tokens::new(vec![good()]).unwrap();
}
