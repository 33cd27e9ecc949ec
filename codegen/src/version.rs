//! The version of a generated crate: a function of what was released and of what is there, nothing else.
//!
//! The rule is written down in `docs/adr/ADR-007-crate-versions.md` and, for users, in `docs/generated-rust.md`.

use semver::Version;

use crate::api::Api;
use crate::input::{ContractInput, DomainInput, Options};

/// Raised, together with the accepted baseline of `tests/version.rs`, when this generator makes source of another shape
/// from the same contract: every generated crate then gets a new major version.
pub const GENERATION: u64 = 0;

/// How far a version rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bump {
    /// Not at all.
    None,
    /// What was said differently, or mended.
    Patch,
    /// What is new.
    Minor,
    /// What breaks.
    Major,
}

impl Bump {
    fn apply(self, version: &Version) -> Version {
        let Version {
            major, minor, patch, ..
        } = *version;
        match self {
            Self::None => version.clone(),
            Self::Patch => Version::new(major, minor, patch + 1),
            Self::Minor => Version::new(major, minor + 1, 0),
            Self::Major => Version::new(major + 1, 0, 0),
        }
    }
}

/// The version of the crate of `domain`. `api` gives the API of a crate made of the given contracts.
pub(crate) fn crate_version(
    domain: &DomainInput,
    options: &Options,
    api: impl Fn(&DomainInput, &Options) -> Api,
) -> Version {
    let now: Vec<ContractInput> = domain
        .contracts
        .iter()
        .filter(|contract| !contract.draft)
        .cloned()
        .collect();
    if now.is_empty() && domain.history.states.is_empty() {
        return Version::new(0, 1, 0);
    }
    let states: Vec<&Vec<ContractInput>> = domain.history.states.iter().chain([&now]).collect();
    let mut version = Version::new(1 + GENERATION, 0, 0);
    let mut known: Option<Api> = None;
    for pair in states.windows(2) {
        let mut bump = contracts_bump(pair[0], pair[1]);
        // Nothing can be larger; and equal contracts make equal crates.
        if bump == Bump::None || bump == Bump::Major {
            known = None;
        } else {
            let of = |contracts: &Vec<ContractInput>| {
                let state = DomainInput {
                    domain: domain.domain.clone(),
                    contracts: contracts.clone(),
                    history: crate::input::History::default(),
                };
                api(&state, options)
            };
            let before = known.take().unwrap_or_else(|| of(pair[0]));
            let after = of(pair[1]);
            bump = bump.max(before.bump_to(&after));
            known = Some(after);
        }
        version = bump.apply(&version);
    }
    version
}

/// The largest bump of any contract.
fn contracts_bump(before: &[ContractInput], after: &[ContractInput]) -> Bump {
    let same = |one: &ContractInput, other: &ContractInput| {
        one.event_type == other.event_type && one.major == other.major
    };
    let removed = before.iter().any(|old| !after.iter().any(|new| same(old, new)));
    if removed {
        return Bump::Major;
    }
    let of = |new: &ContractInput| match before.iter().find(|old| same(old, new)) {
        None => Bump::Minor,
        Some(old) if new.version.minor != old.version.minor => Bump::Minor,
        Some(old) if new.version != old.version || new.schema != old.schema => Bump::Patch,
        Some(_) => Bump::None,
    };
    after.iter().map(of).max().unwrap_or(Bump::None)
}
