//! Marking an object and parts of it, and what is left of it for readers who may not see everything.

use stix_model::json::Members;
use stix_model::marking::tlp::{self, Tlp, TlpLevel};
use stix_model::marking::{Marked, redact};
use stix_model::sdo::ThreatActor;
use stix_model::{Selector, Table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let actor = ThreatActor::builder()
        .name("Night Heron")
        .description("Told by a source that must not be burnt")
        .aliases(["Heron", "APT-0", "Nycticorax"])
        .build()?;
    let description: Selector = "description".parse()?;
    let alias: Selector = "aliases.[1]".parse()?;
    let actor = actor
        .add_marking(tlp::GREEN, None)?
        .add_marking(tlp::RED, Some(&description))?
        .add_marking(tlp::AMBER, Some(&alias))?;
    let (level, why) = tlp::level_of(&actor).ok_or("no level")?;
    println!("at most {level}: {why}");
    assert_eq!(level, TlpLevel::Red);

    for clearance in TlpLevel::ALL {
        let may_see = |id: &_| Tlp::ALL.iter().any(|tlp| tlp.id() == *id && tlp.level() <= clearance);
        let shown = redact(actor.members(), may_see);
        let names: Vec<_> = shown.iter().flat_map(Members::iter).map(|(name, _)| name).collect();
        println!("{clearance:>12}: {}", names.join(" "));
        assert_eq!(shown.is_some(), clearance >= TlpLevel::Green);
        assert_eq!(names.contains(&"description"), clearance >= TlpLevel::Red);
    }
    Ok(())
}
