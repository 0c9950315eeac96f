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
    let marks: Vec<_> = granular::marks(object).into_iter().collect::<Option<_>>()?;
    let is_hidden = |marking: &Marking| matches!(marking, Marking::Definition(id) if !may_see(id));
    let mut hidden: Vec<Selector> =
        marks.into_iter().filter(|(marking, _)| is_hidden(marking)).map(|(_, selector)| selector).collect();
    if hidden.is_empty() {
        return Some(object.clone());
    }
    if hidden.iter().any(|selector| selector.resolve(object).is_none() || tells(object, selector)) {
        return None;
    }
    // The last item of a list goes first, so that the others stay in their places.
    hidden.sort_unstable_by(|one, other| other.cmp(one));
    hidden.dedup();
    let all = hidden.clone();
    hidden.retain(|one| !all.iter().any(|other| other != one && other.covers(one)));
    let mut shown = object.clone();
    hidden.iter().for_each(|selector| take_out(&mut shown, selector));
    new_errors(object, &shown).is_empty().then_some(shown)
}

fn tells(object: &Members<'_>, selector: &Selector) -> bool {
    let Some(Step::Name(property)) = selector.steps().first() else { return false };
    let is_default = object.get(property).and_then(Json::as_bool) == Some(false);
    TELLING.contains(&property.as_str()) && !is_default
}

/// Takes a part out, with all that becomes empty, and lets the selectors follow.
fn take_out(object: &mut Members<'_>, selector: &Selector) {
    if keeps_place(object, selector) {
        return blank(object, selector);
    }
    if selector.take(object).is_none() {
        return;
    }
    granular::rewrite(object, |_, text| {
        let other: Selector = text.parse().ok()?;
        other.after_removal(selector).map(|other| other.to_string())
    });
    if let Some(parent) = selector.parent()
        && is_empty(parent.resolve(object))
    {
        take_out(object, &parent);
    }
}

fn is_empty(json: Option<&Json<'_>>) -> bool {
    match json {
        Some(Json::List(items)) => items.is_empty(),
        Some(Json::Object(members)) => members.is_empty(),
        _ => false,
    }
}

/// Translations of a list's items are found by their place (LC-2).
fn keeps_place(object: &Members<'_>, selector: &Selector) -> bool {
    let in_contents = matches!(selector.steps().first(), Some(Step::Name(name)) if name == "contents");
    let is_item = matches!(selector.steps().last(), Some(Step::Index(_)));
    text(object, "type") == Some("language-content") && in_contents && is_item
}

/// Puts the sign for an untranslated item in place of a translation.
fn blank(object: &mut Members<'_>, selector: &Selector) {
    selector.replace(object, Json::from(""));
    granular::rewrite(object, |_, text| {
        let other: Selector = text.parse().ok()?;
        (!selector.covers(&other)).then(|| text.to_owned())
    });
}
