//! Finding what a name on the command line means, with suggestions when it means nothing.

use registry::{Contract, Registry};

use crate::failure::failure;

/// The contract that `TYPE[@MAJOR]` names; without a major the newest.
pub(super) fn contract<'r>(registry: &'r Registry, name: &str) -> anyhow::Result<&'r Contract> {
    if let Some(contract) = registry.contract(name) {
        return Ok(contract);
    }
    let event_type = name.rsplit_once('@').map_or(name, |(event_type, _)| event_type);
    let majors: Vec<String> = registry
        .contracts
        .iter()
        .filter(|contract| contract.event_type == event_type)
        .map(Contract::id)
        .collect();
    if !majors.is_empty() {
        return Err(failure(
            format!("there is no contract {name:?}"),
            format!("there is {}", majors.join(", ")),
        ));
    }
    let close = close(
        event_type,
        registry
            .contracts
            .iter()
            .map(|contract| contract.event_type.as_str()),
    );
    let help = if close.is_empty() {
        "`contracts list` names all contracts".to_owned()
    } else {
        format!("did you mean {}?", close.join(" or "))
    };
    Err(failure(format!("there is no contract {name:?}"), help))
}

/// At most three known names that `name` may have meant, best first: misspelt ones, or ones that contain it.
pub(super) fn close<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let lower = name.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = known
        .filter_map(|candidate| {
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            let near = distance <= 1 + lower.chars().count().max(3) / 4;
            let part = lower.chars().count() >= 3 && candidate.to_lowercase().contains(&lower);
            (near || part).then_some((distance, candidate))
        })
        .collect();
    ranked.sort_unstable();
    ranked.dedup();
    ranked
        .into_iter()
        .take(3)
        .map(|(_, candidate)| candidate)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_and_partial_names_are_recognised() {
        let known = || ["dead-ref", "invalid-json", "invalid-schema"].into_iter();
        assert_eq!(close("ded-ref", known()), ["dead-ref"]);
        assert_eq!(close("INVALID", known()), ["invalid-json", "invalid-schema"]);
        assert!(close("x", known()).is_empty());
    }
}
