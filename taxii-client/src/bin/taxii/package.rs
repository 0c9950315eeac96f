use std::path::Path;

use serde_json::json;
use sharing::flow::package::{PublicKey, SigningKey, inspect};

use crate::args::{Global, Package};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) fn run(package: &Package, global: &Global, console: &Console) -> Result<Exit, Failure> {
    let format = output::format(global.output);
    match package {
        Package::Key { file } => {
            let there = file.exists();
            let key = if there { SigningKey::read(file) } else { SigningKey::generate(file) };
            let public = key.map_err(|fault| Failure::usage(fault.to_string()))?.public();
            output::one(format, &json!({ "public": public.to_string(), "id": public.id() }), || public.to_string())?;
            let what = if there { "read" } else { "made, readable to you alone" };
            console.summary(&format!("{}: {what}; give the public key to those who are to trust it", file.display()));
            Ok(Exit::Fine)
        }
        Package::Check { folder, trust } => check(folder, trust, global, console),
    }
}

fn check(folder: &Path, trust: &[String], global: &Global, console: &Console) -> Result<Exit, Failure> {
    let keys: Vec<PublicKey> = trust.iter().map(|key| key.parse().map_err(Failure::usage)).collect::<Result<_, _>>()?;
    let report = inspect(folder, &keys).map_err(|fault| Failure::usage(fault.to_string()))?;
    output::one(output::format(global.output), &report, || {
        let rows = report.packages.iter().map(|one| {
            let manifest = one.manifest.as_ref();
            let of = |text: Option<String>| text.unwrap_or_default();
            vec![
                one.file.clone(),
                of(manifest.map(|manifest| manifest.stream.clone())),
                of(manifest.map(|manifest| manifest.sequence.to_string())),
                of(manifest.map(|manifest| manifest.count.to_string())),
                one.problem.clone().unwrap_or_else(|| "good".to_owned()),
            ]
        });
        output::table(&["FILE", "STREAM", "NUMBER", "CHANGES", "VERDICT"], rows)
    })?;
    for (stream, missing) in &report.missing {
        let numbers: Vec<String> = missing.iter().take(20).map(ToString::to_string).collect();
        let rest = missing.len().saturating_sub(20);
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        console.warn(&format!("{stream}: missing {}{more}", numbers.join(", ")));
    }
    let bad = report.packages.iter().filter(|one| !one.is_good()).count();
    console.summary(&format!("{}, {bad} of them bad", count(report.packages.len() as u64, "package")));
    Ok(if bad > 0 || !report.missing.is_empty() { Exit::SomeRefused } else { Exit::Fine })
}
