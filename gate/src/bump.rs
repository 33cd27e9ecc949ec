//! The version that a change needs: `docs/compatibility.md` states the rule, this decides it.

use std::collections::BTreeMap;
use std::fmt;

use compat::{Options, Verdict};
use diagnostics::JsonPointer;
use registry::config::CompatibilityMode;
use registry::{Classification, Metadata, release_digest};
use semver::Version;
use serde::Serialize;
use serde_json::Value;

/// How much of the version must rise. Ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    /// Nothing that the version stands for has changed.
    None,
    /// Documentation and operational settings.
    Patch,
    /// Compatible.
    Minor,
    /// Breaking: a new contract file of the next major.
    Major,
}

impl Bump {
    /// The lowest version that satisfies it after `released`.
    pub fn apply(self, released: &Version) -> Version {
        match self {
            Self::None => released.clone(),
            Self::Patch => Version::new(released.major, released.minor, released.patch + 1),
            Self::Minor => Version::new(released.major, released.minor + 1, 0),
            Self::Major => Version::new(released.major + 1, 0, 0),
        }
    }
}

impl fmt::Display for Bump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

/// One state of a contract: what was released, or what is there now.
#[derive(Clone, Copy, Debug)]
pub struct State<'s> {
    /// The bundled schema as written, with its `x-contract`.
    pub schema: &'s Value,
    /// The same, lowered for the side that emits.
    pub as_writer: &'s Value,
    /// The draft that it is read as, which its `$schema` need not say.
    pub draft: compat::Draft,
    /// The metadata.
    pub metadata: Option<&'s Metadata>,
    /// Every declared field and how it is classified, after references.
    pub fields: &'s BTreeMap<JsonPointer, Option<Classification>>,
}

/// A direction of compatibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The old one writes, the new one reads.
    Backward,
    /// The new one writes, the old one reads.
    Forward,
}

impl Direction {
    /// The directions that a mode asks for.
    pub const fn of(mode: CompatibilityMode) -> &'static [Self] {
        match mode {
            CompatibilityMode::Backward => &[Self::Backward],
            CompatibilityMode::Forward => &[Self::Forward],
            CompatibilityMode::Full => &[Self::Backward, Self::Forward],
            CompatibilityMode::None => &[],
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        })
    }
}

/// A reason other than the schemas' verdicts for which a change is breaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The topic's name changed.
    Topic {
        /// Before.
        old: String,
        /// Now; empty where there is none.
        new: String,
    },
    /// The partition key changed.
    Key {
        /// Before.
        old: String,
        /// Now; empty where there is none.
        new: String,
    },
    /// A field is classified less strictly than it was.
    ClassificationLowered {
        /// The field.
        field: JsonPointer,
        /// Before.
        old: Classification,
        /// Now.
        new: Option<Classification>,
    },
}

/// What a change needs if nothing breaks, or if what breaks is accepted.
pub fn unless_breaking(old: State<'_>, new: State<'_>, options: &Options) -> Bump {
    if release_digest(old.schema) == release_digest(new.schema) {
        Bump::None
    } else if says_the_same(old, new, options) {
        Bump::Patch
    } else {
        Bump::Minor
    }
}

/// Whether the two accept the same documents and declare the same fields: only the documentation differs. Accepted sets
/// are compared as they are, whoever writes, and an undecided equality is not one.
fn says_the_same(old: State<'_>, new: State<'_>, options: &Options) -> bool {
    let within = |inner: State<'_>, outer: State<'_>| {
        let open = Options {
            writer: compat::Writer::Open,
            writer_draft: Some(inner.draft),
            reader_draft: Some(outer.draft),
            ..options.clone()
        };
        matches!(
            compat::compare(inner.as_writer, outer.as_writer, &open),
            Verdict::Compatible(_)
        )
    };
    old.fields == new.fields
        && open_marks(old.schema) == open_marks(new.schema)
        && within(old, new)
        && within(new, old)
}

