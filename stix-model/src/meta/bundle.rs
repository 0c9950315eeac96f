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
        let bundle: Bundle = crate::object::typed(Json::Object(members))?;
        Invalid::unless_valid([bundle.misnamed(), bundle.nested()].into_iter().flatten().collect())?;
        Ok(bundle)
    }
}

impl Bundle {
    /// ID-01: the name begins with the type.
    fn misnamed(&self) -> Option<Finding> {
        let id = self.id();
        let found = || format!("{:?}", id.as_str());
        (id.object_type() != "bundle").then(|| Finding::error("ID-01", "/id", found(), "\"bundle--\" and a UUID"))
    }

    /// B-01: a bundle carries no bundles.
    fn nested(&self) -> Option<Finding> {
        let mut items = self.0.get("objects")?.as_list()?.iter();
        let at = items.position(|item| item.get("type").and_then(Json::as_str) == Some("bundle"))?;
        Some(Finding::error("B-01", format!("/objects/{at}"), "a bundle", "an object that is no bundle"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StixObject;
    use crate::sdo::Tool;

    fn tool(name: &str) -> Tool {
        Tool::builder().name(name).build().unwrap()
    }

    /// §10: a bundle without objects has no `objects`; what it carries comes out as it was put in, in order.
    #[test]
    fn a_bundle_carries_objects() {
        let empty = Bundle::builder().objects(Vec::<Object>::new()).items(Vec::<Json<'_>>::new()).build().unwrap();
        let names: Vec<_> = empty.members().iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["type", "id"]);
        assert_eq!(empty.id().object_type(), "bundle");

        let tools = [tool("a"), tool("b"), tool("c")];
        let id = "bundle--1b6f0d4c-6ed8-4f0b-9a1c-0d9d1e7a7c55";
        let bundle = Bundle::builder().object(tools[0].clone()).objects(tools[1..].to_vec()).id(id).build().unwrap();
        assert_eq!(bundle.id().as_str(), id);
        let objects: Vec<Object> = tools.into_iter().map(Object::from).collect();
        assert_eq!(bundle.objects().collect::<Vec<_>>(), objects);
        assert_eq!(bundle.into_objects().collect::<Vec<_>>(), objects);
    }

    /// LIB-02, LIB-14, B-02, B-03: what was read is written again, also what is no object.
    #[test]
    fn a_bundle_is_read_as_it_is() {
        let text = r#"{"id":"bundle--1b6f0d4c-6ed8-4f0b-9a1c-0d9d1e7a7c55","spec_version":"2.0","objects":[7,{"type":"x-a"},{}],"type":"bundle"}"#;
        let bundle: Bundle = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&bundle).unwrap(), text);
        assert_eq!(bundle.items().unwrap().len(), 3);
        assert!(matches!(bundle.objects().collect::<Vec<_>>()[..], [Object::Custom(_), Object::Malformed(_)]));
        let other = serde_json::to_string(&tool("a")).unwrap();
        assert!(serde_json::from_str::<Bundle>(&other).unwrap_err().to_string().contains("LIB-14"));
        assert!(serde_json::from_str::<Bundle>(r#"{"type":"bundle"}"#).unwrap_err().to_string().contains("CP-01"));
    }

    /// ID-01, B-01: a builder refuses the name of something else, and bundles in bundles.
    #[test]
    fn a_bundle_is_named_and_not_nested() {
        let rules = |builder: Builder<Bundle>| {
            let rules: Vec<_> = builder.build().unwrap_err().findings.iter().map(|finding| finding.rule).collect();
            rules
        };
        assert_eq!(rules(Bundle::builder().id("bundle")), ["ID-01"]);
        assert_eq!(rules(Bundle::builder().id(tool("a").id())), ["ID-01"]);
        let inner = serde_json::to_string(&Bundle::builder().build().unwrap()).unwrap();
        let inner = Object::parse(&inner).unwrap();
        assert_eq!(rules(Bundle::builder().object(tool("a")).object(inner)), ["B-01"]);
    }
}
