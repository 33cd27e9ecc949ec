//! From what was found in single contracts to findings: one root cause is one finding, however many contracts reach it.

use std::collections::BTreeMap;
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location, Rule, Severity};
use registry::{Registry, canonical_json};
use serde_json::Value;

use crate::bump::{Bump, Direction};
use crate::compare::{Cause, any_item};
use crate::finding::{Affected, Change, ContractChange, Finding, Fingerprint, Standing, Witness};
use crate::fingerprint::{below_root, normalised, subject};
use crate::impact;
use crate::side::Side;

/// Something found in one contract.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) rule: &'static Rule,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) location: Location,
    pub(crate) base: Option<Location>,
    pub(crate) contract: Option<ContractChange>,
    pub(crate) direction: Option<Direction>,
    pub(crate) witness: Option<Witness>,
    pub(crate) bump: Bump,
    pub(crate) affected: Affected,
    /// What the fingerprint is made of, without the rule.
    pub(crate) parts: Vec<String>,
}

impl Raw {
    /// A finding that compares nothing.
    pub(crate) fn plain(
        rule: &'static Rule,
        location: Location,
        message: impl Into<String>,
        parts: Vec<String>,
    ) -> Self {
        Self {
            rule,
            message: message.into(),
            help: None,
            location,
            base: None,
            contract: None,
            direction: None,
            witness: None,
            bump: Bump::None,
            affected: Affected::default(),
            parts,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A reason that `compat` gives.
    pub(crate) fn cause(
        registry: &Registry,
        cause: Cause,
        old: &Side,
        new: &Side,
        contract: ContractChange,
        affected: Affected,
    ) -> Self {
        let (file, pointer) = new.place(&cause.new);
        let (old_node, new_node) = (
            old.bundle.schema.pointer(cause.old.as_str()),
            new.bundle.schema.pointer(cause.new.as_str()),
        );
        let is_listed = new_node.is_some_and(Value::is_string)
            && cause
                .new
                .parent()
                .and_then(|list| new.bundle.schema.pointer(list.as_str()))
                .is_some_and(Value::is_array);
        let place = if is_listed {
            pointer.parent().unwrap_or_default()
        } else {
            pointer.clone()
        };
        let parts = vec![
            subject(registry, &file),
            place.as_str().to_owned(),
            text(old_node),
            text(new_node),
            cause.member.clone().unwrap_or_default(),
            // Two contracts that reach a shared schema reach it at different places of theirs.
            if registry
                .file_index(&file)
                .is_some_and(|index| registry.contract_of(index).is_some())
            {
                any_item(&cause.instance).as_str().to_owned()
            } else {
                String::new()
            },
        ];
        let next = format!("{}.v{}", contract.event_type, contract.major + 1);
        Self {
            rule: cause.rule,
            message: cause.message,
            help: Some(cause.help.replace(
                "publish the change as a new major version",
                &format!("publish {next}"),
            )),
            location: Location::key(file, pointer),
            base: Some(old.location(&cause.old)),
            contract: Some(contract),
            direction: Some(cause.direction),
            witness: Some(Witness {
                document: cause.witness,
                instance: cause.instance,
                direction: cause.direction,
            }),
            bump: Bump::Major,
            affected,
            parts,
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let parts: Vec<&str> = std::iter::once(self.rule.id)
            .chain(self.parts.iter().map(String::as_str))
            .collect();
        Fingerprint::of(&parts)
    }
}

/// A node without annotations and without where its references lead: names of definitions are the bundler's.
fn text(node: Option<&Value>) -> String {
    fn without_targets(value: Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| match (name.as_str(), &value) {
                        ("$ref", Value::String(_)) => (name, Value::String("#".to_owned())),
                        _ => (name, without_targets(value)),
                    })
                    .collect(),
            ),
            Value::Array(items) => Value::Array(items.into_iter().map(without_targets).collect()),
            scalar => scalar,
        }
    }
    node.map(|node| canonical_json(&without_targets(normalised(node))))
        .unwrap_or_default()
}

/// Joins what has one cause, and gives each the configured severity; rules that are off find nothing.
pub(crate) fn findings(registry: &Registry, raws: Vec<Raw>) -> Vec<Finding> {
    let mut groups: BTreeMap<Fingerprint, Vec<Raw>> = BTreeMap::new();
    for raw in raws {
        groups.entry(raw.fingerprint()).or_default().push(raw);
    }
    groups
        .into_iter()
        .filter_map(|(fingerprint, group)| {
            let severity = registry.severity(group[0].rule);
            (severity != Severity::Off).then(|| joined(registry, fingerprint, group, severity))
        })
        .collect()
}

