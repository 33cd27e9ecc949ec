//! Any draft's keywords to one small model, references followed, `allOf` merged. Judges nothing, names nothing.

mod document;
mod merge;
mod node;
mod opened;

pub(crate) use document::{DEPTH_LIMIT, Dialect, Document, NESTING_LIMIT, Target, is_too_deep};
pub(crate) use merge::{Unreadable, is_annotation, read};
pub(crate) use node::{Bound, Conjunction, Node, Place, Types, Union, UnionKind, number};
