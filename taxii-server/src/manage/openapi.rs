use serde_json::{Map, Value, json};

use super::route::{Gives, Kind, Parameter, ROUTES, Route};
use super::schema::SCHEMAS;

/// The OpenAPI 3.1 document of the management API, made of the table of routes.
#[must_use]
pub fn openapi() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({"parameters": parts(route)}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.to_ascii_lowercase(), operation(route));
        }
    }
    let problem = |about: &str| json!({"description": about, "content": {"application/problem+json": {"schema": reference("Problem")}}});
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "TAXII server: management API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the commands of taxii-server do, over HTTP: for administrators only. Whoever is none learns nothing, not even which paths there are.",
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"bearer": []}, {"certificate": []}],
        "paths": paths,
        "components": {
            "schemas": *SCHEMAS,
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "The account's name and a password or API key"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token of a configured issuer"},
                "certificate": {"type": "mutualTLS", "description": "A client certificate"},
            },
            "responses": {
                "Unauthorized": problem("No credentials, or wrong ones"),
                "Refused": problem("The request is wrong, or not for these credentials; the problem says why"),
                "Failed": problem("The server has failed, or is too busy"),
            },
        },
    })
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parts(route: &Route) -> Vec<Value> {
    let part =
        |name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}});
    route.parts().map(part).collect()
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = route.query.iter().map(parameter).collect();
    if route.heeds_tags() {
        let about = "Only if it still is what this entity tag says; 412 otherwise";
        parameters
            .push(json!({"name": "If-Match", "in": "header", "description": about, "schema": {"type": "string"}}));
    }
    let mut responses = Map::new();
    responses.insert(route.gives.status().to_string(), answer(route.gives));
    for (status, response) in [("401", "Unauthorized"), ("4XX", "Refused"), ("5XX", "Failed")] {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{response}")}));
    }
    let mut operation = json!({
        "operationId": route.name, "summary": route.summary, "parameters": parameters, "responses": responses,
        "tags": [route.path.split('/').nth(2).unwrap_or_default()],
    });
    if let (Some(takes), Some(members)) = (route.takes, operation.as_object_mut()) {
        let schema = if takes.partial { partial(takes.schema) } else { reference(takes.schema) };
        let content = json!({takes.media_type: {"schema": schema}});
        members.insert("requestBody".to_owned(), json!({"required": true, "content": content}));
    }
    operation
}

/// The schema of a body that need not have everything.
fn partial(name: &str) -> Value {
    let mut schema = SCHEMAS.get(name).cloned().unwrap_or_default();
    if let Some(members) = schema.as_object_mut() {
        members.remove("required");
        members.insert(
            "description".to_owned(),
            json!(format!("Some of a {name}; what is left out stays, or has a default.")),
        );
    }
    schema
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = match parameter.kind {
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Number => json!({"type": "integer", "minimum": 0}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Time => json!({"type": "string", "format": "date-time"}),
        Kind::Id => json!({"type": "string", "format": "uuid"}),
    };
    let Parameter { name, about, required, .. } = parameter;
    json!({"name": name, "in": "query", "description": about, "required": required, "schema": schema})
}

fn answer(gives: Gives) -> Value {
    let header = |about: &str| json!({"description": about, "schema": {"type": "string"}});
    let tag = || header("The entity tag, for If-Match");
    let content = |media_type: &str, schema: Value| json!({media_type: {"schema": schema}});
    match gives {
        Gives::Nothing => json!({"description": "It is done"}),
        Gives::One(name) => {
            json!({"description": "It", "headers": {"ETag": tag()}, "content": content("application/json", reference(name))})
        }
        Gives::Made(name) => json!({
            "description": "It was made", "headers": {"ETag": tag(), "Location": header("Where it is")},
            "content": content("application/json", reference(name)),
        }),
        Gives::Json(name) => json!({"description": "It", "content": content("application/json", reference(name))}),
        Gives::Lines(name) => {
            json!({"description": "One in each line", "content": content("application/x-ndjson", reference(name))})
        }
        Gives::Page(name) => {
            json!({"description": "A page of the list, in order", "content": content("application/json", page(name))})
        }
    }
}

/// What a page looks like.
pub(super) fn page(name: &str) -> Value {
    let next = "What `after` has to be for the page behind this one; null if this is the last.";
    json!({
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": reference(name)},
            "next": {"description": next, "type": ["string", "null"]},
        },
        "required": ["items", "next"],
        "additionalProperties": false,
    })
}
