//! Says what a suite leaves out, once, and where `cargo test` shows it: it hides what passing tests print.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Mutex;

pub(crate) fn left_out(what: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().expect("nobody panics with it");
    if said.insert(what.to_owned()) {
        writeln!(std::io::stderr(), "left out: {what}").expect("there is an error output");
    }
}
