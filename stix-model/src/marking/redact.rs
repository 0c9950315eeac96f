use std::collections::BTreeMap;

use super::{Marking, Selector, Step, granular, object_markings};
use crate::Identifier;
use crate::content::{new_errors, text};
use crate::json::{Json, Members};

/// Parts whose absence would say something else than that they are hidden.
const TELLING: [&str; 4] = ["object_marking_refs", "granular_markings", "revoked", "defanged"];

/// The object as it is for somebody who may not see everything; `None` if nothing of it can be shown.
///
/// `may_see` tells for each marking definition whether what it marks may be seen. Hidden parts are taken out, and what
/// becomes empty with them; selectors follow, so that the other markings still apply to the same parts (GM-11). The
/// whole object is withheld if
///
/// * one of its own markings hides it,
/// * a marking cannot be read, or a hidden part is not there: what was meant to be hidden is not known,
/// * what is left would have errors that the object has not: a required property is hidden, or a constraint is hit,
/// * the markings themselves are hidden, or that the object is `revoked` or `defanged`.
///
/// What is left has the `id` and `modified` of the whole: it is a view for one reader. To publish it, make it an object
/// of its own with [`derive`](crate::versioning::NextVersion::derive) (§3.6). The `id` of an observable is made from
/// its content and can confirm a guess at a hidden part.
///
/// ```
/// use stix_model::marking::{Marked, redact, tlp};
/// use stix_model::sco::UserAccount;
///
/// let account = UserAccount::builder().user_id("1001").account_login("jo").build()?;
/// let account = account.add_marking(tlp::RED, Some(&"account_login".parse()?))?;
/// let shown = redact(account.members(), |marking| *marking != tlp::RED.id()).unwrap();
/// assert!(shown.contains("user_id") && !shown.contains("account_login") && !shown.contains("granular_markings"));
/// # use stix_model::Table;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn redact<'a>(object: &Members<'a>, may_see: impl Fn(&Identifier) -> bool) -> Option<Members<'a>> {
    if !object_markings(object).iter().all(|marking| marking.as_ref().is_some_and(&may_see)) {
        return None;
    }
    let mut plan = Plan::default();
    for mark in granular::marks(object) {
        match mark? {
            (Marking::Definition(id), selector) if !may_see(&id) => plan.hide(selector.steps()),
            _ => {}
        }
    }
    if plan.inside.is_empty() {
        return Some(object.clone());
    }
    if plan.inside.keys().any(|step| tells(object, step)) {
        return None;
    }
    let mut shown = object.clone();
    // Translations of a list's items are found by their place (LC-2).
    let translations = text(object, "type") == Some("language-content");
    plan.carry_out(&mut shown, |property| translations && property == "contents");
    if !plan.is_carried_out() {
        return None;
    }
    granular::rewrite(&mut shown, |_| true, |text| Some(plan.follow(&text.parse().ok()?)?.to_string()));
    new_errors(object, &shown).is_empty().then_some(shown)
}

/// Would the absence of the property, or of a part of it, say something of its own?
fn tells(object: &Members<'_>, step: &Step) -> bool {
    let Step::Name(property) = step else { return false };
    let is_default = object.get(property).and_then(Json::as_bool) == Some(false);
    TELLING.contains(&property.as_str()) && !is_default
}

/// What to take out of a part of an object, so that one walk does it all: who marks may mark very much.
#[derive(Default)]
struct Plan {
    /// The part goes as a whole.
    hidden: bool,
    /// The walk came here.
    found: bool,
    /// What to take out of it.
    inside: BTreeMap<Step, Plan>,
    /// Which items have been taken out, in order.
    gone: Vec<usize>,
}

impl Plan {
    fn hide(&mut self, steps: &[Step]) {
        match steps.split_first() {
            _ if self.hidden => {}
            Some((step, rest)) => self.inside.entry(step.clone()).or_default().hide(rest),
            None => {
                self.hidden = true;
                self.inside.clear();
            }
        }
    }

    /// Takes out what is hidden, and what becomes empty.
    fn carry_out(&mut self, members: &mut Members<'_>, keeps_places: impl Fn(&str) -> bool) {
        self.found = true;
        for (name, value) in members.iter_mut() {
            if let Some(plan) = self.inside.get_mut(&Step::Name(name.to_owned())) {
                plan.hidden |= plan.empties(value, keeps_places(name));
            }
        }
        let is_hidden = |name: &str| self.inside.get(&Step::Name(name.to_owned())).is_some_and(|plan| plan.hidden);
        members.retain(|name, _| !is_hidden(name));
    }

    /// Takes out what is hidden; is nothing left? Where items keep their places, the sign for an untranslated item
    /// stands for a hidden one.
    fn empties(&mut self, json: &mut Json<'_>, keeps_places: bool) -> bool {
        self.found = true;
        if self.hidden {
            return true;
        }
        match json {
            Json::Object(members) => {
                self.carry_out(members, |_| keeps_places);
                members.is_empty()
            }
            Json::List(items) => {
                let mut next = 0..;
                items.retain_mut(|item| {
                    let index = next.next().unwrap_or_default();
                    let Some(plan) = self.inside.get_mut(&Step::Index(index)) else { return true };
                    plan.hidden |= plan.empties(item, keeps_places);
                    if plan.hidden && keeps_places {
                        *item = Json::from("");
                    } else if plan.hidden {
                        self.gone.push(index);
                        return false;
                    }
                    true
                });
                items.is_empty()
            }
            _ => false,
        }
    }

    /// Was everything there?
    fn is_carried_out(&self) -> bool {
        self.found && self.inside.values().all(Self::is_carried_out)
    }

    /// Where a part is now; `None` if it is gone.
    fn follow(&self, selector: &Selector) -> Option<Selector> {
        let mut plan = Some(self);
        let steps = selector.steps().iter().map(|step| {
            let before = |index: usize| plan.map_or(0, |plan| plan.gone.partition_point(|gone| *gone < index));
            let now = match step {
                Step::Index(index) => Step::Index(index - before(*index)),
                Step::Name(name) => Step::Name(name.clone()),
            };
            plan = plan.and_then(|plan| plan.inside.get(step));
            (!plan.is_some_and(|plan| plan.hidden)).then_some(now)
        });
        steps.collect::<Option<_>>().map(Selector)
    }
}
