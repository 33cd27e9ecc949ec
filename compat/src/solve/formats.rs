//! The formats that validators know, between two regular languages: one that holds all its strings and one of strings
//! that all are of the format. Where the two agree the format is regular. Checked against the validator by a test.

/// Regular bounds of a format.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    /// Every string of the format matches it.
    pub(super) superset: Option<&'static str>,
    /// Every string that matches it is of the format.
    pub(super) subset: Option<&'static str>,
}

const fn exact(pattern: &'static str) -> Bounds {
    Bounds {
        superset: Some(pattern),
        subset: Some(pattern),
    }
}

const fn between(subset: &'static str, superset: &'static str) -> Bounds {
    Bounds {
        superset: Some(superset),
        subset: Some(subset),
    }
}

const fn at_least(subset: &'static str) -> Bounds {
    Bounds {
        superset: None,
        subset: Some(subset),
    }
}

macro_rules! date {
    () => {
        concat!(
            "([0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])",
            "|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)",
            "|[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])",
            "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
        )
    };
}

macro_rules! time {
    ($seconds:literal) => {
        concat!(
            "([01][0-9]|2[0-3]):[0-5][0-9]:",
            $seconds,
            "(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
        )
    };
}

macro_rules! clock_duration {
    () => {
        "T([0-9]+H([0-9]+M([0-9]+S)?)?|[0-9]+M([0-9]+S)?|[0-9]+S)"
    };
}

macro_rules! octet {
    () => {
        "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    };
}

/// The bounds of a format, by the name that its node carries.
pub(super) fn bounds(format: &str) -> Bounds {
    match format {
        "date" => exact(concat!("^", date!(), "$")),
        // Seconds of 60 are allowed where they fall on the last minute of the day in UTC.
        "time" => between(
            concat!("^", time!("[0-5][0-9]"), "$"),
            concat!("^", time!("([0-5][0-9]|60)"), "$"),
        ),
        "date-time" => between(
            concat!("^", date!(), "[Tt]", time!("[0-5][0-9]"), "$"),
            concat!("^", date!(), "[Tt]", time!("([0-5][0-9]|60)"), "$"),
        ),
        "duration" => exact(concat!(
            "^P([0-9]+W|([0-9]+Y([0-9]+M([0-9]+D)?)?|[0-9]+M([0-9]+D)?|[0-9]+D)(",
            clock_duration!(),
            ")?|",
            clock_duration!(),
            ")$"
        )),
        "uuid" => exact("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"),
        "ipv4" => exact(concat!(
            "^",
            octet!(),
            "\\.",
            octet!(),
            "\\.",
            octet!(),
            "\\.",
            octet!(),
            "$"
        )),
        "ipv6" => between("^::[0-9a-f]{1,4}$", "^[0-9a-fA-F:.]{2,45}$"),
        "json-pointer" => exact("^(/([^/~]|~[01])*)*$"),
        "relative-json-pointer" => exact("^(0|[1-9][0-9]*)(#|(/([^/~]|~[01])*)*)$"),
        "hostname" | "hostname (draft-04)" => between(
            "^[a-zA-Z0-9]{1,63}(\\.[a-zA-Z0-9]{1,63}){0,2}$",
            "^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$",
        ),
        "email" => between("^[a-z0-9]{1,20}@[a-z0-9]{1,20}\\.[a-z]{2,20}$", "@"),
        "uri" => between(
            "^https?://[a-z0-9]{1,60}(\\.[a-z0-9]{1,60}){0,3}(/[a-z0-9]*)*$",
            "^[A-Za-z][A-Za-z0-9+.-]*:[!-~]*$",
        ),
        "uri-reference" => between("^[a-z0-9]*$", "^[!-~]*$"),
        "iri" => between(
            "^https?://[a-z0-9]{1,60}(\\.[a-z0-9]{1,60}){0,3}(/[a-z0-9]*)*$",
            "^[A-Za-z][A-Za-z0-9+.-]*:",
        ),
        "iri-reference" | "regex" | "uri-template" => at_least("^[a-z0-9]*$"),
        _ => Bounds::default(),
    }
}

/// Formats that every string of this one is also of.
pub(super) fn implied(format: &str) -> &'static [&'static str] {
    match format {
        "hostname" => &["hostname (draft-04)"],
        "uri" => &["uri-reference", "iri", "iri-reference"],
        "uri-reference" | "iri" => &["iri-reference"],
        _ => &[],
    }
}

