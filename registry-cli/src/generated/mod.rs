//! From contracts to what `codegen` asks for, and from its answers back to findings; freshness of generated code.
//!
//! Nothing here writes. [`check_freshness`] and [`check_names`] are all that judging a tree has to ask about generated
//! code.

mod assemble;
mod freshness;
mod history;
mod target;

pub(crate) use assemble::{Domain, check_names, domains};
pub(crate) use freshness::{RULE, check_freshness};
pub(crate) use history::{Depth, Released};
pub(crate) use target::{Target, target};
