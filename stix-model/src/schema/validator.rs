use std::collections::{BTreeMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use super::BASE;
use crate::Finding;
use crate::json::Json;

/// Checks by the JSON Schemas, as others do who have only those. Nothing is fetched.
///
/// [`crate::validate`] finds more and says it better: this is to compare with, and to check the schemas themselves.
///
/// ```
/// use stix_model::json::Json;
/// use stix_model::schema::Validator;
///
/// let address = Json::parse(r#"{"type": "ipv4-addr", "id": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "value": 7}"#)?;
/// let findings = Validator::object().errors(&address);
/// assert_eq!(findings[0].to_string(), r#"SCHEMA at /value: 7 is not of type "string""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Validator(&'static Schema);

/// A document, compiled when it is first used.
#[derive(Default)]
struct Schema {
    document: serde_json::Value,
    compiled: OnceLock<Result<jsonschema::Validator, String>>,
}

static SCHEMAS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| {
    let schema = |document: Json<'static>| Schema { document: document.into(), compiled: OnceLock::new() };
    super::all().into_iter().map(|(file, document)| (file, schema(document))).collect()
});

static REGISTRY: LazyLock<Result<jsonschema::Registry<'static>, String>> = LazyLock::new(|| {
    let mut registry = jsonschema::Registry::new();
    for (file, schema) in SCHEMAS.iter() {
        registry = registry.add(format!("{BASE}{file}"), schema.document.clone()).map_err(|error| error.to_string())?;
    }
    registry.prepare().map_err(|error| error.to_string())
});

impl Validator {
    /// Of any object but a bundle.
    #[must_use]
    pub fn object() -> Self {
        Self::of("object").unwrap_or_else(Self::none)
    }

    /// Of bundles.
    #[must_use]
    pub fn bundle() -> Self {
        Self::of("bundle").unwrap_or_else(Self::none)
    }

    /// Of what a schema describes: `indicator`, `extensions/pdf-ext`, `nested/kill-chain-phase`; `None` if there is no
    /// such schema.
    #[must_use]
    pub fn of(schema: &str) -> Option<Self> {
        SCHEMAS.get(&format!("{schema}.json")).map(Self)
    }

    /// A schema that takes anything.
    fn none() -> Self {
        static NONE: LazyLock<Schema> = LazyLock::new(Schema::default);
        Self(&NONE)
    }

    /// Is it what the schema says? Faster than listing what is wrong.
    #[must_use]
    pub fn is_valid(&self, json: &Json<'_>) -> bool {
        self.compiled().is_ok_and(|schema| schema.is_valid(&json.clone().into()))
    }

    /// What is wrong with it. The rule of all findings is `SCHEMA`.
    #[must_use]
    pub fn errors(&self, json: &Json<'_>) -> Vec<Finding> {
        let schema = match self.compiled() {
            Ok(schema) => schema,
            Err(reason) => return vec![Finding::error("SCHEMA", "", reason, "a schema that compiles")],
        };
        let object = json.get("id").and_then(Json::as_str).map(std::sync::Arc::from);
        let json: serde_json::Value = json.clone().into();
        let mut seen = HashSet::new();
        let findings = schema.iter_errors(&json).map(|error| Finding { object: object.clone(), ..finding(&error) });
        findings.filter(|finding| seen.insert((finding.pointer.clone(), finding.message()))).collect()
    }

    fn compiled(&self) -> Result<&'static jsonschema::Validator, &'static str> {
        let compiled = self.0.compiled.get_or_init(|| {
            let registry = REGISTRY.as_ref().map_err(String::clone)?;
            let options = jsonschema::options().offline().with_registry(registry);
            // The patterns need no look-around, and this engine takes linear time.
            let options = options.with_pattern_options(jsonschema::PatternOptions::regex());
            options.build(&self.0.document).map_err(|error| error.to_string())
        });
        compiled.as_ref().map_err(String::as_str)
    }
}

impl std::fmt::Debug for Validator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Validator").field(&self.0.document.get("title")).finish()
    }
}

fn finding(error: &jsonschema::ValidationError<'_>) -> Finding {
    let found = Json::from(error.instance().as_ref().clone()).excerpt();
    let place = error.absolute_keyword_location().map(ToString::to_string).unwrap_or_default();
    Finding::error(
        "SCHEMA",
        error.instance_path().as_str(),
        error.masked_with(found).to_string(),
        expected(&place).unwrap_or_default(),
    )
}

/// What the schema says in words at a place: the innermost comment; of a shared value, what it is.
fn expected(place: &str) -> Option<&'static str> {
    let (file, pointer) = place.strip_prefix(BASE)?.split_once('#')?;
    let mut here = &SCHEMAS.get(file)?.document;
    let shared = file.starts_with("values/") || file.starts_with("vocabularies/");
    let mut words = here.get("description").filter(|_| shared);
    for step in pointer.split('/').skip(1) {
        words = here.get("$comment").or(words);
        here = match here {
            serde_json::Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => here.get(step)?,
        };
    }
    here.get("$comment").or(words)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIB-06: every schema compiles, without a network.
    #[test]
    fn every_schema_compiles() {
        for file in SCHEMAS.keys() {
            let schema = Validator::of(file.strip_suffix(".json").unwrap()).unwrap();
            assert_eq!(schema.compiled().map(|_| ()), Ok(()), "{file}");
        }
        assert!(Validator::of("no-such-type").is_none());
    }

    /// LIB-04: findings say where, what and why.
    #[test]
    fn findings_are_understandable() {
        let messages = |text: &str| {
            let findings = Validator::object().errors(&Json::parse(text).unwrap());
            findings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let account = r#"{"type": "user-account", "id": "user-account--28bb3599-77cd-5a82-a950-b5bc3caf07c4"}"#;
        let messages = messages(account);
        assert!(messages.iter().any(|message| message.contains("SCO-UA-1")), "{messages:?}");
    }
}
