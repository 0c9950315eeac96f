use stix_model::RawHead;
use stix_model::marking::{pap, tlp};
use uuid::Uuid;

use super::*;
use crate::store::{Admin, ApiRoot, Item, Markings, MemoryStore, Submission};

const OWN: &str = "marking-definition--fa42a846-8d90-4e51-bc29-71d5b4802168";
const ID: &str = "user-account--0d5b424b-93b8-5cd8-ac36-306e1789d63c";

fn account(more: &str) -> String {
    format!(r#"{{"type":"user-account","spec_version":"2.1","id":"{ID}","user_id":"1001","account_login":"jo"{more}}}"#)
}

fn marked(ids: &[&str]) -> String {
    account(&format!(r#","object_marking_refs":{}"#, serde_json::to_string(ids).unwrap()))
}

fn part(id: &str, selector: &str) -> String {
    account(&format!(r#","granular_markings":[{{"marking_ref":"{id}","selectors":["{selector}"]}}]"#))
}

fn collection(markings: Markings) -> Collection {
    let mut collection = Collection::new("r", None, "t").unwrap();
    (collection.id, collection.markings) = (Uuid::from_u128(7), markings);
    collection
}

fn viewer(clearance: &str, markings: Markings) -> Viewer {
    Viewer::new(Arc::new(clearance.parse().unwrap()), &collection(markings))
}

/// Promise 4: what is explained is what is decided, for whatever objects, clearances and collections: whole just if everything is
/// allowed, hidden if something of the object is not, and otherwise the parts are told that are hidden.
#[test]
fn explanations_are_the_decisions() {
    let [red, amber, clear, actions] = [tlp::RED.id(), tlp::AMBER.id(), tlp::CLEAR.id(), pap::RED.id()];
    let texts = [
        account(""),
        marked(&[red.as_str()]),
        marked(&[amber.as_str(), actions.as_str()]),
        marked(&[clear.as_str(), OWN]),
        marked(&[OWN]),
        marked(&[&OWN.to_ascii_uppercase().replace("MARKING-DEFINITION", "marking-definition")]),
        marked(&["nonsense"]),
        part(red.as_str(), "account_login"),
        part(OWN, "account_login"),
        part(amber.as_str(), "granular_markings"),
        part("nonsense", "account_login"),
        serde_json::to_string(&tlp::RED.object()).unwrap(),
    ];
    let here = format!("tlp:red@{}", Uuid::from_u128(7));
    let clearances = ["", "any", "tlp:clear", "tlp:amber, any", "tlp:red, pap:red, any", "pap:amber", OWN, &here];
    let own = || [OWN.parse().unwrap()].into();
    let collections = [
        Markings::default(),
        Markings { unmarked: Unmarked::Hidden, ..Markings::default() },
        Markings { default_marking: Some(TlpLevel::Amber), ..Markings::default() },
        Markings { default_marking: Some(TlpLevel::Red), open: own(), ..Markings::default() },
        Markings { unmarked: Unmarked::Hidden, open: own(), ..Markings::default() },
    ];
    let mut seen = [0; 3];
    for text in &texts {
        let label = Label::of(text);
        for clearance in clearances {
            for markings in &collections {
                let viewer = viewer(clearance, markings.clone());
                let Explanation { view, reasons } = viewer.explain(&label, text);
                let told = format!("{text} by {clearance:?} in {markings:?}: {reasons:?}");
                assert_eq!(view, viewer.view(&label), "{told}");
                let refused = |of_part: bool| reasons.iter().any(|r| !r.allowed && r.part.is_some() == of_part);
                let expected = match (refused(false), refused(true)) {
                    (true, _) => View::Hidden,
                    (false, true) => View::Redacted,
                    (false, false) => View::Whole,
                };
                assert_eq!(view, expected, "{told}");
                assert!(!reasons.is_empty() && reasons.iter().all(|reason| !reason.why.is_empty()), "{told}");
                seen[view as usize] += 1;
            }
        }
    }
    assert!(seen.iter().all(|times| *times > 5), "{seen:?}");
}

/// The words say which marking asks for what, and what the clearance says to it.
#[test]
fn the_words() {
    let amber = Markings { default_marking: Some(TlpLevel::Amber), ..Markings::default() };
    let hidden = Markings { unmarked: Unmarked::Hidden, ..Markings::default() };
    let open = Markings { open: [OWN.parse().unwrap()].into(), ..Markings::default() };
    let plain = Markings::default;
    let [red, green, actions] = [tlp::RED.id(), tlp::GREEN.id(), pap::AMBER.id()];
    for (clearance, markings, text, says) in [
        ("tlp:clear", plain(), marked(&[green.as_str()]), "TLP:GREEN no: the clearance has tlp:clear"),
        ("any", plain(), marked(&[green.as_str()]), "TLP:GREEN no: the clearance has no level of TLP"),
        ("tlp:amber", plain(), marked(&[green.as_str()]), "TLP:GREEN yes: the clearance has tlp:amber"),
        ("tlp:amber", plain(), marked(&[red.as_str()]), "TLP:RED no: the clearance does not name"),
        ("tlp:red", plain(), marked(&[red.as_str()]), "TLP:RED yes: the clearance names the bearer"),
        ("pap:green", plain(), marked(&[actions.as_str()]), "PAP:AMBER no: the clearance has pap:green"),
        ("tlp:red", plain(), marked(&[OWN]), "02168 no: the clearance does not name it"),
        (OWN, plain(), marked(&[OWN]), "02168 yes: the clearance names it"),
        ("any", plain(), marked(&[OWN]), "02168 yes: the clearance has any"),
        ("", open, marked(&[OWN]), "02168 yes: it restricts nobody"),
        ("tlp:green", amber, account(""), "TLP:AMBER by default no: objects without a level"),
        ("tlp:green", hidden, account(""), "unmarked no: in the collection"),
        ("tlp:green", plain(), account(""), "unmarked yes: in the collection"),
        ("any", plain(), part(red.as_str(), "account_login"), "TLP:RED of account_login no: "),
        ("any", plain(), part(red.as_str(), "granular_markings"), "what is left no: "),
        ("tlp:red, any", plain(), marked(&["nonsense"]), "unknown no: its markings cannot be read"),
    ] {
        let explained = viewer(clearance, markings).explain(&Label::of(&text), &text);
        let told: Vec<String> = explained.reasons.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|reason| reason.contains(says)), "{says:?} of {told:?}");
    }
}

/// Each version is told of by its own markings, oldest first; whoever has no clearance sees everything, and an object that is not there has no
/// versions.
#[tokio::test]
async fn every_version() {
    const INDICATOR: &str = "indicator--0d5b424b-93b8-4cd8-ac36-306e1789d63c";
    let store = MemoryStore::new();
    store.add_root(&ApiRoot::new("r", "t").unwrap()).await.unwrap();
    store.add_collection(&collection(Markings::default())).await.unwrap();
    let collection = store.directory().await.unwrap().collections.remove(0);
    let version = |n: usize, more: &str| {
        format!(
            r#"{{"type":"indicator","spec_version":"2.1","id":"{INDICATOR}","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-0{n}T00:00:00.000Z","pattern":"[url:value = 'x']","pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","name":"a","description":"b"{more}}}"#
        )
    };
    let (red, green) = (tlp::RED.id(), tlp::GREEN.id());
    let texts = [
        version(1, ""),
        version(2, &format!(r#","object_marking_refs":["{red}"]"#)),
        version(3, &format!(r#","granular_markings":[{{"marking_ref":"{red}","selectors":["description"]}}]"#)),
        version(4, &format!(r#","object_marking_refs":["{green}"]"#)),
    ];
    let item = |text: &String| Item::new(RawHead::read(text, 100).unwrap().check(None).unwrap(), text.clone());
    let submission = Submission {
        status: Uuid::new_v4(),
        root: "r".to_owned(),
        collection: collection.key,
        caller: "somebody".to_owned(),
        received: Timestamp::now(),
        items: texts.iter().map(item).collect(),
        refused: Vec::new(),
    };
    store.add(submission).await.unwrap();
    let ask = async |clearance: Option<&str>, id: &str| {
        let clearance = clearance.map(|words| Arc::new(words.parse().unwrap()));
        explain(&store, &collection, clearance.as_ref(), id).await.unwrap()
    };
    let views = async |clearance| {
        ask(clearance, INDICATOR).await.iter().map(|explained| explained.explanation.view).collect::<Vec<_>>()
    };
    assert_eq!(views(None).await, [View::Whole; 4]);
    assert_eq!(views(Some("tlp:red")).await, [View::Whole; 4]);
    assert_eq!(views(Some("tlp:green")).await, [View::Whole, View::Hidden, View::Redacted, View::Whole]);
    assert_eq!(views(Some("")).await, [View::Whole, View::Hidden, View::Redacted, View::Hidden]);
    let all = ask(Some(""), INDICATOR).await;
    assert!(all.iter().map(|explained| explained.version.as_str()).is_sorted());
    assert_eq!(all[2].explanation.reasons[1].part.as_deref(), Some("description"));
    assert!(ask(None, ID).await.is_empty());

    // As long as markings are being read, nobody who does not see everything is answered.
    let unread = Labels { unread: true, ..Labels::default() };
    let viewer = viewer("tlp:red, pap:red, any", Markings::default());
    assert_eq!(one(Some(&viewer), Some(&Label::default()), &unread, &texts[0]).view, View::Hidden);
    assert_eq!(one(None, None, &unread, &texts[0]).view, View::Whole);
}
