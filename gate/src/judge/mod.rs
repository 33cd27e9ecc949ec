//! The gate: what the work tree is compared with, contract by contract, and what that means for findings and versions.
//!
//! [`Gate::open`] reads history, waivers and base; a [`Survey`] is shown each contract's bundle while the rules run, so
//! that no bundle is made twice; [`Gate::judge`] compares what differs, and only that.

mod accept;
mod contract;
mod copies;
pub(crate) mod raw;
mod removed;
mod settle;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use diagnostics::Location;
use jiff::civil::Date;
use rayon::prelude::*;
use registry::{Bundle, Contract, Registry, Role};

use crate::GateError;
use crate::base::Base;
use crate::finding::{Finding, Judgement};
use crate::fingerprint::below_root;
use crate::history::{self, Histories, History, Released};
use crate::services;
use crate::side::Side;
use accept::Accepted;
pub(crate) use contract::is_active;
use contract::{Against, Changed, is_active_schema};
use copies::{Copies, Identity};
use raw::Raw;
use removed::{Gone, Renames};

/// A run of the gate.
pub struct Gate<'g> {
    registry: &'g Registry,
    base: Option<&'g Base>,
    today: Date,
    histories: Histories,
    accepted: Accepted,
}

/// Takes note of contracts while the rules run over them. Can be asked from many threads.
pub struct Survey<'s> {
    registry: &'s Registry,
    histories: &'s Histories,
    has_base: bool,
    seen: Mutex<Notes>,
}

/// What was noted, by the index of the contract.
#[derive(Default)]
pub struct Notes(BTreeMap<usize, Seen>);

/// What is known of a contract from its bundle alone.
enum Seen {
    /// What was released last is what is there.
    Released,
    /// It differs from what was released.
    Changed,
    /// It was never released; these files make it up.
    Unreleased(Vec<Arc<str>>),
}

impl Survey<'_> {
    /// Takes note of a contract.
    pub fn see(&self, contract: &Contract, bundle: &Bundle) {
        let seen = match newest(self.histories, contract) {
            newest if newest.is_empty() => {
                if !self.has_base {
                    return;
                }
                Seen::Unreleased(bundle.files())
            }
            newest => {
                let content = bundle.release_digest();
                if newest.iter().all(|released| released.header().content == content) {
                    Seen::Released
                } else {
                    Seen::Changed
                }
            }
        };
        let Role::Contract(index) = self.registry.files[contract.file].role else {
            return;
        };
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .insert(index, seen);
    }

    /// All notes.
    pub fn finish(self) -> Notes {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest release of a contract in the work tree and in the base.
fn newest<'h>(histories: &'h Histories, contract: &Contract) -> Vec<&'h Released> {
    [Some(&histories.tree), histories.base.as_ref()]
        .into_iter()
        .flatten()
        .filter_map(|history| history.latest(&contract.event_type, contract.major))
        .collect()
}

impl<'g> Gate<'g> {
    /// Reads snapshots, `waivers.toml` and the base. `today` decides about sunsets and waivers.
    pub fn open(registry: &'g Registry, base: Option<&'g Base>, today: Date) -> Result<Self, GateError> {
        let histories = history::load(&registry.workspace, base)?;
        let mut accepted = Accepted::read(registry)?;
        accepted.add(&histories.tree);
        if let Some(history) = &histories.base {
            accepted.add(history);
        }
        Ok(Self {
            registry,
            base,
            today,
            histories,
            accepted,
        })
    }

    /// The released history of the work tree.
    pub fn history(&self) -> &History {
        &self.histories.tree
    }

