//! Pairs labelled by hand from the definition: witnesses are checked, compatible pairs are attacked, and the prover has
//! to agree.
//!
//! Nothing here trusts the prover: what a writer emits is judged by `compat::emitted`, what a reader accepts by the
//! `jsonschema` crate, and these two are compared with each other on every document.

#[path = "labelled/attack.rs"]
mod attack;
#[path = "labelled/case.rs"]
mod case;
#[path = "labelled/corpora.rs"]
mod corpora;
#[path = "labelled/generate.rs"]
mod generate;
#[path = "labelled/prover.rs"]
mod prover;
#[path = "labelled/random.rs"]
mod random;
#[path = "labelled/upstream.rs"]
mod upstream;
