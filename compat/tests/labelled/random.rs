//! Random pairs: schemas over all keywords and random edits of them, each verdict attacked.
//!
//! `COMPAT_RANDOM_PAIRS` and `COMPAT_RANDOM_SEED` make it longer and different; by default it is short and always the same.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use compat::emitted::EmittedError;
use compat::{Formats, Options, Reason, Verdict, Writer, compare};
use serde_json::{Map, Value, json};

use super::case::Case;
use super::generate::{Generator, Random};
use super::upstream;

const PAIRS: usize = 600;
/// Documents generated for a compatible pair; as many again by changing them.
const DOCUMENTS: usize = 60;

#[test]
fn random_pairs_get_verdicts_that_hold() {
    let setting = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| {
            text.parse()
                .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
        })
    };
    let pairs = usize::try_from(setting("COMPAT_RANDOM_PAIRS", PAIRS as u64)).expect("it fits");
    let mut random = Random::new(setting("COMPAT_RANDOM_SEED", 1));
    let mut tally = Tally::default();
    for number in 0..pairs {
        let writer = root(&mut random);
        let reader = if random.below(5) == 0 {
            root(&mut random)
        } else {
            edited(&mut random, &writer)
        };
        let case = Case {
            id: format!("pair {number}"),
            writer,
            reader,
            formats: if random.below(2) == 0 {
                Formats::Assert
            } else {
                Formats::Annotate
            },
            mode: if random.below(3) == 0 {
                Writer::Open
            } else {
                Writer::Declared
            },
            witness: None,
        };
        tally.judge(&case);
    }
    println!(
        "{pairs} pairs: {:?}, {} documents; slowest {:?}",
        tally.verdicts, tally.documents, tally.slowest
    );
    for (reason, count) in &tally.reasons {
        println!("  undecided {count}: {reason}");
    }
    assert!(
        tally.failures.is_empty(),
        "{} failures:\n{}",
        tally.failures.len(),
        tally.failures.join("\n")
    );
}

#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<&'static str, usize>,
    reasons: BTreeMap<String, usize>,
    documents: usize,
    slowest: Duration,
    failures: Vec<String>,
}

impl Tally {
    fn judge(&mut self, case: &Case) {
        let options = Options {
            writer: case.mode,
            formats: case.formats,
            ..Options::default()
        };
        let start = Instant::now();
        let verdict = catch_unwind(AssertUnwindSafe(|| compare(&case.writer, &case.reader, &options)));
        let took = start.elapsed();
        self.slowest = self.slowest.max(took);
        if took > Duration::from_secs(3) {
            self.fail(case, &format!("took {took:?}"));
        }
        let (name, failure) = match verdict {
            Err(_) => ("panic", Some("panicked".to_owned())),
            Ok(Verdict::Undecided(Reason::EmptyWriter { .. })) => (
                "empty writer",
                emitted(case).map(|document| format!("an empty writer emits {document}")),
            ),
            Ok(Verdict::Undecided(Reason::InvalidSchema { .. })) => ("invalid schema", None),
            Ok(Verdict::Undecided(reason)) => {
                *self.reasons.entry(reason.to_string()).or_default() += 1;
                ("undecided", None)
            }
            Ok(Verdict::Compatible(proof)) => (
                "compatible",
                self.attack(case)
                    .map(|document| format!("compatible by {proof:?}, but {document} breaks it")),
            ),
            Ok(Verdict::Breaking(witness)) => {
                let document = &witness.document;
                let emitted = emits(case, document);
                let accepted = case.evaluator(&case.reader).is_accepted(document);
                let holds = matches!(emitted, Ok(true) | Err(_)) && matches!(accepted, Ok(false) | Err(_));
                let known =
                    upstream::is_known(&case.reader, document) || upstream::is_known(&case.writer, document);
                let failure = (!holds && !known)
                    .then(|| format!("witness {document}: emitted {emitted:?}, accepted {accepted:?}"));
                ("breaking", failure)
            }
        };
        *self.verdicts.entry(name).or_default() += 1;
        if let Some(failure) = failure {
            self.fail(case, &failure);
        }
    }

    fn fail(&mut self, case: &Case, failure: &str) {
        self.failures.push(format!(
            "{} ({:?}, {:?}): {failure}\n  writer {}\n  reader {}",
            case.id, case.mode, case.formats, case.writer, case.reader
        ));
    }

    /// A document that the writer emits and the reader rejects.
    fn attack(&mut self, case: &Case) -> Option<Value> {
        let reader = case.evaluator(&case.reader);
        let mut generator = Generator::new(&case.writer, &case.reader);
        let mut before = Value::Null;
        for at in 0..2 * DOCUMENTS {
            let document = if at % 2 == 0 {
                generator.document()
            } else {
                generator.changed(&before)
            };
            if emits(case, &document) == Ok(true) {
                self.documents += 1;
                if reader.is_accepted(&document) == Ok(false) && !upstream::is_known(&case.reader, &document)
                {
                    return Some(document);
                }
            }
            before = document;
        }
        None
    }
}

