//! `db import`: takes over what another server has, and says what it could not take.

use serde_json::json;
use taxii_server::store::transfer::Place;
use taxii_server::store::transfer::import::{self, Imported};

use crate::Outcome;
use crate::cli::Import;
use crate::config::Config;
use crate::output::Output;
use crate::progress::Progress;

pub(crate) fn run(config: &Config, command: &Import, out: &Output) -> Outcome {
    let target = &config.database.place()?;
    let mut progress = Progress::new();
    let (imported, dry_run) = match command {
        Import::Opentaxii { source, accounts, options } => {
            let accounts = accounts.as_deref().map(Place::read).transpose()?;
            let mut watch = |event: &_| progress.told(event);
            let source = Place::read(source)?;
            (import::opentaxii(&source, accounts.as_ref(), target, options.dry_run, &mut watch)?, options.dry_run)
        }
        Import::Medallion { file, options } => {
            let mut watch = |event: &_| progress.told(event);
            (import::medallion(file, target, options.dry_run, &mut watch)?, options.dry_run)
        }
    };
    let seconds = progress.seconds();
    out.text(
        || Ok(words(&imported, target, dry_run)),
        &json!({
            "database": target.to_string(), "dry_run": dry_run, "seconds": seconds, "api_roots": imported.roots,
            "collections": imported.collections, "accounts": imported.accounts, "left": imported.left,
        }),
    )?;
    if dry_run { Ok(()) } else { read_markings(config) }
}

/// Has the markings read of what has come: until then it is shown only to those who see everything.
fn read_markings(config: &Config) -> Outcome {
    const STEP: usize = 500;
    actix_web::rt::System::new().block_on(async {
        let store = config.store().await?;
        while store.tidy(STEP).await? {}
        Ok(())
    })
}

fn words(imported: &Imported, target: &Place, dry_run: bool) -> String {
    let mut lines = Vec::new();
    for root in &imported.roots {
        lines.push(format!("API root {}: {}", root.path(), root.title));
    }
    for of in &imported.collections {
        let name = of.collection.alias.clone().unwrap_or_else(|| of.collection.id.to_string());
        let mut line = format!("collection {}/{name}: {} versions of objects", of.collection.root, of.versions);
        if of.moved > 0 {
            line = format!("{line}; the dates added of {} moved by microseconds to be distinct", of.moved);
        }
        lines.push(line);
    }
    for account in &imported.accounts {
        let secret =
            if dry_run { String::new() } else { format!(": the new password is {} (shown once)", account.password) };
        lines.push(format!("account {}{secret}", account.name));
    }
    if !imported.left.is_empty() {
        lines.push("\nNot taken over:".to_owned());
        lines.extend(imported.left.iter().map(|left| format!("  {}: {}", left.what, left.why)));
    }
    lines.push(match dry_run {
        true => format!("\nthis was a trial: nothing in {target} was changed"),
        false => format!("\nall this is in {target} now"),
    });
    lines.join("\n")
}