fn joined(registry: &Registry, fingerprint: Fingerprint, group: Vec<Raw>, severity: Severity) -> Finding {
    let mut contracts: Vec<ContractChange> = group.iter().filter_map(|raw| raw.contract.clone()).collect();
    contracts.sort();
    contracts.dedup();
    let mut directions: Vec<Direction> = group.iter().filter_map(|raw| raw.direction).collect();
    directions.sort();
    directions.dedup();
    let mut affected = Affected::default();
    let mut first = None;
    for raw in group {
        impact::merge(&mut affected, raw.affected.clone());
        first.get_or_insert(raw);
    }
    let first = first.expect("a group has a member");
    let mut types: Vec<String> = contracts
        .iter()
        .map(|contract| format!("{}.v{}", contract.event_type, contract.major))
        .collect();
    types.dedup();
    let message = if first.contract.is_none() {
        first.message
    } else {
        match types.as_slice() {
            [] => first.message,
            [one] => format!("{one}: {}", first.message),
            many => format!(
                "{}: {} (reached by {})",
                below_root(registry, &first.location.file),
                in_file(&first),
                several(many, "contracts")
            ),
        }
    };
    let mut diagnostic = Diagnostic::new(first.rule.id, severity, first.location, message);
    diagnostic.help = match (first.help, types.as_slice()) {
        (Some(help), [only]) => Some(help).filter(|_| !only.is_empty()),
        (Some(help), many) => Some(match many.first() {
            Some(one) => help.replace(&next_of(one), "the next major version of each"),
            None => help,
        }),
        (None, _) => None,
    };
    if let Some(base) = &first.base {
        let against = match (&first.contract, types.len()) {
            // A version number alone would not say whose.
            (Some(one), 2..) => format!("{} {}", one.event_type, one.against),
            (Some(one), _) => one.against.clone(),
            (None, _) => "the base".to_owned(),
        };
        diagnostic = diagnostic.with_related(base.clone(), format!("before: {against}"));
    }
    let change = first.contract.is_some().then_some(Change {
        contracts,
        directions,
        base: first.base,
        witness: first.witness,
        bump: first.bump,
    });
    Finding {
        diagnostic,
        fingerprint,
        change,
        affected,
        standing: Standing::Open,
    }
}

/// The message with the field as the shared file calls it: each contract reaches it under a name of its own.
fn in_file(raw: &Raw) -> String {
    let (Some(witness), Some(pointer)) = (&raw.witness, raw.location.pointer()) else {
        return raw.message.clone();
    };
    if witness.instance.is_root() {
        return raw.message.clone();
    }
    let mut field = JsonPointer::root();
    let mut tokens = pointer.tokens();
    while let Some(token) = tokens.next() {
        match &*token {
            "properties" => field.push(&tokens.next().unwrap_or_default()),
            "items" | "additionalProperties" => field.push("*"),
            _ => {}
        }
    }
    let name = if field.is_root() {
        "what it describes".to_owned()
    } else {
        format!("`{field}`")
    };
    raw.message.replace(&format!("`{}`", witness.instance), &name)
}

/// `a.b.v1` → `a.b.v2`.
fn next_of(versioned: &str) -> String {
    let next = versioned
        .rsplit_once(".v")
        .and_then(|(event_type, major)| Some(format!("{event_type}.v{}", major.parse::<u64>().ok()? + 1)));
    next.unwrap_or_else(|| versioned.to_owned())
}

/// `14 contracts: a, b, c and 11 more`.
pub(crate) fn several(names: &[String], noun: &str) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => format!("{} {noun}: {shown}", names.len()),
        Some(more) => format!("{} {noun}: {shown} and {more} more", names.len()),
    }
}

/// How a contract's change is named.
pub(crate) fn change_of(event_type: &str, major: u64, against: &str) -> ContractChange {
    ContractChange {
        event_type: event_type.to_owned(),
        major,
        against: against.to_owned(),
    }
}

/// The work tree's file of a contract as a whole.
pub(crate) fn whole(file: &Arc<str>) -> Location {
    Location::file(Arc::clone(file))
}
