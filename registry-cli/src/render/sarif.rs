//! SARIF 2.1.0, for code scanning: results with fingerprints that survive edits, every rule with its documentation, and
//! accepted findings as suppressed ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use diagnostics::{Location, Rule, Severity, Target};
use gate::finding::{Finding, Standing};
use serde_json::{Value, json};

use super::text::escape;
use super::{Report, Sources, json};

/// Where the schema of the format is kept.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// How our fingerprints are called; the number rises when they are computed otherwise.
const FINGERPRINT: &str = "contracts/v1";

/// Writes the log.
pub(super) fn write(report: &Report<'_>, sources: &mut Sources, out: &mut dyn Write) -> io::Result<()> {
    let rules = crate::judge::rules();
    let numbers: BTreeMap<&str, usize> = rules
        .iter()
        .enumerate()
        .map(|(number, rule)| (rule.id, number))
        .collect();
    let results: Vec<Value> = report
        .judgement
        .findings
        .iter()
        .map(|found| result(found, report.top, &numbers, sources))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "contracts",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    json::write_document(&log, out)
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.docs.trim(), "markdown": rule.docs.trim() },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Off => "none",
    }
}

fn result(found: &Finding, top: &str, numbers: &BTreeMap<&str, usize>, sources: &mut Sources) -> Value {
    let diagnostic = &found.diagnostic;
    let mut message = escape(&diagnostic.message).into_owned();
    if let Some(help) = &diagnostic.help {
        let _ = write!(message, "\n\n{}", escape(help));
    }
    let mut result = json!({
        "ruleId": diagnostic.rule,
        "level": level(diagnostic.severity),
        "message": { "text": message },
        "locations": [place(&diagnostic.location, top, sources)],
        "partialFingerprints": { FINGERPRINT: found.fingerprint.as_str() },
    });
    if let Some(number) = numbers.get(diagnostic.rule) {
        result["ruleIndex"] = json!(number);
    }
    let mut related: Vec<Value> = Vec::new();
    for other in &diagnostic.related {
        let mut location = place(&other.location, top, sources);
        location["id"] = json!(related.len() + 1);
        location["message"] = json!({ "text": escape(&other.message) });
        related.push(location);
    }
    if !related.is_empty() {
        result["relatedLocations"] = json!(related);
    }
    if let Standing::Waived(acceptance) = &found.standing {
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": escape(&format!("{}: {}", acceptance.owner, acceptance.reason)),
        }]);
    }
    if let Some(change) = &found.change {
        let contracts: Vec<String> = change
            .contracts
            .iter()
            .map(|contract| {
                format!(
                    "{}@{} since {}",
                    contract.event_type, contract.major, contract.against
                )
            })
            .collect();
        result["properties"] = json!({
            "bump": change.bump,
            "directions": change.directions,
            "contracts": contracts,
            "producers": found.affected.producers,
            "consumers": found.affected.consumers,
        });
        if let Some(witness) = &change.witness {
            result["properties"]["witness"] = witness.document.clone();
        }
    }
    result
}

fn place(location: &Location, top: &str, sources: &mut Sources) -> Value {
    let mut physical = json!({
        "artifactLocation": { "uri": uri(&format!("{top}{}", location.file)) },
    });
    if let Some(found) = sources.find(location) {
        physical["region"] = json!({
            "startLine": found.start.line,
            "startColumn": found.start.column,
            "endLine": found.end.line,
            "endColumn": found.end.column,
        });
    }
    let mut place = json!({ "physicalLocation": physical });
    if let Target::Pointer(pointer, _) = &location.target {
        place["logicalLocations"] = json!([{
            "fullyQualifiedName": escape(&format!("{}#{pointer}", location.file)),
            "kind": "member",
        }]);
    }
    place
}

/// A path as a relative reference (RFC 3986): what may not stand there is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn log() -> Value {
        let judgement = sample::judgement();
        let folder = sample::folder();
        let mut sources = sample::sources(&folder, &judgement);
        let mut out = Vec::new();
        write(&sample::report(&judgement), &mut sources, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn findings_become_results() {
        let mut log = log();
        let driver = log.pointer_mut("/runs/0/tool/driver").unwrap();
        driver["semanticVersion"] = json!("[version]");
        driver["rules"]
            .as_array_mut()
            .unwrap()
            .retain(|rule| rule["id"] == "dead-ref");
        for result in log
            .pointer_mut("/runs/0/results")
            .unwrap()
            .as_array_mut()
            .unwrap()
        {
            // Numbers change with every rule that is added; the next test looks at them.
            result["ruleIndex"] = json!("[number]");
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
    }

    #[test]
    fn rules_are_found_by_their_number() {
        let log = log();
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let number = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[number]["id"], result["ruleId"]);
            assert!(!rules[number]["help"]["text"].as_str().unwrap().is_empty());
        }
    }

    #[test]
    fn any_name_is_a_relative_reference() {
        assert_eq!(uri("a b/ä:%#?.json"), "a%20b/%C3%A4%3A%25%23%3F.json");
    }

    /// The official schema is not ours to copy: `scripts/sarif-schema` fetches it.
    #[test]
    fn the_log_is_valid_against_the_official_schema() {
        let file = std::env::var_os("SARIF_SCHEMA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sarif-schema-2.1.0.json"),
            std::path::PathBuf::from,
        );
        let Ok(text) = std::fs::read_to_string(&file) else {
            // Not by `eprintln!`, which the test harness keeps to itself when a test passes.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!(
                    "left out: SARIF is not validated, for there is no {}; `scripts/sarif-schema` fetches it\n",
                    file.display()
                ),
            );
            return;
        };
        // Its pattern of languages has a stray bracket, which is no regular expression in Unicode mode.
        let text = text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
        let schema: Value = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let log = log();
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let mut broken = log;
        broken["runs"][0]["results"][0]["level"] = json!("fatal");
        assert!(!validator.is_valid(&broken), "the schema is the real one");
    }
}
