//! Contracts that are gone: renamed, past their sunset, or missed by somebody.

use std::collections::BTreeMap;

use diagnostics::Location;
use jiff::civil::Date;
use registry::{Metadata, Registry, Status, canonical_json};
use serde_json::Value;

use super::raw::{Raw, change_of, several};
use crate::bump::Bump;
use crate::fingerprint::normalised;
use crate::impact;
use crate::rules::contract_removed;

/// A contract that was there.
pub(crate) struct Gone {
    pub(crate) event_type: String,
    pub(crate) major: u64,
    /// What it said about itself last.
    pub(crate) metadata: Option<Metadata>,
    /// As it was last.
    pub(crate) schema: Value,
    /// Where it was, or what still tells of it.
    pub(crate) location: Location,
    /// Where its last text is.
    pub(crate) base: Location,
    /// How that is called.
    pub(crate) against: String,
}

/// What is wrong with the removal, if anything.
pub(crate) fn judge(registry: &Registry, gone: &Gone, today: Date, names: &Renames) -> Option<Raw> {
    let Gone {
        event_type,
        major,
        metadata,
        ..
    } = gone;
    let producers = metadata
        .as_ref()
        .map(|metadata| metadata.producers.as_slice())
        .unwrap_or_default();
    let affected = impact::affected(registry, event_type, *major, producers, None);
    let sunset = metadata
        .as_ref()
        .filter(|metadata| metadata.status == Status::Deprecated)
        .map(|metadata| metadata.sunset);
    let readers = several(
        &affected.consumers,
        if affected.consumers.len() == 1 {
            "service"
        } else {
            "services"
        },
    );
    let mut message = match sunset {
        Some(Some(sunset)) if sunset > today => {
            let left = (sunset - today).get_days();
            let days = if left == 1 { "day" } else { "days" };
            format!("it was removed before its sunset on {sunset}: {left} {days} left")
        }
        Some(_) if affected.consumers.is_empty() => return None,
        Some(_) => format!("it was removed while it is still read by {readers}"),
        None => "it was removed without having been deprecated".to_owned(),
    };
    if !affected.consumers.is_empty() && !message.contains("still read") {
        message = format!("{message}; it is read by {readers}");
    }
    let help = match names.successor(&gone.schema) {
        Some(name) => {
            message = format!("{message}; {name} has the same content, so it was renamed");
            format!(
                "a new name is a new event type: restore {event_type}.v{major} beside it, deprecate it with a sunset and \
                 `supersededBy`, and remove it when nobody reads it"
            )
        }
        None => "restore it; deprecate it with a sunset, release, and remove it after that day, when no consumer file \
                 names it"
            .to_owned(),
    };
    let mut raw = Raw::plain(
        &contract_removed::RULE,
        gone.location.clone(),
        message,
        vec![
            format!("{event_type}@{major}"),
            canonical_json(&normalised(&gone.schema)),
        ],
    )
    .help(help);
    raw.contract = Some(change_of(event_type, *major, &gone.against));
    raw.base = Some(gone.base.clone());
    raw.affected = affected;
    raw.bump = Bump::Major;
    Some(raw)
}

/// New contracts by what they say apart from their names.
#[derive(Default)]
pub(crate) struct Renames(BTreeMap<String, String>);

impl Renames {
    /// `new` are contracts that the base does not have: their name and schema.
    pub(crate) fn new(new: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self(
            new.into_iter()
                .map(|(name, schema)| (canonical_json(&normalised(&schema)), name))
                .collect(),
        )
    }

    fn successor(&self, schema: &Value) -> Option<&str> {
        self.0
            .get(&canonical_json(&normalised(schema)))
            .map(String::as_str)
    }
}
