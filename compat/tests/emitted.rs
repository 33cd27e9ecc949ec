//! The evaluator of D(W): against the official JSON Schema test suite (its plain half), against fixtures written from
//! the definition (its sealing half), and on input that nobody should write.

#[path = "emitted/bad_input.rs"]
mod bad_input;
#[path = "emitted/fixtures.rs"]
mod fixtures;
#[path = "emitted/suite.rs"]
mod suite;
