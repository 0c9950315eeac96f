use super::comparison::{Comparison, Literal, Test};
use super::span::{Span, Spanned};

/// Which value of which observable: `file:hashes.'SHA-256'` (STIX 2.1 §9.7).
///
/// ```
/// use stix_model::pattern::ObjectPath;
///
/// let path = ObjectPath::new("file", "extensions").key("pe-ext").key("sections").any().key("name");
/// assert_eq!(path.to_string(), "file:extensions.'pe-ext'.sections[*].name");
/// assert_eq!(path, "file:'extensions'.'pe-ext'.sections[*].name".parse()?);
/// # Ok::<(), stix_model::pattern::InvalidPattern>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectPath {
    pub(super) object_type: Spanned<String>,
    pub(super) property: Spanned<String>,
    pub(super) steps: Vec<Spanned<Step>>,
}

/// A step behind the first property of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into an object or a dictionary, or through a reference to another observable: `.name`.
    Key(String),
    /// To an item of a list, the first being 0: `[0]`.
    Index(u64),
    /// To any item of a list: `[*]`.
    Any,
}

impl ObjectPath {
    /// The path to a property of an observable.
    pub fn new(object_type: impl Into<String>, property: impl Into<String>) -> Self {
        Self { object_type: object_type.into().into(), property: property.into().into(), steps: Vec::new() }
    }

    /// Goes on into an object or a dictionary, or through a reference.
    #[must_use]
    pub fn key(mut self, name: impl Into<String>) -> Self {
        self.steps.push(Step::Key(name.into()).into());
        self
    }

    /// Goes on to an item of a list, the first being 0.
    #[must_use]
    pub fn index(mut self, index: u64) -> Self {
        self.steps.push(Step::Index(index).into());
        self
    }

    /// Goes on to any item of a list.
    #[must_use]
    pub fn any(mut self) -> Self {
        self.steps.push(Step::Any.into());
        self
    }

    /// The type of the observables that are looked at: `file`.
    #[must_use]
    pub fn object_type(&self) -> &Spanned<String> {
        &self.object_type
    }

    /// The first property.
    #[must_use]
    pub fn property(&self) -> &Spanned<String> {
        &self.property
    }

    /// What comes behind the first property.
    #[must_use]
    pub fn steps(&self) -> &[Spanned<Step>] {
        &self.steps
    }

    /// The name that the path ends in, which is the first property if no other is named.
    #[must_use]
    pub fn last_key(&self) -> &str {
        let keys = self.steps.iter().rev().find_map(|step| match &step.value {
            Step::Key(name) => Some(name.as_str()),
            Step::Index(_) | Step::Any => None,
        });
        keys.unwrap_or(&self.property)
    }

    /// From its type to its last step.
    #[must_use]
    pub fn span(&self) -> Span {
        self.object_type.span.to(self.steps.last().map_or(self.property.span, |step| step.span))
    }

    /// Is it there, whatever it is?
    #[must_use]
    pub fn exists(self) -> Comparison {
        self.test(Test::Exists)
    }

    /// `=`
    #[must_use]
    pub fn equals(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::Equal(constant.into().into()))
    }

    /// `!=`; something that is not there does not differ.
    #[must_use]
    pub fn differs_from(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::NotEqual(constant.into().into()))
    }

    /// `<`
    #[must_use]
    pub fn is_less_than(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::Less(constant.into().into()))
    }

    /// `<=`
    #[must_use]
    pub fn is_at_most(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::LessOrEqual(constant.into().into()))
    }

    /// `>`
    #[must_use]
    pub fn is_greater_than(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::Greater(constant.into().into()))
    }

    /// `>=`
    #[must_use]
    pub fn is_at_least(self, constant: impl Into<Literal>) -> Comparison {
        self.test(Test::GreaterOrEqual(constant.into().into()))
    }

    /// `IN (…)`
    #[must_use]
    pub fn is_in<L: Into<Literal>>(self, constants: impl IntoIterator<Item = L>) -> Comparison {
        self.test(Test::In(constants.into_iter().map(|constant| constant.into().into()).collect()))
    }

    /// `LIKE`, where `%` stands for any run of characters and `_` for one.
    #[must_use]
    pub fn is_like(self, wildcard: impl Into<String>) -> Comparison {
        self.test(Test::Like(wildcard.into().into()))
    }

    /// `MATCHES`, a regular expression found anywhere in the value.
    #[must_use]
    pub fn matches(self, regex: impl Into<String>) -> Comparison {
        self.test(Test::Matches(regex.into().into()))
    }

    /// `ISSUBSET`, of a network in CIDR notation.
    #[must_use]
    pub fn is_subset_of(self, network: impl Into<String>) -> Comparison {
        self.test(Test::IsSubset(network.into().into()))
    }

    /// `ISSUPERSET`, of a network in CIDR notation.
    #[must_use]
    pub fn is_superset_of(self, network: impl Into<String>) -> Comparison {
        self.test(Test::IsSuperset(network.into().into()))
    }

    fn test(self, test: Test) -> Comparison {
        Comparison { path: self, negated: false, test, span: Span::default() }
    }
}
