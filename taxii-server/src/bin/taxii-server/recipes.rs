//! What to type into the products that poll TAXII: the same facts as `docs/clients.md`, filled in.

use taxii_server::auth::ClientProfile;
use uuid::Uuid;

use crate::database::Location;
use crate::demo;

/// What somebody needs to know to reach one collection.
pub(crate) struct Reach<'a> {
    /// The server's origin and prefix.
    pub(crate) url: &'a str,
    /// The API root's path, with slashes at both ends.
    pub(crate) root: &'a str,
    pub(crate) title: &'a str,
    pub(crate) id: Uuid,
    pub(crate) user: &'a str,
    pub(crate) password: &'a str,
}

/// The settings to type into the product of this profile.
pub(crate) fn settings(profile: ClientProfile, reach: &Reach<'_>) -> String {
    let Reach { url, root, title, id, user, password } = reach;
    let api_root = format!("{url}{root}");
    match profile {
        ClientProfile::Sentinel => format!(
            "Microsoft Sentinel, data connector “Threat intelligence - TAXII”\n  API root URL   {api_root}\n  Collection ID  {id}\n  Username       {user}\n  Password       {password}"
        ),
        ClientProfile::Elastic => format!(
            "Elastic, integration “Custom Threat Intelligence” (TAXII 2.1)\n  URL            {api_root}collections/{id}/objects/\n  Username       {user}\n  Password       {password}"
        ),
        ClientProfile::OpenCti => format!(
            "OpenCTI, Data > Ingestion > TAXII feeds\n  TAXII server URL   {api_root}\n  TAXII version      2.1\n  TAXII collection   {id}\n  Authentication     Basic user / password: {user} / {password}"
        ),
        ClientProfile::Xsoar => format!(
            "Cortex XSOAR, integration “TAXII 2 Feed”\n  Discovery service URL  {url}/taxii2/\n  Username               {user}\n  Password               {password}\n  Collection to fetch    {title}"
        ),
        ClientProfile::Misp => format!(
            "MISP, Sync Actions > TAXII servers\n  Base URL       {url}\n  API root       {}\n  Collection     {id}\n  API key        {}",
            root.trim_matches('/'),
            base64(&format!("{user}:{password}")),
        ),
        ClientProfile::Splunk => format!(
            "Splunk, threat intelligence source of type TAXII\n  API root URL   {api_root}\n  Collection     {id}\n  Username       {user}\n  Password       {password}"
        ),
        ClientProfile::Standard => format!(
            "Any TAXII 2.1 client\n  Discovery URL  {url}/taxii2/\n  API root URL   {api_root}\n  Collection ID  {id}\n  Username       {user}\n  Password       {password}"
        ),
    }
}

fn base64(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Everything that `serve --demo` prints below the address.
pub(crate) fn demo(url: &str, database: &Location, key: &str) -> String {
    let reach =
        Reach { url, root: "/demo/", title: "Indicators", id: demo::INDICATORS, user: demo::ACCOUNT, password: key };
    let products = [ClientProfile::Sentinel, ClientProfile::OpenCti, ClientProfile::Elastic, ClientProfile::Misp];
    let settings: Vec<String> = products.into_iter().map(|profile| settings(profile, &reach)).collect();
    let objects = format!("{url}/demo/collections/indicators/objects/");
    format!(
        r#"
Database       {database}
User           {user}
API key        {key}
               (shown once; it is also the password where a product asks for one)

curl
  curl -s -u {user}:{key} '{objects}?limit=3'

taxii, the client of this project
  taxii --url {url}/demo/ --key {key} get indicators --limit 3
  taxii --url {url}/demo/ --key {key} push inbox FILE.json

Python: pip install taxii2-client
  from taxii2client.v21 import Collection
  c = Collection("{url}/demo/collections/{id}/", user="{user}", password="{key}")
  print(len(c.get_objects()["objects"]))

{settings}

A browser shows it, too: {url}/demo/  (user {user}, the key as password)
Collections of the demonstration: indicators, intrusion, defacements to read; inbox to push to.
Products behave differently: an account of its own with --client makes up for it, see taxii-server account add --help.
Stop with Ctrl-C.
"#,
        user = demo::ACCOUNT,
        id = demo::INDICATORS,
        settings = settings.join("\n\n"),
    )
}
