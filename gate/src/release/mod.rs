//! What a release writes: snapshots, the changelog's section, and the waivers that became part of snapshots. Text only:
//! writing it, all or nothing, is the caller's.

mod changelog;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use registry::{Contract, Registry};
use semver::Version;

pub use changelog::{ChangelogError, MARKER, insert, template};
pub use versions::{Edit, bumps, cause_is_shared, with_version};
pub(crate) use versions::{SharedChange, shared_cause};

use crate::changes::{self, Change};
use crate::finding::{Finding, Judgement, Standing};
use crate::history::{History, Predecessor, ReleasedWaiver, Snapshot, metadata};
use crate::judge::is_active;
use registry::Bundle;

/// A version that is released.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its snapshot.
    pub snapshot: Snapshot,
    /// The version before it within the major.
    pub before: Option<Version>,
    /// What is different; empty for a first version.
    pub changes: Vec<Change>,
}

/// What a release writes.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Sorted by event type and version.
    pub entries: Vec<Entry>,
    /// Fingerprints of waivers that become part of snapshots and leave `waivers.toml`.
    pub used: BTreeSet<String>,
    /// Contracts that are active and have no version to be released under, by their files.
    pub without_version: Vec<String>,
}

/// Plans the release of every contract that is no draft and differs from its last snapshot. The caller has made sure that
/// nothing open stands against it.
pub fn plan(registry: &Registry, history: &History, judgement: &Judgement, today: Date) -> Plan {
    let mut plan = Plan::default();
    let mut released: BTreeSet<String> = BTreeSet::new();
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for contract in &registry.contracts {
        if !is_active(contract) {
            continue;
        }
        let Some(version) = contract
            .metadata
            .as_ref()
            .map(|metadata| metadata.version.clone())
        else {
            plan.without_version.push(contract.path.to_string());
            continue;
        };
        let Ok(bundle) = registry.bundle(contract.file) else {
            continue;
        };
        let latest = history.latest(&contract.event_type, contract.major);
        if latest.is_some_and(|latest| latest.header().content == bundle.release_digest()) {
            continue;
        }
        let waivers = waivers(registry, contract, &bundle, judgement, &mut used);
        let told = latest.and_then(|latest| {
            let schema = latest.snapshot.schema().ok()?;
            let before = metadata(&schema).ok();
            let old = Bundle::self_contained(schema, latest.file.clone());
            Some(changes::between(
                (&old, before.as_ref()),
                (&bundle, contract.metadata.as_ref()),
            ))
        });
        let predecessor = latest.map(|latest| Predecessor {
            version: latest.header().version.clone(),
            digest: latest.header().digest.clone(),
        });
        // What a later run compares with is the contract as written.
        let content = bundle.release_digest();
        let mut schema = bundle.schema;
        // A snapshot stands alone: the draft that the registry gives to files without one is written down.
        if let serde_json::Value::Object(members) = &mut schema {
            members
                .entry("$schema")
                .or_insert_with(|| bundle.draft.uri().into());
        }
        let snapshot = Snapshot::new(
            contract.event_type.clone(),
            version,
            today,
            predecessor,
            waivers,
            schema,
        )
        .with_content(content);
        released.insert(contract.id());
        plan.entries.push(Entry {
            before: latest.map(|latest| latest.header().version.clone()),
            changes: told.unwrap_or_default(),
            snapshot,
        });
    }
    // A waiver of a shared cause stays until every contract that it is about was released.
    plan.used = used
        .into_iter()
        .filter(|(_, contracts)| contracts.is_subset(&released))
        .map(|(fingerprint, _)| fingerprint)
        .collect();
    plan.entries.sort_by(|left, right| {
        let key = |entry: &Entry| {
            (
                entry.snapshot.header.event_type.clone(),
                entry.snapshot.header.version.clone(),
            )
        };
        key(left).cmp(&key(right))
    });
    plan
}

/// The accepted findings of one contract; notes in `used` which contracts each is about.
fn waivers(
    registry: &Registry,
    contract: &Contract,
    bundle: &Bundle,
    judgement: &Judgement,
    used: &mut BTreeMap<String, BTreeSet<String>>,
) -> Vec<ReleasedWaiver> {
    let files = bundle.files();
    let concerns = |found: &Finding| match &found.change {
        Some(change) => change
            .contracts
            .iter()
            .any(|one| one.event_type == contract.event_type && one.major == contract.major),
        None => files.contains(&found.diagnostic.location.file),
    };
    let mut waivers = Vec::new();
    for found in judgement.findings.iter().filter(|found| concerns(found)) {
        let Standing::Waived(acceptance) = &found.standing else {
            continue;
        };
        if acceptance.until.is_some() {
            let about: BTreeSet<String> = match &found.change {
                Some(change) => change
                    .contracts
                    .iter()
                    .map(|one| format!("{}@{}", one.event_type, one.major))
                    .collect(),
                None => registry
                    .contract_of(
                        registry
                            .file_index(&found.diagnostic.location.file)
                            .unwrap_or(contract.file),
                    )
                    .map(Contract::id)
                    .into_iter()
                    .collect(),
            };
            used.entry(found.fingerprint.to_string())
                .or_default()
                .extend(about);
        }
        waivers.push(ReleasedWaiver {
            fingerprint: found.fingerprint.to_string(),
            reason: acceptance.reason.clone(),
            owner: acceptance.owner.clone(),
        });
    }
    waivers.sort_by(|left, right| left.fingerprint.cmp(&right.fingerprint));
    waivers
}
