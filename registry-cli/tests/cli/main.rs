//! Runs the binary as a user would: on small trees, with good and with bad input, and looks at all of what comes out.
//!
//! Each module is one command; `support` copies a fixture tree into a temporary folder and runs `contracts` there.

mod answers;
mod bad_input;
mod check;
mod ci;
mod diff;
mod documents;
mod fmt;
mod formats;
mod gate;
mod generate;
mod init;
mod lists;
mod new;
mod release;
mod support;
mod validate;
