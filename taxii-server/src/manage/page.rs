use serde::Serialize;
use serde_json::{Value, json};

use super::call::{Call, Outcome};
use super::problem::Problem;
use super::route::Replied;

/// Items on a page, unless the query asks for fewer or more.
pub(super) const USUAL: usize = 1000;
/// Items on a page, at most.
pub(super) const MOST: usize = 10_000;

impl Call {
    /// How many items the query asks for.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        match self.number("limit").unwrap_or(USUAL) {
            limit @ 1..=MOST => Ok(limit),
            _ => Err(Problem::query("limit", &format!("expected a number from 1 to {MOST}"))),
        }
    }

    /// A page of a list that is in order of what names its items.
    pub(super) fn page<T: Serialize>(&self, items: &[T], name: impl Fn(&T) -> String) -> Outcome {
        let after = self.text("after");
        let rest = items.iter().skip_while(|item| after.is_some_and(|after| name(item).as_str() <= after));
        self.page_of(rest, &name)
    }

    /// A page of a list that begins where the query says.
    pub(super) fn page_of<'i, T: Serialize + 'i>(
        &self,
        items: impl Iterator<Item = &'i T>,
        name: impl Fn(&T) -> String,
    ) -> Outcome {
        let limit = self.limit()?;
        let mut items: Vec<&T> = items.take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| name(last));
        let items: Result<Vec<Value>, _> = items.into_iter().map(serde_json::to_value).collect();
        Ok(Replied::Json(json!({"items": items.map_err(crate::store::StoreError::failed)?, "next": next})))
    }
}
