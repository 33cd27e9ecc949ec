//! Strings: of a format, of a pattern, of a length.

use std::sync::Arc;

use serde_json::Value;

use super::Choices;
use super::demand::Demand;
use super::engine::Run;
use super::pattern::Pattern;

/// How often a text is tried.
const ATTEMPTS: usize = 24;
/// Longer texts are not built.
const LONGEST: usize = 100_000;

/// A string within the demand.
pub(super) fn string(run: &mut Run<'_, '_>, demand: &Demand<'_>) -> Option<String> {
    if demand.min_length > demand.max_length || demand.min_length > LONGEST {
        return None;
    }
    let patterns: Vec<Arc<Pattern>> = demand
        .patterns
        .iter()
        .map(|source| run.engine.patterns.get(source))
        .collect();
    let simple = demand.formats.is_empty() && patterns.iter().all(|pattern| pattern.is_known());
    for attempt in 0..ATTEMPTS {
        if !run.step() {
            return None;
        }
        let Some(text) = draft(run.choices, demand, &patterns, attempt) else {
            continue;
        };
        let length = text.chars().count();
        if length < demand.min_length || length > demand.max_length {
            continue;
        }
        let fits = if simple {
            patterns.iter().all(|pattern| pattern.matches(&text))
        } else {
            let value = Value::String(text.clone());
            run.engine.schema.accepts(&demand.parts, &value)
        };
        if fits {
            return Some(text);
        }
    }
    None
}

fn draft(
    choices: &mut dyn Choices,
    demand: &Demand<'_>,
    patterns: &[Arc<Pattern>],
    attempt: usize,
) -> Option<String> {
    let sources = patterns.len();
    // With both, either may be the narrower one.
    let by_pattern = sources > 0 && (demand.formats.is_empty() || attempt % 2 == 1);
    if by_pattern {
        let at = choices.index(sources);
        return patterns[at].text(demand.min_length, choices);
    }
    for name in &demand.formats {
        if let Some(text) = of_format(name, choices) {
            return Some(text);
        }
    }
    let most = demand.max_length.min(demand.min_length.saturating_add(12));
    Some(match choices.below(8) {
        // The longest that may be, where that is not long.
        1 if demand.max_length <= 64 => word(choices, demand.max_length, demand.max_length),
        _ => word(choices, demand.min_length, most),
    })
}

/// A text of `least` to `most` characters: mostly letters, sometimes what programs trip over.
pub(super) fn word(choices: &mut dyn Choices, least: usize, most: usize) -> String {
    const ODD: &[char] = &[
        'ä', 'ß', '中', '🚀', '"', '\\', '/', ' ', '\u{301}', '\n', '<', '0', 'Z',
    ];
    let length = choices.between(least, most);
    (0..length)
        .map(|_| {
            if choices.once_in(12) {
                ODD[choices.index(ODD.len())]
            } else {
                char::from(b'a' + u8::try_from(choices.below(26)).unwrap_or(0))
            }
        })
        .collect()
}

fn letters(choices: &mut dyn Choices, least: usize, most: usize) -> String {
    let length = choices.between(least, most);
    (0..length)
        .map(|_| char::from(b'a' + u8::try_from(choices.below(26)).unwrap_or(0)))
        .collect()
}

fn date(choices: &mut dyn Choices) -> String {
    let year = [2026, 1999, 1, 9999, 2024][choices.index(5)];
    format!(
        "{year:04}-{:02}-{:02}",
        1 + choices.below(12),
        1 + choices.below(28)
    )
}

fn time(choices: &mut dyn Choices) -> String {
    let (hour, minute, second) = (choices.below(24), choices.below(60), choices.below(60));
    let fraction = match choices.below(4) {
        1 => format!(".{:03}", choices.below(1_000)),
        2 => format!(".{:09}", choices.below(1_000_000_000)),
        _ => String::new(),
    };
    let offset = match choices.below(4) {
        1 => format!("+{:02}:{:02}", choices.below(14), 15 * choices.below(4)),
        2 => format!("-{:02}:00", choices.below(13)),
        _ => "Z".to_owned(),
    };
    format!("{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
}

/// A text of the format; `None` for formats that mean nothing here.
fn of_format(name: &str, choices: &mut dyn Choices) -> Option<String> {
    Some(match name {
        "date-time" => format!("{}T{}", date(choices), time(choices)),
        "date" => date(choices),
        "time" => time(choices),
        "duration" => match choices.below(4) {
            0 => format!("P{}D", choices.below(400)),
            1 => format!("PT{}H{}M", choices.below(24), choices.below(60)),
            2 => format!("P{}W", 1 + choices.below(52)),
            _ => format!(
                "P{}Y{}M{}DT{}S",
                choices.below(9),
                choices.below(12),
                choices.below(30),
                choices.below(60)
            ),
        },
        "uuid" => {
            let high = choices.below(u64::MAX);
            let low = choices.below(u64::MAX);
            let hex = format!("{high:016x}{low:016x}");
            let text = format!(
                "{}-{}-{}-{}-{}",
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..]
            );
            if choices.once_in(6) {
                text.to_uppercase()
            } else {
                text
            }
        }
        "email" | "idn-email" => format!("{}@{}.example", letters(choices, 1, 8), letters(choices, 1, 8)),
        "hostname" | "idn-hostname" => format!("{}.{}", letters(choices, 1, 10), letters(choices, 2, 5)),
        "ipv4" => format!(
            "{}.{}.{}.{}",
            choices.below(256),
            choices.below(256),
            choices.below(256),
            choices.below(256)
        ),
        "ipv6" => format!(
            "2001:db8::{:x}:{:x}",
            choices.below(65_536),
            choices.below(65_536)
        ),
        "uri" | "iri" => match choices.below(3) {
            0 => format!(
                "https://{}.example/{}",
                letters(choices, 1, 8),
                letters(choices, 0, 8)
            ),
            1 => format!("urn:{}:{}", letters(choices, 2, 6), letters(choices, 1, 6)),
            _ => format!(
                "http://{}.example:8080/a?b={}#c",
                letters(choices, 1, 8),
                letters(choices, 0, 5)
            ),
        },
        "uri-reference" | "iri-reference" => match choices.below(3) {
            0 => format!("/{}", letters(choices, 0, 8)),
            1 => format!("../{}#f", letters(choices, 1, 8)),
            _ => format!("https://{}.example/", letters(choices, 1, 8)),
        },
        "uri-template" => format!("/{}/{{{}}}", letters(choices, 1, 6), letters(choices, 1, 6)),
        "json-pointer" => format!("/{}/{}", letters(choices, 0, 6), choices.below(10)),
        "relative-json-pointer" => format!("{}/{}", choices.below(5), letters(choices, 1, 6)),
        "regex" => format!("^{}[0-9]+$", letters(choices, 0, 5)),
        _ => return None,
    })
}
