//! Objects, damaged in every way that a producer gets them wrong: the same ones for the same seed.

use serde_json::{Value, json};

/// A small random generator (xorshift), so that a run can be repeated.
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// The object with one thing changed, somewhere inside. `type` stays.
pub fn damage(object: &Value, random: &mut Random) -> Value {
    let mut damaged = object.clone();
    let mut places = Vec::new();
    walk(object, "", &mut places);
    places.retain(|place| place != "/type");
    let place = random.pick(&places).clone();
    match random.below(10) {
        0 | 1 => remove(&mut damaged, &place),
        2 => add(&mut damaged, random),
        _ => {
            if let Some(value) = damaged.pointer_mut(&place) {
                *value = other(value, random);
            }
        }
    }
    damaged
}

/// The pointers of everything inside.
fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, inside) in members {
                let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                places.push(place.clone());
                walk(inside, &place, places);
            }
        }
        Value::Array(items) => {
            for (i, inside) in items.iter().enumerate() {
                let place = format!("{at}/{i}");
                places.push(place.clone());
                walk(inside, &place, places);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, place: &str) {
    let (parent, name) = place.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.remove(name.parse().expect("an index"))),
        _ => {}
    }
}

fn add(value: &mut Value, random: &mut Random) {
    let (name, content) = random.pick(&[
        ("x_acme_rank", json!(7)),
        ("x_acme_list", json!([])),
        ("x_acme_null", json!(null)),
        ("Foo", json!("bar")),
        ("fo", json!("bar")),
        ("severity", json!("high")),
        ("labels", json!([])),
        ("confidence", json!(101)),
        ("confidence", json!(0)),
        ("lang", json!("english!")),
        ("revoked", json!("false")),
        ("defanged", json!(true)),
        ("created", json!("2020-01-01T00:00:00Z")),
        ("extensions", json!({})),
        ("object_marking_refs", json!(["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"])),
        ("object_marking_refs", json!(["identity--613f2e26-407d-48c7-9eca-b8e91df99dc9"])),
        ("granular_markings", json!([{"selectors": ["type"], "marking_ref": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"}])),
        ("granular_markings", json!([{"selectors": ["absent"], "marking_ref": "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"}])),
        ("external_references", json!([{"source_name": "acme"}])),
        ("external_references", json!([{"source_name": "acme", "url": "https://example.com/"}])),
    ])
    .clone();
    if let Some(members) = value.as_object_mut() {
        members.insert(name.to_owned(), content);
    }
}

/// Another value: of another kind, or of the same and wrong, or simply different.
fn other(value: &Value, random: &mut Random) -> Value {
    let any = [
        json!(null),
        json!(true),
        json!(7),
        json!(-1),
        json!(7.5),
        json!(""),
        json!("x"),
        json!([]),
        json!({}),
        json!(["x"]),
    ];
    match value {
        Value::String(text) if random.below(3) > 0 => string(text, random),
        Value::Number(_) if random.below(2) > 0 => random
            .pick(&[json!(0), json!(-1), json!(1.0), json!(65536), json!(9_007_199_254_740_992_i64), json!(1e300)])
            .clone(),
        _ => random.pick(&any).clone(),
    }
}

fn string(text: &str, random: &mut Random) -> Value {
    if text.ends_with('Z') && text.contains('T') {
        let day = text.split('T').next().unwrap_or_default();
        return json!(random.pick(&[
            text.to_lowercase(),
            text.replace('Z', "+00:00"),
            format!("{day}T00:00:00Z"),
            format!("{day}T24:00:00.000Z"),
            "2020-02-30T00:00:00.000Z".to_owned(),
            "1970-01-01T00:00:00.000Z".to_owned(),
            "2999-01-01T00:00:00.123456789Z".to_owned(),
        ]));
    }
    if let Some((object_type, uuid)) = text.split_once("--") {
        return json!(random.pick(&[
            format!("{object_type}-{uuid}"),
            format!("indicator--{uuid}"),
            format!("ipv4-addr--{uuid}"),
            format!("{object_type}--{}", uuid.to_uppercase()),
            format!("{object_type}--{}", &uuid[..uuid.len().min(30)]),
            "identity--11111111-1111-4111-8111-111111111111".to_owned(),
        ]));
    }
    json!(random.pick(&[
        text.to_uppercase(),
        String::new(),
        format!("{text} "),
        format!("{text}x"),
        "\u{e9}".to_owned()
    ]))
}
