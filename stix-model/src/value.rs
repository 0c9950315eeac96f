//! Rust values of properties: how each is found in JSON and written to it.

use crate::json::{Json, Members};
use crate::property::{Kind, Precision};
use crate::{Identifier, Timestamp};

/// A Rust type that can be the value of a property.
pub trait Value: Sized {
    /// What a property of this type is, if its table says no more.
    const KIND: Kind;
    /// How it is handed out: text by reference, numbers by value.
    type Ref<'a>;

    /// The value, if `json` is one.
    fn read<'a>(json: &'a Json<'static>) -> Option<Self::Ref<'a>>;

    /// Stands in for a required value that is absent, which the check of every typed object rules out.
    #[doc(hidden)]
    fn absent<'a>(null: &'a Json<'static>) -> Self::Ref<'a>;
}

/// What can be written as the value of a property of type `T`. Text stands for anything that is text in JSON; an object is
/// checked as a whole when it is built.
pub trait IntoValue<T> {
    /// The value as JSON.
    fn into_json(self) -> Json<'static>;
}

impl Value for String {
    const KIND: Kind = Kind::String;
    type Ref<'a> = &'a str;

    fn read<'a>(json: &'a Json<'static>) -> Option<&'a str> {
        json.as_str()
    }

    fn absent<'a>(_: &'a Json<'static>) -> &'a str {
        ""
    }
}

impl Value for bool {
    const KIND: Kind = Kind::Boolean;
    type Ref<'a> = bool;

    fn read(json: &Json<'static>) -> Option<bool> {
        json.as_bool()
    }

    fn absent(_: &Json<'static>) -> bool {
        false
    }
}

impl Value for i64 {
    const KIND: Kind = Kind::Integer { min: MIN_INTEGER, max: MAX_INTEGER };
    type Ref<'a> = i64;

    fn read(json: &Json<'static>) -> Option<i64> {
        json.as_integer()
    }

    fn absent(_: &Json<'static>) -> i64 {
        0
    }
}

/// The greatest integer that JSON exchanges safely: 2^53 - 1 (STIX 2.1 §2.10).
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;
/// The least integer that JSON exchanges safely.
pub const MIN_INTEGER: i64 = -MAX_INTEGER;

impl Value for f64 {
    const KIND: Kind = Kind::Float { min: f64::MIN, max: f64::MAX };
    type Ref<'a> = f64;

    fn read(json: &Json<'static>) -> Option<f64> {
        json.as_float()
    }

    fn absent(_: &Json<'static>) -> f64 {
        0.0
    }
}

impl Value for Timestamp {
    const KIND: Kind = Kind::Timestamp(Precision::Any);
    type Ref<'a> = Timestamp;

    fn read(json: &Json<'static>) -> Option<Timestamp> {
        json.as_str()?.parse().ok()
    }

    fn absent(_: &Json<'static>) -> Timestamp {
        chrono::DateTime::<chrono::Utc>::UNIX_EPOCH.into()
    }
}

impl Value for Identifier {
    const KIND: Kind = Kind::Reference(crate::property::Target::Any);
    type Ref<'a> = Identifier;

    fn read(json: &Json<'static>) -> Option<Identifier> {
        json.as_str()?.parse().ok()
    }

    fn absent(_: &Json<'static>) -> Identifier {
        Identifier::nil()
    }
}

impl Value for Json<'static> {
    const KIND: Kind = Kind::Any;
    type Ref<'a> = &'a Json<'static>;

    fn read<'a>(json: &'a Json<'static>) -> Option<&'a Json<'static>> {
        Some(json)
    }

    fn absent<'a>(null: &'a Json<'static>) -> &'a Json<'static> {
        null
    }
}

impl Value for Members<'static> {
    const KIND: Kind = Kind::Any;
    type Ref<'a> = &'a Members<'static>;

    fn read<'a>(json: &'a Json<'static>) -> Option<&'a Members<'static>> {
        json.as_object()
    }

    fn absent<'a>(_: &'a Json<'static>) -> &'a Members<'static> {
        const { &Members::new() }
    }
}

impl<T: Value + 'static> Value for Vec<T> {
    const KIND: Kind = Kind::List(&T::KIND);
    type Ref<'a> = Vec<T::Ref<'a>>;

    fn read<'a>(json: &'a Json<'static>) -> Option<Vec<T::Ref<'a>>> {
        json.as_list()?.iter().map(T::read).collect()
    }

    fn absent<'a>(_: &'a Json<'static>) -> Vec<T::Ref<'a>> {
        Vec::new()
    }
}

macro_rules! into_value {
    ($($from:ty => $to:ty: $json:expr;)*) => {$(
        impl IntoValue<$to> for $from {
            fn into_json(self) -> Json<'static> {
                let write: fn($from) -> Json<'static> = $json;
                write(self)
            }
        }
    )*};
}

into_value! {
    String => String: Json::from;
    &str => String: |text| Json::from(text.to_owned());
    bool => bool: Json::from;
    i64 => i64: Json::from;
    i32 => i64: Json::from;
    u32 => i64: |number| Json::from(i64::from(number));
    f64 => f64: |number| serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number);
    Timestamp => Timestamp: |timestamp| Json::from(timestamp.as_str().to_owned());
    &Timestamp => Timestamp: |timestamp| Json::from(timestamp.as_str().to_owned());
    &str => Timestamp: |text| Json::from(text.to_owned());
    chrono::DateTime<chrono::Utc> => Timestamp: |instant| Json::from(Timestamp::from(instant).as_str().to_owned());
    Identifier => Identifier: |id| Json::from(id.as_str().to_owned());
    &Identifier => Identifier: |id| Json::from(id.as_str().to_owned());
    &str => Identifier: |text| Json::from(text.to_owned());
    Json<'static> => Json<'static>: |json| json;
    Members<'static> => Members<'static>: Json::Object;
}

impl<T, I> IntoValue<Vec<T>> for I
where
    I: IntoIterator,
    I::Item: IntoValue<T>,
{
    fn into_json(self) -> Json<'static> {
        Json::List(self.into_iter().map(IntoValue::into_json).collect())
    }
}

impl<K: Into<std::borrow::Cow<'static, str>>, V: IntoValue<String>, const N: usize> IntoValue<Members<'static>>
    for [(K, V); N]
{
    fn into_json(self) -> Json<'static> {
        Json::Object(self.into_iter().map(|(key, value)| (key, value.into_json())).collect())
    }
}
