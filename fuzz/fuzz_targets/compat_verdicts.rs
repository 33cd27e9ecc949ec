//! Builds a pair of schemas from the bytes (random schemas over all keywords, random edits of them), asks for the
//! verdict and attacks it: a compatible one with documents, a breaking one with two other validators.

#![no_main]

use std::time::{Duration, Instant};

use attack::{Case, Random};
use compat::{Verdict, compare};
use libfuzzer_sys::fuzz_target;

#[path = "../../compat/tests/attack/mod.rs"]
mod attack;

/// Documents that each compatible verdict has to survive; more would slow down the search for new paths.
const DOCUMENTS: u64 = 60;
/// The budget is two seconds; the sanitizer makes code several times slower.
const SLOW: Duration = Duration::from_secs(30);

fuzz_target!(
    init: {
        // Panics inside the validators are caught by `compat`, which then answers "undecided": no finding here.
        std::panic::set_hook(Box::new(|info| eprintln!("{info}")));
    },
    |bytes: &[u8]| {
        let mut random = Random::of_bytes(bytes);
        let case = Case::new(&mut random);
        let start = Instant::now();
        let verdict = compare(&case.writer, &case.reader, &case.options);
        assert!(start.elapsed() < SLOW, "slow: {case:#?}");
        match &verdict {
            Verdict::Compatible(_) => {
                // The documents come from a seed of their own, so that they do not use up the bytes.
                let mut documents = Random::new(bytes.iter().fold(1, |seed, byte| {
                    seed.wrapping_mul(31) ^ u64::from(*byte)
                }));
                if let Some(witness) = case.refuted(&mut documents, DOCUMENTS, &mut 0) {
                    panic!("compatible, but {witness} breaks {case:#?}");
                }
            }
            Verdict::Breaking(witness) => {
                assert!(
                    case.is_witness(&witness.document),
                    "{} is no witness of {case:#?}",
                    witness.document
                );
                assert!(
                    case.second_opinion(&witness.document) != Some(false),
                    "boon rejects the witness {} of {case:#?}",
                    witness.document
                );
            }
            Verdict::Undecided(reason) => {
                assert!(
                    !reason.to_string().contains("not confirmed"),
                    "{reason}: {case:#?}"
                );
            }
        }
    }
);
