//! Judges one event: the payload by its contract, and the envelope around it when there is one.

use anyhow::Result;
use diagnostics::source::{self, Position};
use diagnostics::{JsonPointer, Part};
use jsonschema::{ValidationError, Validator};
use registry::lower::{self, LowerOptions};
use registry::{Classification, Contract, Registry, Role};
use serde_json::Value;

use super::stream::Event;
use crate::args::EnvelopeShape;
use crate::failure::failure;

/// Where the house keeps the schema of the envelope, below the root.
const ENVELOPE: &str = "envelope.v1.json";

/// One way in which an event breaks its contract.
#[derive(Debug)]
pub(super) struct Violation {
    /// In the input.
    pub(super) at: Position,
    /// In the event; `None` for text that is not JSON.
    pub(super) pointer: Option<JsonPointer>,
    pub(super) message: String,
    /// The keyword that rejects it, `json` for text that is not JSON, `envelope` for a wrong address.
    pub(super) keyword: String,
}

impl Violation {
    fn order(&self) -> (Position, Option<&JsonPointer>, &str, &str) {
        (self.at, self.pointer.as_ref(), &self.keyword, &self.message)
    }

    /// Text that is not JSON; `start` is where the text starts in the input.
    pub(super) fn syntax(error: &serde_json::Error, start: Position) -> Self {
        let text = error.to_string();
        let message = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(message, _)| message);
        let (line, column) = (error.line().max(1), error.column().max(1));
        Self {
            at: Position {
                line: start.line + line - 1,
                column: if line == 1 {
                    start.column + column - 1
                } else {
                    column
                },
            },
            pointer: None,
            message: format!("not JSON: {message}"),
            keyword: "json".to_owned(),
        }
    }
}

/// Knows the contract and the envelope.
pub(super) struct Judge<'r> {
    contract: &'r Contract,
    payload: Validator,
    envelope: Option<Validator>,
    shape: EnvelopeShape,
    /// Pointers (with `*`) to what must not be printed.
    secret: Vec<JsonPointer>,
}

impl<'r> Judge<'r> {
    /// Compiles what is needed; fails when the contract itself is broken.
    pub(super) fn new(registry: &'r Registry, contract: &'r Contract, shape: EnvelopeShape) -> Result<Self> {
        let payload = compile(registry, contract.file).ok_or_else(|| {
            failure(
                format!("the contract {} cannot be compiled", contract.id()),
                format!("`contracts check {}` says why", contract.path),
            )
        })?;
        let prefix = registry.workspace.root_prefix();
        let path = if prefix.is_empty() {
            ENVELOPE.to_owned()
        } else {
            format!("{prefix}/{ENVELOPE}")
        };
        let envelope = registry
            .file_index(&path)
            .filter(|index| registry.files[*index].role == Role::Shared)
            .and_then(|index| compile(registry, index));
        let secret = registry
            .fields(contract)
            .into_iter()
            .filter(|field| field.classification >= Some(Classification::Confidential))
            .map(|field| field.pointer)
            .collect();
        Ok(Self {
            contract,
            payload,
            envelope,
            shape,
            secret,
        })
    }

    /// What is wrong with `event`; nothing when it is valid.
    pub(super) fn judge(&self, event: &Event<'_>) -> Vec<Violation> {
        let value: Value = match serde_json::from_str(event.text) {
            Ok(value) => value,
            Err(error) => return vec![Violation::syntax(&error, event.start)],
        };
        let mut found = Vec::new();
        if self.is_enveloped(&value) {
            let data = JsonPointer::root().child("data");
            if let Some(envelope) = &self.envelope {
                for error in envelope.iter_errors(&value) {
                    // What is in `data` is the contract's to judge, and not for the envelope's messages to quote.
                    let inside = pointer(&error).starts_with(&data);
                    found.push(violation(event, &JsonPointer::root(), &error, inside));
                }
            }
            self.address(event, &value, &mut found);
            match value.get("data") {
                Some(payload) => self.payload(event, &data, payload, &mut found),
                None if self.envelope.is_none() => found.push(Violation {
                    at: event.position(0),
                    pointer: Some(JsonPointer::root()),
                    message: "the envelope has no \"data\"".to_owned(),
                    keyword: "required".to_owned(),
                }),
                None => {}
            }
        } else {
            self.payload(event, &JsonPointer::root(), &value, &mut found);
        }
        found.sort_by(|left, right| left.order().cmp(&right.order()));
        // The envelope may say of `data` what the contract says too.
        found.dedup_by(|later, earlier| later.order() == earlier.order());
        found
    }

