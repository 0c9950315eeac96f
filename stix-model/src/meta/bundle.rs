use crate::json::{Json, Members};
use crate::value::IntoValue;
use crate::{Builder, Finding, Identifier, Invalid, Object, Table, TypeClass};

table! {
    /// Objects on their way from one place to another. It is no object itself and means nothing.
    ///
    /// ```
    /// use stix_model::meta::Bundle;
    /// use stix_model::sco::Ipv4Addr;
    /// use stix_model::sdo::Tool;
    ///
    /// let bundle = Bundle::builder()
    ///     .object(Tool::builder().name("nmap").build()?)
    ///     .object(Ipv4Addr::builder().value("198.51.100.3").build()?)
    ///     .build()?;
    /// let text = serde_json::to_string(&bundle)?;
    ///
    /// let read: Bundle = serde_json::from_str(&text)?;
    /// let types: Vec<_> = read.objects().map(|object| object.object_type().to_owned()).collect();
    /// assert_eq!(types, ["tool", "ipv4-addr"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`crate::reader`] reads a bundle one object at a time.
    Bundle = "bundle", Role::Object(TypeClass::Bundle), "8";
    properties {
        /// What it carries, as JSON: also what is no object.
        items = "objects" [list any];
    }
}

impl Bundle {
    /// The name of the bundle. Nothing refers to it.
    #[must_use]
    pub fn id(&self) -> Identifier {
        let id = self.0.get("id").and_then(Json::as_str);
        id.and_then(|text| text.parse().ok()).unwrap_or_else(Identifier::nil)
    }

    /// The objects in order. [`Bundle::items`] also has what is no JSON object.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        let items = self.0.get("objects").and_then(Json::as_list).into_iter().flatten();
        items.filter_map(Json::as_object).cloned().map(Object::from_members)
    }

    /// Takes the objects out, in order.
    pub fn into_objects(mut self) -> impl Iterator<Item = Object> {
        let items = match self.0.remove("objects") {
            Some(Json::List(items)) => items,
            _ => Vec::new(),
        };
        items.into_iter().filter_map(|item| match item {
            Json::Object(members) => Some(Object::from_members(members)),
            _ => None,
        })
    }
}

impl Builder<Bundle> {
    /// Gives the bundle a name of your own instead of a new one.
    #[must_use]
    pub fn id(self, id: impl IntoValue<Identifier>) -> Self {
        self.put("id", id)
    }

    /// Adds an object at the end. It is not checked again.
    #[must_use]
    pub fn object(mut self, object: impl Into<Object>) -> Self {
        self.push(object.into());
        self
    }

    /// Adds objects at the end. They are not checked again.
    #[must_use]
    pub fn objects<O: Into<Object>>(mut self, objects: impl IntoIterator<Item = O>) -> Self {
        objects.into_iter().for_each(|object| self.push(object.into()));
        self
    }

    fn push(&mut self, object: Object) {
        let item = Json::Object(object.into_members());
        match self.members.get_mut("objects") {
            Some(Json::List(items)) => items.push(item),
            _ => {
                self.members.insert("objects", Json::List(vec![item]));
            }
        }
    }

    /// Completes the bundle: `type`, and a random `id` if none is set. What it carries is not checked again.
    ///
    /// # Errors
    /// The `id` is none, or a bundle was put into the bundle.
    pub fn build(mut self) -> Result<Bundle, Invalid> {
        let id = self.members.remove("id");
        let id = id.unwrap_or_else(|| crate::deterministic::name_of(Bundle::SHAPE, &self.members).into_json());
        let mut members: Members<'static> = [("type", Json::from("bundle")), ("id", id)].into_iter().collect();
        for (name, value) in self.members {
            members.insert(name, value);
        }
        if members.get("objects").and_then(Json::as_list).is_some_and(<[_]>::is_empty) {
            members.remove("objects");
        }
        match nested(&members) {
            Some(finding) => Err(Invalid { findings: vec![finding] }),
            None => crate::object::typed(Json::Object(members)),
        }
    }
}

/// B-01: a bundle carries no bundles.
fn nested(members: &Members<'_>) -> Option<Finding> {
    let mut items = members.get("objects")?.as_list()?.iter();
    let at = items.position(|item| item.get("type").and_then(Json::as_str) == Some("bundle"))?;
    Some(Finding::error("B-01", format!("/objects/{at}"), "a bundle", "an object that is no bundle"))
}
