//! The draft-independent model of one place in a schema: what all the subschemas that hold there say together.

use std::collections::{BTreeMap, BTreeSet};

use diagnostics::JsonPointer;
use serde_json::Value;

/// Subschemas that hold together.
pub(crate) type Conjunction = BTreeSet<JsonPointer>;

/// What a position in a payload must satisfy: subschemas, less the unions whose branch is already chosen, restricted
/// to some types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) parts: Conjunction,
    /// Pointers of `oneOf` and `anyOf` keywords that are settled.
    pub(crate) settled: Conjunction,
    pub(crate) types: Types,
}

impl Place {
    pub(crate) fn of(parts: Conjunction) -> Self {
        Self {
            parts,
            settled: Conjunction::new(),
            types: Types::ALL,
        }
    }

    pub(crate) fn at(pointer: JsonPointer) -> Self {
        Self::of(Conjunction::from([pointer]))
    }

    pub(crate) fn restricted(&self, types: Types) -> Self {
        Self {
            types: self.types.and(types),
            ..self.clone()
        }
    }
}

/// A set of JSON types. A number is an integer or a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const OBJECT: Self = Self(4);
    pub(crate) const ARRAY: Self = Self(8);
    pub(crate) const STRING: Self = Self(16);
    pub(crate) const INTEGER: Self = Self(32);
    pub(crate) const NUMBER: Self = Self(32 | 64);
    pub(crate) const ALL: Self = Self(127);
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            "string" => Self::STRING,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "any" => Self::ALL,
            _ => return None,
        })
    }

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Object(_) => Self::OBJECT,
            Value::Array(_) => Self::ARRAY,
            Value::String(_) => Self::STRING,
            Value::Number(number) => {
                if number::is_integer(&number.to_string()) {
                    Self::INTEGER
                } else {
                    Self(64)
                }
            }
        }
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it is `other` or a part of it, and not empty.
    pub(crate) fn only(self, other: Self) -> bool {
        !self.is_empty() && self.without(other).is_empty()
    }

    /// The types one by one; a number counts once.
    pub(crate) fn each(self) -> Vec<Self> {
        [
            Self::NULL,
            Self::BOOLEAN,
            Self::STRING,
            Self::NUMBER,
            Self::ARRAY,
            Self::OBJECT,
        ]
        .into_iter()
        .map(|one| one.and(self))
        .filter(|one| !one.is_empty())
        .collect()
    }
}

/// A limit of a number, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) text: String,
    pub(crate) exclusive: bool,
}

/// What one subschema says about the members of an object; `additionalProperties` sees only its neighbours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    pub(crate) properties: BTreeMap<String, JsonPointer>,
    pub(crate) patterns: Vec<(String, JsonPointer)>,
    pub(crate) additional: Option<JsonPointer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnionKind {
    OneOf,
    AnyOf,
}

/// A `oneOf` or `anyOf`.
#[derive(Clone, Debug)]
pub(crate) struct Union {
    pub(crate) kind: UnionKind,
    pub(crate) branches: Vec<JsonPointer>,
    /// The keyword's own place.
    pub(crate) pointer: JsonPointer,
    /// Whether the subschema that holds it says nothing else.
    pub(crate) alone: bool,
    /// Whether readers accept tags that no branch lists.
    pub(crate) open: bool,
    /// The branch that says so, when there is one; it is not among `branches`.
    pub(crate) other: Option<JsonPointer>,
}

/// What a schema says beside what is valid.
#[derive(Clone, Debug, Default)]
pub(crate) struct Annotations {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) default: Option<Value>,
    pub(crate) classified: bool,
    /// `x-rust-name`: a name, or names by enum value.
    pub(crate) rust_name: Option<Value>,
}