    fn is_enveloped(&self, value: &Value) -> bool {
        match self.shape {
            EnvelopeShape::Always => true,
            EnvelopeShape::Never => false,
            EnvelopeShape::Auto => {
                let Some(object) = value.as_object() else {
                    return false;
                };
                object.get("type").is_some_and(Value::is_string)
                    && object.contains_key("data")
                    && ["id", "version", "ts", "specversion"]
                        .iter()
                        .any(|name| object.contains_key(*name))
            }
        }
    }

    /// Whether the envelope is addressed to this contract.
    fn address(&self, event: &Event<'_>, value: &Value, found: &mut Vec<Violation>) {
        let mut report = |name: &str, message: String| {
            let pointer = JsonPointer::root().child(name);
            found.push(Violation {
                at: event.position(source::find(event.text, &pointer, Part::Value).start),
                pointer: Some(pointer),
                message,
                keyword: "envelope".to_owned(),
            });
        };
        if let Some(event_type) = value.get("type").and_then(Value::as_str)
            && event_type != self.contract.event_type
        {
            report(
                "type",
                format!("{event_type:?} is not {:?}", self.contract.event_type),
            );
        }
        let version = value.get("version").and_then(Value::as_str);
        if let Some(version) = version.and_then(|version| semver::Version::parse(version).ok())
            && version.major != self.contract.major
        {
            report(
                "version",
                format!("{version} is of another major than {}", self.contract.id()),
            );
        }
    }

    fn payload(&self, event: &Event<'_>, base: &JsonPointer, payload: &Value, found: &mut Vec<Violation>) {
        for error in self.payload.iter_errors(payload) {
            let secret = self.is_secret(&pointer(&error));
            found.push(violation(event, base, &error, secret));
        }
    }

    /// Whether a message about `at` could quote what must not be printed: something classified is there, above or
    /// below.
    fn is_secret(&self, at: &JsonPointer) -> bool {
        self.secret.iter().any(|secret| {
            secret
                .tokens()
                .zip(at.tokens())
                .all(|(pattern, token)| pattern == "*" || pattern == token)
        })
    }
}

/// Compiles what a reader accepts: lists and unions marked `x-open` take what they do not list.
fn compile(registry: &Registry, file: usize) -> Option<Validator> {
    let mut bundle = registry.bundle(file).ok()?;
    let options = LowerOptions {
        role: lower::Role::Reader,
        discriminators: &registry.config.compatibility.discriminators,
    };
    bundle.schema = lower::lower(&bundle.schema, bundle.draft, &options).ok()?.schema;
    registry.validator(&bundle).ok()
}

fn pointer(error: &ValidationError<'_>) -> JsonPointer {
    JsonPointer::parse(error.instance_path().as_str()).unwrap_or_default()
}

fn violation(event: &Event<'_>, base: &JsonPointer, error: &ValidationError<'_>, secret: bool) -> Violation {
    let pointer = base.join(&pointer(error));
    let offset = source::find(event.text, &pointer, Part::Value).start;
    Violation {
        at: event.position(offset),
        message: if secret {
            error.masked_with("the value").to_string()
        } else {
            error.to_string()
        },
        keyword: error.kind().keyword().to_owned(),
        pointer: Some(pointer),
    }
}