    /// Who is to be shown each contract's bundle before [`Self::judge`].
    pub fn survey(&self) -> Survey<'_> {
        Survey {
            registry: self.registry,
            histories: &self.histories,
            has_base: self.base.is_some(),
            seen: Mutex::default(),
        }
    }

    /// Compares, and joins what is found with `state`, the findings about the work tree alone.
    pub fn judge(&self, notes: &Notes, state: Vec<Finding>) -> Result<Judgement, GateError> {
        let mut judgement = Judgement {
            base: self.base.map(|base| base.name.clone()),
            against: self.base.map(|base| base.spec.clone()),
            ..Judgement::default()
        };
        for (file, text) in &self.histories.texts {
            judgement.base_texts.insert(Arc::clone(file), Arc::clone(text));
        }
        let copies = self
            .base
            .map(|base| Copies::new(base, self.registry))
            .transpose()?;
        if let Some(copies) = &copies
            && !self.registry.contracts.is_empty()
            && copies.has_no_contracts()
        {
            judgement.notes.push(format!(
                "{} has no contracts: nothing could be compared with it",
                copies.base().name
            ));
        }
        let gone = copies.as_ref().map(Copies::gone).transpose()?.unwrap_or_default();
        let (mut jobs, unreleased) = self.jobs(notes, copies.as_ref(), &gone)?;
        let here: HashSet<(&str, u64)> = self
            .registry
            .contracts
            .iter()
            .map(|contract| (contract.event_type.as_str(), contract.major))
            .collect();
        let removed: Vec<&Identity> = gone
            .iter()
            .filter(|identity| !here.contains(&(identity.event_type.as_str(), identity.major)))
            .collect();
        let mut wanted: BTreeSet<String> = unreleased.changed.values().cloned().collect();
        wanted.extend(removed.iter().map(|identity| identity.path.clone()));
        let mut loaded = match &copies {
            Some(copies) if !wanted.is_empty() => copies.sides(&wanted)?,
            _ => copies::Loaded::default(),
        };
        judgement.base_texts.append(&mut loaded.texts);
        let gone_now = self.removed(&removed, &loaded, copies.as_ref(), &here);
        for (index, path) in &unreleased.changed {
            if let Some(side) = loaded.sides.remove(path)
                && is_active_schema(&side.bundle.schema)
                && is_active(&self.registry.contracts[*index])
            {
                jobs.push((
                    *index,
                    Against {
                        highest: side.version().cloned(),
                        sides: vec![side],
                        pending: None,
                    },
                ));
            }
        }
        let is_new = |index: &&usize| is_active(&self.registry.contracts[**index]);
        jobs.extend(
            unreleased
                .new
                .iter()
                .filter(is_new)
                .map(|index| (*index, Against::default())),
        );
        let changed: Vec<Changed> = jobs
            .par_iter()
            .filter_map(|(index, against)| contract::changed(self.registry, *index, against))
            .collect();
        let names = Renames::new(unreleased.new.iter().filter_map(|index| {
            let contract = &self.registry.contracts[*index];
            let bundle = self.registry.bundle(contract.file).ok()?;
            Some((
                format!("{}.v{}", contract.event_type, contract.major),
                bundle.schema,
            ))
        }));
        let mut raws: Vec<Raw> = gone_now
            .iter()
            .filter_map(|gone| removed::judge(self.registry, gone, self.today, &names))
            .collect();
        raws.append(&mut services::judge(self.registry)?);
        raws.extend(self.about_history());
        let settled = settle::Settle {
            registry: self.registry,
            accepted: &self.accepted,
            today: self.today,
            histories: &self.histories,
            has_base: self.base.is_some(),
        };
        Ok(settled.settle(judgement, state, &changed, raws))
    }

    /// Released contracts that differ, with what they are compared with; and those that were never released.
    fn jobs(
        &self,
        notes: &Notes,
        copies: Option<&Copies<'_>>,
        gone: &[Identity],
    ) -> Result<(Vec<(usize, Against)>, Unreleased), GateError> {
        let mut jobs: Vec<(usize, Against)> = Vec::new();
        let mut unreleased = Unreleased::default();
        for (index, seen) in &notes.0 {
            let contract = &self.registry.contracts[*index];
            match seen {
                Seen::Released => {
                    if let Some(newest) = newest(&self.histories, contract).first()
                        && is_below(contract, newest)
                    {
                        jobs.push((*index, self.released(contract)));
                    }
                }
                Seen::Changed => jobs.push((*index, self.released(contract))),
                Seen::Unreleased(files) => {
                    if let Some(copies) = copies {
                        unreleased.add(*index, contract, files, copies, gone)?;
                    }
                }
            }
        }
        Ok((jobs, unreleased))
    }

    /// What is wrong with the history itself.
    fn about_history(&self) -> Vec<Raw> {
        let mut raws = Vec::new();
        for found in &self.histories.findings {
            let mut raw = Raw::plain(
                crate::rules::rules()
                    .find(|rule| rule.id == found.rule)
                    .expect("history names rules of this crate"),
                found.location.clone(),
                found.message.clone(),
                vec![
                    below_root(self.registry, &found.location.file).to_owned(),
                    found.message.clone(),
                ],
            );
            raw.help.clone_from(&found.help);
            raws.push(raw);
        }
        raws
    }

    /// What a released contract is compared with: the base's snapshots where it has any, so that a change cannot rewrite
    /// what it is compared with.
    fn released(&self, contract: &Contract) -> Against {
        let (event_type, major) = (contract.event_type.as_str(), contract.major);
        let tree = self.histories.tree.of(event_type, major);
        let base = self
            .histories
            .base
            .as_ref()
            .map(|history| history.of(event_type, major))
            .unwrap_or_default();
        let line = if base.is_empty() { tree } else { base };
        let config = &self.registry.config;
        let counts = |released: &&Released| {
            !self
                .accepted
                .waivers
                .is_retired(event_type, &released.header().version)
        };
        let sides = line
            .iter()
            .filter(counts)
            .filter_map(|released| Side::released(released, config))
            .collect();
        let is_new = |released: &&Released| {
            !base
                .iter()
                .any(|known| known.header().version == released.header().version)
        };
        let pending = tree
            .last()
            .filter(|_| !base.is_empty())
            .filter(is_new)
            .filter(counts)
            .and_then(|released| Side::released(released, config));
        let highest = tree
            .iter()
            .chain(base)
            .map(|released| &released.header().version)
            .max()
            .cloned();
        Against {
            sides,
            pending,
            highest,
        }
    }

    /// Contracts that were released, or are active in the base, and are not here.
    fn removed(
        &self,
        identities: &[&Identity],
        loaded: &copies::Loaded,
        copies: Option<&Copies<'_>>,
        here: &HashSet<(&str, u64)>,
    ) -> Vec<Gone> {
        let prefix = self.registry.workspace.root_prefix();
        let mut gone = Vec::new();
        let mut told = BTreeSet::new();
        for identity in identities {
            let Some(side) = loaded.sides.get(&identity.path) else {
                continue;
            };
            if !is_active_schema(&side.bundle.schema) {
                continue;
            }
            told.insert((identity.event_type.clone(), identity.major));
            let place = if prefix.is_empty() {
                identity.path.clone()
            } else {
                format!("{prefix}/{}", identity.path)
            };
            gone.push(Gone {
                event_type: identity.event_type.clone(),
                major: identity.major,
                metadata: side.metadata.clone(),
                schema: side.bundle.schema.clone(),
                location: Location::file(place),
                base: side.location(&diagnostics::JsonPointer::root()),
                against: copies.map_or_else(String::new, |copies| copies.base().label(&identity.path)),
            });
        }
        let histories = [self.histories.base.as_ref(), Some(&self.histories.tree)];
        for (event_type, major, line) in histories.into_iter().flatten().flat_map(History::lines) {
            let is_here = here.contains(&(event_type, major))
                // What cannot be read is reported, and is no removal.
                || self.registry.may_be_unreadable(event_type, Some(major))
                || !told.insert((event_type.to_owned(), major));
            let counted = line.iter().rev().find(|released| {
                !self
                    .accepted
                    .waivers
                    .is_retired(event_type, &released.header().version)
            });
            let (false, Some(latest)) = (is_here, counted) else {
                continue;
            };
            let Some(side) = Side::released(latest, &self.registry.config) else {
                continue;
            };
            gone.push(Gone {
                event_type: event_type.to_owned(),
                major,
                metadata: side.metadata.clone(),
                schema: side.bundle.schema.clone(),
                location: Location::file(Arc::clone(&latest.file)),
                base: side.location(&contract::version_pointer()),
                against: side.name,
            });
        }
        gone
    }
}

/// Contracts without a snapshot.
#[derive(Default)]
struct Unreleased {
    /// With the path of the base's copy, which differs.
    changed: BTreeMap<usize, String>,
    /// That the base does not have.
    new: Vec<usize>,
}

impl Unreleased {
    fn add(
        &mut self,
        index: usize,
        contract: &Contract,
        files: &[Arc<str>],
        copies: &Copies<'_>,
        gone: &[Identity],
    ) -> Result<(), GateError> {
        let copy = copies.of(&contract.event_type, contract.major, &contract.path, gone)?;
        let Some(copy) = copy else {
            self.new.push(index);
            return Ok(());
        };
        for file in files {
            if !copies.is_same(file)? {
                self.changed.insert(index, copy.path);
                break;
            }
        }
        Ok(())
    }
}

/// Whether a contract says a lower version than one that was released.
fn is_below(contract: &Contract, newest: &Released) -> bool {
    contract
        .metadata
        .as_ref()
        .is_some_and(|metadata| metadata.version < newest.header().version)
}
