//! Graphs as text that other programs draw.
//!
//! Names come from others. Whatever they hold, they stay text: nothing in them can end a label or begin a statement.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Edge, EdgeKind, Graph, Place};

/// Characters of a name that are shown.
const SHOWN: usize = 40;

impl Graph {
    /// The graph as a Mermaid flow chart.
    ///
    /// A relationship is drawn as the arrow that it is; what else leads to it or from it is not drawn. Objects that
    /// are referred to but not there have a dashed border.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        let numbers: BTreeMap<_, _> = self.drawn().enumerate().map(|(number, (id, _))| (id, number)).collect();
        for (number, (id, place)) in self.drawn().enumerate() {
            let (above, below) = lines(id, place);
            let class = if place.node.is_none() { ":::missing" } else { "" };
            let _ = writeln!(text, "    n{number}[\"{}<br/>{}\"]{class}", mermaid(&above), mermaid(&below));
        }
        for edge in self.arrows() {
            let (Some(source), Some(target)) = (numbers.get(edge.source.as_str()), numbers.get(edge.target.as_str()))
            else {
                continue;
            };
            let arrow = if edge.kind == EdgeKind::Reference { "-.->" } else { "-->" };
            let _ = writeln!(text, "    n{source} {arrow}|\"{}\"| n{target}", mermaid(&caption(edge)));
        }
        text.push_str("    classDef missing stroke-dasharray: 5 5\n");
        text
    }

    /// The graph in the language of Graphviz, drawn as [`Graph::to_mermaid`] does.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = "digraph stix {\n    rankdir=LR;\n    node [shape=box];\n".to_owned();
        for (id, place) in self.drawn() {
            let (above, below) = lines(id, place);
            let style = if place.node.is_none() { ", style=dashed" } else { "" };
            let _ = writeln!(text, "    \"{}\" [label=\"{}\\n{}\"{style}];", dot(id), dot(&above), dot(&below));
        }
        for edge in self.arrows() {
            let style = if edge.kind == EdgeKind::Reference { ", style=dotted" } else { "" };
            let (source, target, label) = (dot(&edge.source), dot(&edge.target), dot(&caption(edge)));
            let _ = writeln!(text, "    \"{source}\" -> \"{target}\" [label=\"{label}\"{style}];");
        }
        text.push_str("}\n");
        text
    }

    /// All but the relationships that are arrows.
    fn drawn(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.iter().map(|(id, place)| (id.as_str(), place)).filter(|(id, _)| !self.is_arrow(id))
    }

    fn arrows(&self) -> impl Iterator<Item = &Edge> {
        // A sighting is a node with its references, since it need not say where something was seen.
        let shown = |edge: &&Edge| match edge.kind {
            EdgeKind::Reference => !self.is_arrow(&edge.source) && !self.is_arrow(&edge.target),
            EdgeKind::Relationship => !self.is_arrow(&edge.source) && !self.is_arrow(&edge.target),
            EdgeKind::Sighting => false,
        };
        self.edges.iter().filter(shown)
    }

    fn is_arrow(&self, id: &str) -> bool {
        self.node(id).is_some_and(|node| node.object_type == "relationship")
    }
}

/// The type, and below it the name.
fn lines(id: &str, place: &Place) -> (String, String) {
    let Some(node) = &place.node else { return (shorten(id), "not here".to_owned()) };
    let name = node.name.as_deref().unwrap_or_else(|| crate::identifier::split(id).map_or(id, |(_, uuid)| uuid));
    let name = shorten(name);
    (shorten(&node.object_type), if node.revoked { format!("{name} (revoked)") } else { name })
}

fn caption(edge: &Edge) -> String {
    let label = shorten(&edge.label);
    match edge.kind {
        EdgeKind::Reference => label.trim_end_matches("_refs").trim_end_matches("_ref").replace('_', " "),
        _ => label,
    }
}

/// The beginning of a text in one line, without characters that would change how others are shown.
fn shorten(text: &str) -> String {
    let hidden =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut plain = text.chars().filter(|c| !hidden(*c)).map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = plain.by_ref().take(SHOWN).collect();
    if plain.next().is_some() {
        short.push('…');
    }
    short
}

/// Letters and digits stay, everything that could mean something becomes a number.
fn mermaid(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() => safe.push(c),
            ' ' | '-' | '.' | ',' | '_' | '…' => safe.push(c),
            c => {
                let _ = write!(safe, "#{};", u32::from(c));
            }
        }
    }
    safe
}

/// Inside of quotes only the quote, the backslash and the beginning of an entity mean something.
fn dot(text: &str) -> String {
    text.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}
