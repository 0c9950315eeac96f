use std::io::{self, IsTerminal};

use console::Term;
use taxii_client::Deletion;

use crate::args::{Delete, versions};
use crate::connection::Connection;
use crate::failure::{Exit, Failure};

pub(crate) async fn run(connection: &Connection, args: Delete) -> Result<Exit, Failure> {
    let which = Deletion {
        versions: versions(&args.versions)?,
        spec_versions: Some(args.spec_versions.clone()).filter(|list| !list.is_empty()),
    };
    let collection = connection.collection(&args.collection).await?;
    let name = if collection.title().is_empty() { collection.id() } else { collection.title() };
    let what = match &which.versions {
        Some(versions) => format!("{} (versions: {versions})", args.object),
        None => args.object.clone(),
    };
    if !args.yes && !confirmed(&format!("Delete {what} from {name} at {}?", collection.root().url()))? {
        connection.console.summary("nothing deleted");
        return Ok(Exit::Fine);
    }
    collection.delete(&args.object, &which).await?;
    connection.console.summary(&format!("deleted {what} from {name}"));
    Ok(Exit::Fine)
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Failure::usage("nobody is there to ask whether to delete; give --yes if that is what you want"));
    }
    let term = Term::stderr();
    let answer =
        term.write_str(&format!("{} [y/N] ", crate::output::visible(question))).and_then(|()| term.read_line());
    let answer = answer.map_err(|error| Failure::file("terminal", &error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