/// Any document that the writer emits.
fn emitted(case: &Case) -> Option<Value> {
    let mut generator = Generator::new(&case.writer, &case.reader);
    (0..DOCUMENTS)
        .map(|_| generator.document())
        .find(|document| emits(case, document) == Ok(true))
}

fn emits(case: &Case, document: &Value) -> Result<bool, EmittedError> {
    let writer = case.evaluator(&case.writer);
    match case.mode {
        Writer::Declared => writer.is_emitted(document),
        Writer::Open => writer.is_accepted(document),
    }
}

const NAMES: [&str; 5] = ["a", "b", "c", "kind", "x-1"];
const PATTERNS: [&str; 8] = [
    "^a", "b$", "^[a-c]+$", "^x-", "^.{1,3}$", "a|b", "^(ab)*$", "^[^a]*$",
];
const FORMATS: [&str; 4] = ["date", "uuid", "email", "ipv4"];

fn scalar(random: &mut Random) -> Value {
    match random.below(9) {
        0 => json!(null),
        1 => json!(random.below(2) == 0),
        2 | 3 => json!(random.below(6)),
        4 => json!(-1.5),
        5 => serde_json::from_str("9007199254740993").expect("a number"),
        6 => json!(["a", "b", "ab", "abc", ""][random.below(5)]),
        7 => json!([1, "a"]),
        _ => json!({ "a": 1 }),
    }
}

fn name(random: &mut Random) -> String {
    NAMES[random.below(NAMES.len())].to_owned()
}

fn small(random: &mut Random) -> Value {
    json!(random.below(4))
}

fn list(random: &mut Random, depth: usize) -> Value {
    (0..=random.below(2)).map(|_| schema(random, depth)).collect()
}

fn names(random: &mut Random) -> Value {
    let mut names: Vec<String> = (0..=random.below(2)).map(|_| name(random)).collect();
    names.sort();
    names.dedup();
    json!(names)
}

/// A schema with definitions that may refer to each other, also in circles.
fn root(random: &mut Random) -> Value {
    let mut root = schema(random, 3);
    if let Value::Object(map) = &mut root
        && random.below(2) == 0
    {
        map.insert(
            "$defs".to_owned(),
            json!({ "r": schema(random, 2), "s": schema(random, 2) }),
        );
        link(random, &mut root, 0);
    }
    root
}

