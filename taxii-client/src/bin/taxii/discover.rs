use serde::Serialize;
use taxii_client::{ApiRoot, Location};

use crate::connection::Connection;
use crate::failure::{Exit, Failure};
use crate::output;

#[derive(Serialize)]
struct Server {
    url: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    api_roots: Vec<Root>,
}

#[derive(Serialize)]
struct Root {
    url: String,
    default: bool,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    versions: Vec<String>,
    max_content_length: u64,
    /// Why the rest is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(crate) async fn run(connection: &Connection) -> Result<Exit, Failure> {
    let server = match connection.client.locate().await? {
        Location::Discovery(discovery) => {
            let info = discovery.info().clone();
            let default = info.default.as_ref().and_then(|_| discovery.default_root().ok());
            let mut api_roots = Vec::new();
            for root in discovery.roots() {
                api_roots.push(look(&root, default.as_ref().is_some_and(|default| default.url() == root.url())).await);
            }
            Server {
                url: discovery.url().to_string(),
                title: info.title,
                description: info.description,
                contact: info.contact,
                api_roots,
            }
        }
        Location::ApiRoot(root) => alone(&root).await,
        Location::Collection(collection) => alone(collection.root()).await,
    };
    output::one(connection.format(), &server, || words(&server))?;
    Ok(Exit::Fine)
}

async fn alone(root: &ApiRoot) -> Server {
    let root = look(root, false).await;
    Server {
        url: root.url.clone(),
        title: root.title.clone(),
        description: root.description.clone(),
        contact: None,
        api_roots: vec![root],
    }
}

async fn look(root: &ApiRoot, default: bool) -> Root {
    let (info, error) = match root.info().await {
        Ok(info) => ((*info).clone(), None),
        Err(error) => (taxii_client::model::ApiRoot::default(), Some(error.to_string())),
    };
    Root {
        url: root.url().to_string(),
        default,
        title: info.title,
        description: info.description,
        versions: info.versions,
        max_content_length: info.max_content_length,
        error,
    }
}

fn words(server: &Server) -> String {
    let mut lines = vec![server.title.clone()];
    lines.extend(server.description.clone());
    lines.extend(server.contact.as_ref().map(|contact| format!("Contact: {contact}")));
    let head = output::visible(&lines.join("\n"));
    let rows = server.api_roots.iter().map(|root| {
        let title = root
            .error
            .as_ref()
            .map_or(root.title.clone(), |error| format!("({})", error.lines().next().unwrap_or_default()));
        let default = if root.default { "default" } else { "" };
        vec![root.url.clone(), title, root.max_content_length.to_string(), default.to_owned()]
    });
    format!("{head}\n\n{}", output::table(&["API ROOT", "TITLE", "MAX OCTETS", ""], rows))
}
