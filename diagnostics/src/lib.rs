//! The words in which every judging crate speaks: [`Rule`], [`Diagnostic`], [`Severity`] and [`Location`].
//!
//! A leaf: it knows nothing of contracts, files on disk, or terminals. A location is a file and a JSON pointer;
//! [`source`] is the one place that turns it into bytes, lines and columns.

mod diagnostic;
mod location;
mod pointer;
mod rule;
pub mod source;

pub use diagnostic::{Diagnostic, Related, sort};
pub use location::{Location, Part, Target};
pub use pointer::JsonPointer;
pub use rule::{ParseSeverityError, Rule, Scope, Severity};