/// Puts references into places that descend into the document.
fn link(random: &mut Random, schema: &mut Value, depth: usize) {
    let Value::Object(map) = schema else { return };
    for (keyword, value) in map.iter_mut() {
        match (keyword.as_str(), value) {
            ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                for member in members.values_mut() {
                    if keyword != "$defs" && random.below(3) == 0 {
                        *member = json!({ "$ref": (["#/$defs/r", "#/$defs/s", "#"][random.below(3)]) });
                    } else {
                        link(random, member, depth + 1);
                    }
                }
            }
            ("items" | "additionalProperties", value) => {
                if random.below(3) == 0 {
                    *value = json!({ "$ref": (["#/$defs/r", "#/$defs/s"][random.below(2)]) });
                } else {
                    link(random, value, depth + 1);
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(branches)) => {
                if keyword == "allOf" && depth == 0 && random.below(2) == 0 {
                    branches.push(json!({ "$ref": "#/$defs/r" }));
                }
                for branch in branches {
                    link(random, branch, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// A schema of at most `depth` levels.
fn schema(random: &mut Random, depth: usize) -> Value {
    if depth == 0 || random.below(12) == 0 {
        return match random.below(6) {
            0 => json!({}),
            1 => json!(true),
            2 => json!({ "const": scalar(random) }),
            3 => json!({ "type": "string" }),
            4 => json!({ "type": "integer" }),
            _ => json!({ "enum": [scalar(random), scalar(random), "z"] }),
        };
    }
    let mut map = Map::new();
    if random.below(4) != 0 {
        let kinds = [
            "object", "object", "object", "array", "string", "number", "integer",
        ];
        map.insert("type".to_owned(), json!(kinds[random.below(kinds.len())]));
    }
    for _ in 0..=random.below(4) {
        keyword(random, &mut map, depth - 1);
    }
    Value::Object(map)
}

/// Adds one keyword, mostly one that concerns the type.
fn keyword(random: &mut Random, map: &mut Map<String, Value>, depth: usize) {
    let kind = map
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("any")
        .to_owned();
    let (keyword, value) = match (kind.as_str(), random.below(10)) {
        (_, 8) => in_place(random, depth),
        ("string", _) => match random.below(5) {
            0 => ("minLength", small(random)),
            1 => ("maxLength", small(random)),
            2 => ("format", json!(FORMATS[random.below(FORMATS.len())])),
            3 => ("enum", json!(["a", "b", (["ab", "abc", ""][random.below(3)])])),
            _ => ("pattern", json!(PATTERNS[random.below(PATTERNS.len())])),
        },
        ("number" | "integer", _) => match random.below(6) {
            0 => ("minimum", small(random)),
            1 => ("maximum", json!(random.below(9))),
            2 => ("exclusiveMinimum", json!(-1.5)),
            3 => (
                "exclusiveMaximum",
                serde_json::from_str("9007199254740993").expect("a number"),
            ),
            4 => (
                "multipleOf",
                [json!(1), json!(2), json!(0.5), json!(3)][random.below(4)].clone(),
            ),
            _ => ("enum", json!([0, 1, 2.5, random.below(9)])),
        },
        ("array", _) => match random.below(9) {
            0 | 1 => ("items", schema(random, depth)),
            2 => ("prefixItems", list(random, depth)),
            3 => ("contains", schema(random, depth)),
            4 => ("minItems", small(random)),
            5 => ("maxItems", small(random)),
            6 => ("uniqueItems", json!(true)),
            7 => (
                "unevaluatedItems",
                if random.below(2) == 0 {
                    json!(false)
                } else {
                    schema(random, depth)
                },
            ),
            _ => (["minContains", "maxContains"][random.below(2)], small(random)),
        },
        ("object", _) | (_, 0..=5) => match random.below(14) {
            0..=3 => {
                let members: Map<String, Value> = (0..=random.below(3))
                    .map(|_| (name(random), schema(random, depth)))
                    .collect();
                ("properties", Value::Object(members))
            }
            4 | 5 => ("required", names(random)),
            6 => (
                "additionalProperties",
                if random.below(2) == 0 {
                    json!(false)
                } else {
                    schema(random, depth)
                },
            ),
            7 => (
                "patternProperties",
                json!({ PATTERNS[random.below(PATTERNS.len())]: schema(random, depth) }),
            ),
            8 => (
                "propertyNames",
                json!({ "pattern": PATTERNS[random.below(PATTERNS.len())] }),
            ),
            9 => ("minProperties", small(random)),
            10 => ("maxProperties", small(random)),
            11 => ("dependentRequired", json!({ name(random): names(random) })),
            12 => ("dependentSchemas", json!({ name(random): schema(random, depth) })),
            _ => (
                "unevaluatedProperties",
                if random.below(2) == 0 {
                    json!(false)
                } else {
                    schema(random, depth)
                },
            ),
        },
        _ => in_place(random, depth),
    };
    map.insert(keyword.to_owned(), value);
    if keyword == "enum" {
        map.remove("const");
    }
}

fn in_place(random: &mut Random, depth: usize) -> (&'static str, Value) {
    match random.below(9) {
        0 | 1 => ("allOf", list(random, depth)),
        2 | 3 => ("anyOf", list(random, depth)),
        4 => ("oneOf", list(random, depth)),
        5 => ("not", schema(random, depth)),
        6 => ("if", schema(random, depth)),
        7 => ("then", schema(random, depth)),
        _ => ("else", schema(random, depth)),
    }
}

/// The schema after one or two edits.
fn edited(random: &mut Random, before: &Value) -> Value {
    let mut after = before.clone();
    for _ in 0..=random.below(2) {
        edit(random, &mut after, 0);
    }
    after
}

fn edit(random: &mut Random, schema: &mut Value, depth: usize) {
    let Value::Object(map) = schema else {
        *schema = self::schema(random, 1);
        return;
    };
    let inner: Vec<String> = map
        .iter()
        .filter(|(keyword, value)| {
            (value.is_object() || value.is_array())
                && !matches!(
                    keyword.as_str(),
                    "enum" | "const" | "required" | "dependentRequired"
                )
        })
        .map(|(keyword, _)| keyword.clone())
        .collect();
    if depth < 6 && !inner.is_empty() && random.below(3) != 0 {
        let keyword = &inner[random.below(inner.len())];
        let value = map.get_mut(keyword).expect("it is there");
        match value {
            Value::Array(items) if !items.is_empty() => {
                let at = random.below(items.len());
                edit(random, &mut items[at], depth + 1);
            }
            Value::Object(members)
                if matches!(
                    keyword.as_str(),
                    "properties" | "patternProperties" | "dependentSchemas" | "$defs"
                ) && !members.is_empty() =>
            {
                let at = random.below(members.len());
                if let Some(member) = members.values_mut().nth(at) {
                    edit(random, member, depth + 1);
                }
                if keyword == "properties" && random.below(3) == 0 {
                    members.insert(name(random), self::schema(random, 1));
                }
            }
            other => edit(random, other, depth + 1),
        }
        return;
    }
    match random.below(4) {
        0 if !map.is_empty() => {
            let at = random.below(map.len());
            let keyword = map.keys().nth(at).expect("it is there").clone();
            if keyword != "$defs" {
                map.remove(&keyword);
            }
        }
        1 => {
            let definitions = map.remove("$defs");
            let wrapped = Value::Object(std::mem::take(map));
            let keyword = ["allOf", "anyOf"][random.below(2)];
            map.insert(keyword.to_owned(), json!([wrapped]));
            map.extend(definitions.map(|definitions| ("$defs".to_owned(), definitions)));
        }
        _ => keyword(random, map, 1),
    }
}
