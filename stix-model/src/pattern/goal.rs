use super::path::{ObjectPath, Step};
use crate::object::object_type;
use crate::property::{Kind, Property, Shape, Target};

/// Where a path ends, as the property tables have it: behind its last reference.
pub(super) struct Goal<'p> {
    /// The types that the object may have in which it ends; none if nobody knows.
    pub(super) types: Vec<&'p str>,
    /// The names inside of this object, without the items of lists.
    pub(super) names: Vec<&'p str>,
    /// How many steps belong to the way there, if there is a reference in it.
    pub(super) way: Option<usize>,
    /// What the value is, as far as it is known.
    pub(super) kind: Option<&'static Kind>,
    /// The steps before which it is not said which item of a list is meant.
    pub(super) unindexed: Vec<usize>,
}

impl<'p> Goal<'p> {
    pub(super) fn of(path: &'p ObjectPath) -> Self {
        let object_type = path.object_type().value.as_str();
        let mut goal = Self {
            types: vec![object_type],
            names: vec![path.property().value.as_str()],
            way: None,
            kind: row(object_type, path.property()).map(|row| &row.kind),
            unindexed: Vec::new(),
        };
        for (i, step) in path.steps().iter().enumerate() {
            match &step.value {
                Step::Key(name) => goal.enter(name, i),
                Step::Index(_) | Step::Any => {
                    if let Some(Kind::List(item)) = goal.kind {
                        goal.kind = Some(item);
                    }
                }
            }
        }
        goal
    }

    fn enter(&mut self, name: &'p str, step: usize) {
        if let Some(Kind::List(item)) = self.kind {
            self.kind = Some(item);
            self.unindexed.push(step);
        }
        let inside = |shape: &'static Shape| shape.property(name).map(|row| &row.kind);
        let is_reference = self.names.last().is_some_and(|name| name.ends_with("_ref") || name.ends_with("_refs"));
        self.kind = match self.kind {
            Some(Kind::Reference(Target::Types(types))) => {
                self.reach(types.to_vec(), name, step);
                return;
            }
            _ if is_reference => {
                self.reach(Vec::new(), name, step);
                return;
            }
            Some(Kind::Object(shape)) => inside(shape),
            Some(Kind::Dictionary(item, _)) => Some(item),
            Some(Kind::Hashes) => Some(&Kind::String),
            _ => None,
        };
        self.names.push(name);
    }

    /// Goes on in another object.
    fn reach(&mut self, types: Vec<&'p str>, name: &'p str, step: usize) {
        self.kind = types.iter().find_map(|object_type| row(object_type, name)).map(|row| &row.kind);
        self.types = types;
        self.names = vec![name];
        self.way = Some(step);
    }

    /// The only type that the object may have, given that it has the property.
    pub(super) fn object_type(&self) -> Option<&'p str> {
        if let [only] = self.types.as_slice() {
            return Some(only);
        }
        let first = self.names.first()?;
        let mut fitting = self.types.iter().copied().filter(|name| row(name, first).is_some());
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

fn row(name: &str, property: &str) -> Option<&'static Property> {
    object_type(name)?.property(property)
}
