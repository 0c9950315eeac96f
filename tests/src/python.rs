//! The scripts in `tests/python/`, which drive other people's clients.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::absent;
use crate::collection::Collection;
use crate::programs::Ran;
use crate::site::TEST;

/// What a script needs to know to reach a collection as `test`.
pub fn reach(collection: &Collection<'_>) -> Value {
    let origin = format!("http://{}", collection.site.origin());
    json!({
        "discovery": format!("{origin}/taxii2/"),
        "root": format!("{origin}/{}/", collection.root),
        "collection": format!("{origin}{}", collection.path()),
        "id": collection.id,
        "user": TEST.name,
        "password": TEST.password,
    })
}

/// Calls a function of a script with an argument, and returns what it returns; `None` if there is no Python,
/// which has been said then.
#[track_caller]
pub fn call(script: &str, function: &str, argument: &Value) -> Option<Value> {
    let python = absent::python(&format!("{script} {function}"))?;
    let mut command = Command::new(python);
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("python").join(script)).arg(function);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    Some(Ran::of(command, &argument.to_string()).good().json())
}