/// What breaks although no schema shows it.
pub fn breaks(old: State<'_>, new: State<'_>) -> Vec<Break> {
    let mut breaks = Vec::new();
    if let Some(before) = old.metadata {
        let topic = |metadata: &Metadata| metadata.topic.as_ref().map(|topic| topic.name.clone());
        let now = new.metadata;
        if let (Some(before), now) = (topic(before), now.and_then(topic))
            && Some(&before) != now.as_ref()
        {
            breaks.push(Break::Topic {
                old: before,
                new: now.unwrap_or_default(),
            });
        }
        let key = now.and_then(|metadata| metadata.key.clone());
        if let Some(before) = before.key.clone()
            && Some(&before) != key.as_ref()
        {
            breaks.push(Break::Key {
                old: before,
                new: key.unwrap_or_default(),
            });
        }
    }
    for (field, before) in old.fields {
        if let (Some(before), Some(now)) = (before, new.fields.get(field))
            && now.is_none_or(|now| now < *before)
        {
            breaks.push(Break::ClassificationLowered {
                field: field.clone(),
                old: *before,
                new: *now,
            });
        }
    }
    breaks
}

/// The pointers that carry `x-open`: what a reader does with unknown values is part of what the contract says.
fn open_marks(schema: &Value) -> Vec<JsonPointer> {
    let mut marks = Vec::new();
    let mut pending = vec![(JsonPointer::root(), schema)];
    while let Some((pointer, value)) = pending.pop() {
        match value {
            Value::Object(members) => {
                if members.get("x-open") == Some(&Value::Bool(true)) {
                    marks.push(pointer.clone());
                }
                pending.extend(members.iter().map(|(name, member)| (pointer.child(name), member)));
            }
            Value::Array(items) => {
                pending.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, item)| (pointer.item(index), item)),
                );
            }
            _ => {}
        }
    }
    marks.sort();
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Contract {
        schema: Value,
        metadata: Option<Metadata>,
        fields: BTreeMap<JsonPointer, Option<Classification>>,
    }

    impl Contract {
        fn new(schema: Value) -> Self {
            let metadata = schema
                .get("x-contract")
                .map(|metadata| serde_json::from_value(metadata.clone()).unwrap());
            let fields = schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, field)| {
                    let class = field.get("x-classification").and_then(Value::as_str);
                    (
                        JsonPointer::root().child(name),
                        class.and_then(Classification::parse),
                    )
                })
                .collect();
            Self {
                schema,
                metadata,
                fields,
            }
        }

        fn state(&self) -> State<'_> {
            State {
                schema: &self.schema,
                as_writer: &self.schema,
                draft: compat::Draft::V202012,
                metadata: self.metadata.as_ref(),
                fields: &self.fields,
            }
        }
    }

    /// What `full` needs, and what breaks beside the schemas.
    struct Decision {
        bump: Bump,
        breaks: Vec<Break>,
        breaking: Vec<Direction>,
    }

    fn decide_full(old: Value, new: Value) -> Decision {
        decide(&Contract::new(old), &Contract::new(new), CompatibilityMode::Full)
    }

    fn decide(old: &Contract, new: &Contract, mode: CompatibilityMode) -> Decision {
        let options = Options::default();
        let breaks = breaks(old.state(), new.state());
        let is_breaking = |direction: &Direction| {
            let (writer, reader) = match direction {
                Direction::Backward => (old, new),
                Direction::Forward => (new, old),
            };
            let verdict = compat::compare(&writer.schema, &reader.schema, &options);
            matches!(verdict, Verdict::Breaking(_))
        };
        let directions = Direction::of(mode).iter().copied();
        let breaking: Vec<Direction> = directions.filter(is_breaking).collect();
        let bump = if breaking.is_empty() && breaks.is_empty() {
            unless_breaking(old.state(), new.state(), &options)
        } else {
            Bump::Major
        };
        Decision {
            bump,
            breaks,
            breaking,
        }
    }

    fn contract(change: impl FnOnce(&mut Value)) -> Value {
        let mut schema = json!({
            "type": "object",
            "description": "Something.",
            "x-contract": {
                "version": "1.2.3",
                "owner": "team-a",
                "status": "active",
                "topic": {"name": "a.b.v1", "partitions": 3, "retention": "P1D"},
                "key": "/id"
            },
            "properties": {
                "id": {"type": "string"},
                "mail": {"type": "string", "x-classification": "pii"}
            },
            "required": ["id"]
        });
        change(&mut schema);
        schema
    }

    fn bump(change: impl FnOnce(&mut Value)) -> Bump {
        decide_full(contract(|_| ()), contract(change)).bump
    }

    #[test]
    fn versions_rise_from_the_released_one() {
        let released = Version::new(1, 2, 3);
        assert_eq!(Bump::None.apply(&released), released);
        assert_eq!(Bump::Patch.apply(&released), Version::new(1, 2, 4));
        assert_eq!(Bump::Minor.apply(&released), Version::new(1, 3, 0));
        assert_eq!(Bump::Major.apply(&released), Version::new(2, 0, 0));
    }

    #[test]
    fn what_the_version_does_not_stand_for_needs_none() {
        assert_eq!(
            bump(|schema| {
                schema["x-contract"]["version"] = json!("1.9.0");
                schema["x-contract"]["owner"] = json!("team-b");
                schema["x-contract"]["producers"] = json!(["s"]);
                schema["x-contract"]["topic"]["retention"] = json!("P9D");
            }),
            Bump::None
        );
    }

    #[test]
    fn documentation_and_settings_are_a_patch() {
        assert_eq!(
            bump(|schema| schema["description"] = json!("Something else.")),
            Bump::Patch
        );
        assert_eq!(
            bump(|schema| schema["x-contract"]["topic"]["partitions"] = json!(6)),
            Bump::Patch
        );
        assert_eq!(
            bump(|schema| schema["x-contract"]["status"] = json!("deprecated")),
            Bump::Patch
        );
        assert_eq!(
            bump(|schema| schema["properties"]["id"]["title"] = json!("Id")),
            Bump::Patch
        );
    }

    #[test]
    fn a_new_optional_field_is_a_minor_and_a_required_one_a_major() {
        assert_eq!(
            bump(|schema| schema["properties"]["n"] = json!({"type": "integer"})),
            Bump::Minor
        );
        let decision = decide_full(
            contract(|_| ()),
            contract(|schema| {
                schema["properties"]["n"] = json!({"type": "integer", "default": 1});
                schema["required"] = json!(["id", "n"]);
            }),
        );
        assert_eq!(decision.bump, Bump::Major);
        assert_eq!(decision.breaking, [Direction::Backward]);
    }

    #[test]
    fn topic_key_and_classification_break_without_any_schema_change() {
        assert_eq!(
            bump(|schema| schema["x-contract"]["topic"]["name"] = json!("a.b.v9")),
            Bump::Major
        );
        assert_eq!(
            bump(|schema| schema["x-contract"]["key"] = json!("/mail")),
            Bump::Major
        );
        let lowered = decide_full(
            contract(|_| ()),
            contract(|schema| schema["properties"]["mail"]["x-classification"] = json!("internal")),
        );
        assert_eq!(lowered.bump, Bump::Major);
        assert_eq!(
            lowered.breaks,
            [Break::ClassificationLowered {
                field: JsonPointer::parse("/mail").unwrap(),
                old: Classification::Pii,
                new: Some(Classification::Internal)
            }]
        );
        assert_eq!(
            bump(|schema| schema["properties"]["id"]["x-classification"] = json!("pii")),
            Bump::Minor,
            "raising one is compatible, and more than documentation"
        );
    }

    #[test]
    fn the_mode_says_which_direction_counts() {
        let old = Contract::new(contract(|_| ()));
        let new = Contract::new(contract(|schema| schema["required"] = json!([])));
        let bump = |mode| decide(&old, &new, mode).bump;
        assert_eq!(bump(CompatibilityMode::Backward), Bump::Minor);
        assert_eq!(bump(CompatibilityMode::Forward), Bump::Major);
        assert_eq!(bump(CompatibilityMode::Full), Bump::Major);
        assert_eq!(bump(CompatibilityMode::None), Bump::Minor);
    }

    #[test]
    fn a_schema_that_names_no_draft_is_read_as_it_was_written() {
        let contract = |length: u64| {
            Contract::new(contract(|schema| {
                schema["properties"]["note"] = json!({"$ref": "#/properties/id", "maxLength": length});
            }))
        };
        let (old, new) = (contract(5), contract(6));
        let read_as = |draft| {
            let state = |contract| State {
                draft,
                ..Contract::state(contract)
            };
            unless_breaking(state(&old), state(&new), &Options::default())
        };
        assert_eq!(read_as(compat::Draft::V202012), Bump::Minor);
        assert_eq!(
            read_as(compat::Draft::V7),
            Bump::Patch,
            "nothing counts beside a reference"
        );
    }
}
