//! `taxii graph`: what leads from one object to another, drawn.

use std::collections::BTreeSet;

use stix_model::graph::{Edge, EdgeKind, Graph};
use stix_model::json::{DEPTH, Json, Members};

use crate::args::{Drawing, GraphOf};
use crate::console::{Console, count};
use crate::failure::{Exit, Failure};
use crate::output;
use crate::validate::texts;

/// More than this Mermaid does not draw unless its configuration allows it (`maxEdges`, `maxTextSize`).
const MERMAID_ARROWS: usize = 500;
const MERMAID_TEXT: usize = 50_000;

pub(crate) fn run(args: &GraphOf, console: &Console) -> Result<Exit, Failure> {
    let objects = read(&args.files, console)?;
    let whole = Graph::of(&objects);
    let limited = args.from.is_some() || !args.types.is_empty();
    let part = limited.then(|| select(&whole, args)).transpose()?;
    let graph = part.as_ref().unwrap_or(&whole);
    let text = match args.format {
        Drawing::Mermaid => graph.to_mermaid(),
        Drawing::Dot => graph.to_dot(),
    };
    console.clear();
    output::line(text.trim_end())?;
    let of = if limited { format!(" of {}", Counts::of(&whole).objects) } else { String::new() };
    console.summary(&Counts::of(graph).words(&of));
    let nameless = objects.iter().filter(|object| object.get("id").and_then(Json::as_str).is_none()).count();
    if nameless > 0 {
        console.warn(&format!("{} without an id: not drawn", count(nameless as u64, "object")));
    }
    let arrows = text.lines().filter(|line| line.contains("->|")).count();
    if args.format == Drawing::Mermaid && (arrows > MERMAID_ARROWS || text.len() > MERMAID_TEXT) {
        console
            .warn("Mermaid may refuse to draw as much: limit it with --from, --depth or --types, or use --format dot");
    }
    Ok(Exit::Fine)
}

/// The objects of all files; those of bundles in lists, too.
pub(crate) fn read(files: &[String], console: &Console) -> Result<Vec<Members<'static>>, Failure> {
    let mut objects = Vec::new();
    for file in files {
        let mut broken = None;
        texts::read(file, &mut |text| match Json::parse_leniently(text.text, DEPTH) {
            Ok((json, _)) => {
                add(json.into_owned(), &mut objects);
                if objects.len().is_multiple_of(1000) {
                    console.progress(count(objects.len() as u64, "object"));
                }
            }
            Err(error) => {
                let place = text.start;
                broken.get_or_insert_with(|| format!("{file}:{}:{}: {error}", place.line, place.column));
            }
        })?;
        if let Some(problem) = broken {
            return Err(Failure::data(problem));
        }
    }
    Ok(objects)
}

fn add(json: Json<'static>, objects: &mut Vec<Members<'static>>) {
    let Json::Object(mut members) = json else { return };
    if members.get("type").and_then(Json::as_str) != Some("bundle") {
        objects.push(members);
    } else if let Some(Json::List(items)) = members.remove("objects") {
        objects.extend(items.into_iter().filter_map(|item| match item {
            Json::Object(members) => Some(members),
            _ => None,
        }));
    }
}

/// The part that was asked for.
fn select(whole: &Graph, args: &GraphOf) -> Result<Graph, Failure> {
    let from = args.from.as_deref();
    let wanted = |id: &str| {
        let object_type = id.split_once("--").map_or(id, |(object_type, _)| object_type);
        args.types.is_empty() || from == Some(id) || args.types.iter().any(|name| name == object_type)
    };
    let mut kept = match from {
        Some(from) if whole.node(from).is_none() && whole.incoming(from).next().is_none() => {
            let text = format!("--from {from}: there is no object with this id, and nothing refers to one");
            return Err(Failure { exit: Exit::NotFound, text });
        }
        Some(from) => around(whole, from, args.depth, |id| wanted(id) || is_arrow(whole, id)),
        None => ends(whole).filter(|id| wanted(id)).collect(),
    };
    // An arrow is drawn where both of its ends are, and only there.
    kept.retain(|id| !is_arrow(whole, id));
    let arrows = relationships(whole)
        .filter(|edge| [&edge.source, &edge.target].into_iter().all(|id| kept.contains(id.as_str())));
    let arrows: BTreeSet<&str> = arrows.map(|edge| edge.object.as_str()).collect();
    Ok(whole.part(|id| kept.contains(id) || arrows.contains(id)))
}

/// What is at most so many steps away, in both directions.
fn around<'g>(
    whole: &'g Graph,
    from: &'g str,
    depth: Option<u64>,
    through: impl Fn(&str) -> bool,
) -> BTreeSet<&'g str> {
    let mut seen = BTreeSet::from([from]);
    let mut edge = vec![from];
    let mut steps = 0;
    while !edge.is_empty() && depth.is_none_or(|depth| steps < depth) {
        let next = edge.iter().flat_map(|id| whole.neighbours(id)).filter(|id| through(id));
        edge = next.collect::<BTreeSet<_>>().into_iter().filter(|id| seen.insert(id)).collect();
        steps += 1;
    }
    seen
}

/// Everything that is there or is referred to.
fn ends(graph: &Graph) -> impl Iterator<Item = &str> {
    graph.nodes().map(|(id, _)| id).chain(graph.edges().iter().map(|edge| edge.target.as_str()))
}

fn is_arrow(graph: &Graph, id: &str) -> bool {
    graph.node(id).is_some_and(|node| node.object_type == "relationship")
}

fn relationships(graph: &Graph) -> impl Iterator<Item = &Edge> {
    graph.edges().iter().filter(|edge| edge.kind == EdgeKind::Relationship)
}

/// What a drawing shows.
struct Counts {
    objects: u64,
    relationships: u64,
    references: u64,
    missing: u64,
}

impl Counts {
    fn of(graph: &Graph) -> Self {
        let reference = |edge: &&Edge| edge.kind == EdgeKind::Reference && !is_arrow(graph, &edge.source);
        let missing: BTreeSet<_> = graph.dangling().map(|edge| &edge.target).collect();
        Self {
            objects: graph.nodes().filter(|(id, _)| !is_arrow(graph, id)).count() as u64,
            relationships: relationships(graph).count() as u64,
            references: graph.edges().iter().filter(reference).count() as u64,
            missing: missing.len() as u64,
        }
    }

    fn words(&self, of: &str) -> String {
        let Self { objects, relationships, references, missing } = *self;
        let (objects, relationships) = (count(objects, "object"), count(relationships, "relationship"));
        let missing = match missing {
            0 => String::new(),
            1 => "; 1 object is referred to but not here (dashed border)".to_owned(),
            missing => format!("; {} are referred to but not here (dashed borders)", count(missing, "object")),
        };
        format!("{objects}{of}, {relationships}, {}{missing}", count(references, "reference"))
    }
}
