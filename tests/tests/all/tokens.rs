//! Tokens of an OpenID Connect issuer as credentials, signed by PyJWT, shown over TLS to the program as it is run.

use serde_json::{Value, json};
use taxii_tests::authority::{Authority, Wanted};
use taxii_tests::guarded::{self, Line, VERSIONS};
use taxii_tests::programs::{Folder, Running};
use taxii_tests::python;

const ISSUER: &str = "https://login.example/realms/isac";
const ALGORITHMS: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

/// The program, which trusts the issuer, and the accounts `soc` and `partner`, who see one API root each.
struct Desk {
    folder: Folder,
    servers: Authority,
    server: Running,
}

impl Desk {
    fn start(keys: &Value) -> Self {
        let (folder, servers) = (Folder::new(), Authority::new("servers"));
        let issued = servers.issue(&Wanted::server("127.0.0.1"));
        folder.write("server.pem", &issued.pem);
        folder.write("server.key", &issued.key);
        folder.write("keys.json", &keys.to_string());
        let file = format!(
            "anonymous_discovery = false\n[tls]\ncert = \"server.pem\"\nkey = \"server.key\"\n\
             [[issuer]]\nissuer = \"{ISSUER}\"\naudience = \"taxii\"\nkeys = \"keys.json\"\n\
             account_claim = \"account\"\n"
        );
        folder.write("taxii-server.toml", &file);
        for (account, root) in [("soc", "of-soc"), ("partner", "of-partner")] {
            folder.admin(&["root", "add", root, "--title", root]);
            folder.admin(&["collection", "add", root, "feed", "--title", "Feed"]);
            folder.admin(&["account", "add", account, "--read", &format!("{root}/feed")]);
        }
        folder.admin(&["config", "check"]);
        let server = folder.serve(&[]);
        Self { folder, servers, server }
    }

    /// Whose a token is, over a new connection: the API root that discovery shows, or nothing.
    fn sees(&self, token: &Value) -> Option<&'static str> {
        let config = guarded::client(&self.servers, &[VERSIONS[1]], &[]);
        let mut line = Line::open(self.server.origin, &config).expect("a connection");
        let bearer = format!("Bearer {}", token.as_str().expect("a token"));
        let (status, text) = line.get(Some(&bearer)).expect("an answer");
        match (status, text.contains("/of-soc/"), text.contains("/of-partner/")) {
            (401, false, false) => None,
            (200, true, false) => Some("soc"),
            (200, false, true) => Some("partner"),
            _ => panic!("{text}"),
        }
    }
}

/// TX-SEC-03, promise 4: a token that an issuer has signed is the account that it names, or that has its subject as a credential, with each
/// algorithm; one that is wrong in any one way is nobody; what is revoked or disabled counts at the next request.
#[test]
fn tokens_are_accounts() {
    let good = ALGORITHMS.map(|algorithm| json!({"algorithm": algorithm}));
    let others =
        [json!({"claims": {"sub": "x", "account": "partner"}}), json!({"claims": {"aud": ["elsewhere", "taxii"]}})];
    let wrong = [
        json!({"claims": {"iss": "https://login.example/realms/other"}}),
        json!({"claims": {"iss": format!("{ISSUER}/")}}),
        json!({"claims": {"aud": "elsewhere"}}),
        json!({"claims": {"aud": null}}),
        json!({"claims": {"exp": {"in": -600}}}),
        json!({"claims": {"exp": null}}),
        json!({"claims": {"nbf": {"in": 600}}}),
        json!({"claims": {"sub": "nobody"}}),
        json!({"claims": {"sub": "x", "account": "nobody"}}),
        json!({"stranger": true}),
        json!({"algorithm": "RS256", "kid": "ES256"}),
        json!({"algorithm": "none", "kid": "ES256"}),
        json!({"algorithm": "HS256", "kid": "RS256"}),
    ];
    let tokens: Vec<Value> = good.iter().chain(&others).chain(&wrong).cloned().collect();
    let asked = json!({"issuer": ISSUER, "audience": "taxii", "algorithms": ALGORITHMS, "tokens": tokens});
    let Some(issued) = python::call("tokens.py", "issue", &asked) else { return };
    let desk = Desk::start(&issued["keys"]);
    let tokens = issued["tokens"].as_array().expect("tokens");
    assert_eq!(desk.sees(&tokens[0]), None, "no account has the subject yet");
    let made = desk.folder.admin(&["credential", "add", "soc", "--token", ISSUER, "soc-7"]);
    let id = made["credential"]["id"].as_str().expect("an id");
    for (token, algorithm) in tokens.iter().zip(ALGORITHMS) {
        assert_eq!(desk.sees(token), Some("soc"), "{algorithm}");
    }
    assert_eq!([&tokens[5], &tokens[6]].map(|token| desk.sees(token)), [Some("partner"), Some("soc")]);
    for (token, wrong) in tokens[7..].iter().zip(&wrong) {
        assert_eq!(desk.sees(token), None, "{wrong}");
    }
    let tampered = tokens[2].as_str().expect("a token").replacen(".ey", ".eX", 1);
    assert_eq!(desk.sees(&json!(tampered)), None);

    desk.folder.admin(&["account", "set", "soc", "--enabled", "false"]);
    assert_eq!(desk.sees(&tokens[0]), None, "a disabled account");
    desk.folder.admin(&["account", "set", "soc", "--enabled", "true"]);
    assert_eq!(desk.sees(&tokens[0]), Some("soc"));
    desk.folder.admin(&["credential", "revoke", id]);
    assert_eq!(desk.sees(&tokens[0]), None, "a revoked credential");
}