/// Some strings of a format, the plainest first.
pub(super) fn examples(format: &str) -> &'static [&'static str] {
    match format {
        "date" => &["2024-01-01", "2023-12-31"],
        "time" => &["12:00:00Z", "12:00:00+01:00"],
        "date-time" => &[
            "2024-01-01T00:00:00Z",
            "2023-12-31T12:00:00+01:00",
            "2023-12-31T12:00:00.123Z",
        ],
        "duration" => &["P1D", "PT1H", "P1Y"],
        "uuid" => &[
            "123e4567-e89b-12d3-a456-426614174000",
            "00000000-0000-0000-0000-000000000000",
        ],
        "ipv4" => &["192.0.2.1", "127.0.0.1"],
        "ipv6" => &["2001:db8::1", "::1"],
        "json-pointer" => &["/a", ""],
        "relative-json-pointer" => &["0", "1/a"],
        "hostname" | "hostname (draft-04)" => &["example.com", "a"],
        "email" => &["user@example.com", "a@b.co"],
        "uri" | "iri" => &[
            "https://example.com",
            "https://example.com/path",
            "urn:example:a",
            "a:b",
        ],
        "uri-reference" | "iri-reference" => &["/path", "https://example.com", "a", "#a", ""],
        "uri-template" => &["/items/{id}", "a", ""],
        "regex" => &["^a$", "a", ""],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::budget::Budget;
    use crate::pattern::{Found, Languages};

    const FORMATS: [&str; 18] = [
        "date",
        "time",
        "date-time",
        "duration",
        "uuid",
        "ipv4",
        "ipv6",
        "json-pointer",
        "relative-json-pointer",
        "hostname",
        "email",
        "uri",
        "uri-reference",
        "iri",
        "iri-reference",
        "regex",
        "uri-template",
        "hostname (draft-04)",
    ];

    fn validator(format: &str) -> jsonschema::Validator {
        let (name, draft) = match format {
            "hostname (draft-04)" => ("hostname", jsonschema::Draft::Draft4),
            other => (other, jsonschema::Draft::Draft202012),
        };
        jsonschema::options()
            .with_draft(draft)
            .should_validate_formats(true)
            .build(&json!({ "format": name }))
            .expect("a format is a valid schema")
    }

    /// Words of the language, many and varied: found one by one, each cut off at a different character.
    fn words(languages: &mut Languages, pattern: &str) -> Vec<String> {
        let budget = Budget::new(Duration::from_secs(20));
        let re = languages.pattern(pattern).expect("bounds are regular");
        let mut rest = re;
        let mut words = Vec::new();
        for length in 0..40 {
            for _ in 0..4 {
                let Ok(Found::Word(word)) = languages.shortest(rest, length, None, &budget) else {
                    break;
                };
                let taken = languages.literal(&word);
                let taken = languages.not(taken);
                rest = languages.and(vec![rest, taken]);
                words.push(word);
            }
        }
        words
    }

    #[test]
    fn bounds_hold_for_words_and_their_neighbours() {
        // What is asked is what is right, not how fast: without optimisation it takes a minute and more.
        let budget = Budget::new(Duration::from_hours(1));
        for format in FORMATS {
            let validator = validator(format);
            let bounds = bounds(format);
            let mut languages = Languages::new();
            let mut texts: Vec<String> = examples(format).iter().map(|text| (*text).to_owned()).collect();
            for pattern in [bounds.subset, bounds.superset].into_iter().flatten() {
                texts.extend(words(&mut languages, pattern));
            }
            for text in texts.clone() {
                // Every single-character change of a word.
                let chars: Vec<char> = text.chars().collect();
                for at in 0..chars.len().min(40) {
                    for replacement in [
                        '0', '3', '6', '9', 'a', 'F', 'T', ':', '~', '-', '/', '.', 'é', ' ', '\n',
                    ] {
                        // The validator takes some of these for digits of a date: see `docs/upstream.md`.
                        if replacement < '0' && matches!(format, "date" | "time" | "date-time") {
                            continue;
                        }
                        let mut changed = chars.clone();
                        changed[at] = replacement;
                        texts.push(changed.iter().collect());
                    }
                    let mut shorter = chars.clone();
                    shorter.remove(at);
                    texts.push(shorter.into_iter().collect());
                }
            }
            for text in texts {
                let valid = validator.is_valid(&Value::from(text.as_str()));
                let mut inside = |pattern: &str| {
                    let re = languages.pattern(pattern).expect("bounds are regular");
                    languages.matches(re, &text, &budget).expect("within the budget")
                };
                if valid && let Some(superset) = bounds.superset {
                    assert!(inside(superset), "{format}: {text:?} is valid but outside");
                }
                if !valid && let Some(subset) = bounds.subset {
                    assert!(!inside(subset), "{format}: {text:?} is invalid but inside");
                }
                if valid {
                    for other in implied(format) {
                        assert!(
                            self::validator(other).is_valid(&Value::from(text.as_str())),
                            "{format} {other} {text:?}"
                        );
                    }
                }
            }
            assert!(
                examples(format)
                    .iter()
                    .all(|text| validator.is_valid(&Value::from(*text))),
                "{format}"
            );
        }
    }
}