/// What holds at one place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) types: Types,
    /// `enum` and `const`, intersected.
    pub(crate) values: Option<Vec<Value>>,
    /// Where the values stand, for names of variants.
    pub(crate) values_at: Option<JsonPointer>,
    pub(crate) open: bool,
    pub(crate) minimum: Option<Bound>,
    pub(crate) maximum: Option<Bound>,
    pub(crate) multiple: Vec<String>,
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) patterns: Vec<String>,
    pub(crate) formats: Vec<String>,
    /// Items by position, each a conjunction.
    pub(crate) prefix: Vec<Conjunction>,
    /// Items after those.
    pub(crate) items: Conjunction,
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) unique: bool,
    pub(crate) members: Vec<Members>,
    pub(crate) required: BTreeSet<String>,
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
    /// `unevaluatedProperties` that amounts to `additionalProperties` over everything merged here.
    pub(crate) unevaluated: Option<JsonPointer>,
    pub(crate) unions: Vec<Union>,
    /// Keywords that hold here and that only the validator can judge.
    pub(crate) residual: BTreeSet<&'static str>,
    /// Whether anything was said about the instance at all.
    pub(crate) constrained: bool,
    pub(crate) annotations: Annotations,
}

impl Node {
    pub(crate) fn anything() -> Self {
        Self {
            types: Types::ALL,
            values: None,
            values_at: None,
            open: false,
            minimum: None,
            maximum: None,
            multiple: Vec::new(),
            min_length: None,
            max_length: None,
            patterns: Vec::new(),
            formats: Vec::new(),
            prefix: Vec::new(),
            items: Conjunction::new(),
            min_items: None,
            max_items: None,
            unique: false,
            members: Vec::new(),
            required: BTreeSet::new(),
            min_properties: None,
            max_properties: None,
            unevaluated: None,
            unions: Vec::new(),
            residual: BTreeSet::new(),
            constrained: false,
            annotations: Annotations::default(),
        }
    }

    /// The names that some subschema declares.
    pub(crate) fn declared(&self) -> BTreeSet<&str> {
        self.members
            .iter()
            .flat_map(|members| members.properties.keys().map(String::as_str))
            .collect()
    }
}

/// Comparing JSON numbers by value, as text.
pub(crate) mod number {
    use std::cmp::Ordering;

    /// Sign, digits without leading and trailing zeros, power of ten of the last digit.
    #[derive(PartialEq, Eq)]
    pub(crate) struct Parts {
        negative: bool,
        digits: String,
        exponent: i64,
    }

    pub(crate) fn parts(text: &str) -> Option<Parts> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (
                &rest[..at],
                rest[at + 1..]
                    .parse::<i64>()
                    .ok()?
                    .clamp(-1_000_000_000, 1_000_000_000),
            ),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let trimmed = all.trim_start_matches('0');
        let digits = trimmed.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Parts {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        let zeros = i64::try_from(trimmed.len() - digits.len()).ok()?;
        let exponent = exponent - i64::try_from(fraction.len()).ok()? + zeros;
        Some(Parts {
            negative,
            digits: digits.to_owned(),
            exponent,
        })
    }

    pub(crate) fn is_integer(text: &str) -> bool {
        parts(text).is_some_and(|parts| parts.exponent >= 0)
    }

    /// The value, when it is an integer of moderate size.
    pub(crate) fn to_i128(text: &str) -> Option<i128> {
        let parts = parts(text)?;
        let zeros = usize::try_from(parts.exponent).ok()?;
        if parts.digits.len() + zeros > 38 {
            return None;
        }
        let plain = format!("{}{}", parts.digits, "0".repeat(zeros));
        let value: i128 = if plain.is_empty() { 0 } else { plain.parse().ok()? };
        Some(if parts.negative { -value } else { value })
    }

    pub(crate) fn compare(left: &str, right: &str) -> Option<Ordering> {
        let (left, right) = (parts(left)?, parts(right)?);
        let sign = |parts: &Parts| i8::from(!parts.digits.is_empty()) * if parts.negative { -1 } else { 1 };
        let height = |parts: &Parts| parts.exponent + i64::try_from(parts.digits.len()).unwrap_or(0);
        let magnitude =
            |a: &Parts, b: &Parts| height(a).cmp(&height(b)).then_with(|| a.digits.cmp(&b.digits));
        Some(sign(&left).cmp(&sign(&right)).then_with(|| match sign(&left) {
            0 => Ordering::Equal,
            1 => magnitude(&left, &right),
            _ => magnitude(&right, &left),
        }))
    }
}

/// Equality of JSON values, numbers by value.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.to_string(), right.to_string());
            left == right || number::compare(&left, &right) == Some(std::cmp::Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}
