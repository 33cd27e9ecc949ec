//! Lowering: from what a bundle says to what a reader or writer at that version does.
//!
//! Before two versions are compared, and wherever a reader's schema is shown or asserted:
//!
//! - **Discriminators** (for both roles): fields that pin the contract's own version by a single value lose that value and
//!   keep their presence and type. Without that, each version of trees like Eiffel's or CDEvents' breaks the last.
//! - **`x-open`** (for readers): a list of strings also accepts any other string, a tagged union also accepts objects with a
//!   tag that it does not list. A writer sends what is listed, so for writers the mark says nothing. Each side is lowered
//!   with its own marks: a reader that did not have the mark yet does reject the new value.
//!
//! A definition that is used with and without a mark, or at a pinned place and elsewhere, is copied for the changed use;
//! everything else stays where it is. The result is a schema like any other; it judges nothing and reads no files.

mod open;
mod pin;
mod tree;

use diagnostics::JsonPointer;
use serde_json::Value;
use thiserror::Error;

use crate::Draft;
use tree::{Origin, Tree};

/// Whose schema it is in the question that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The service that consumes.
    Reader,
    /// The service that emits.
    Writer,
}

/// What to lower for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerOptions<'o> {
    /// Whose schema it is.
    pub role: Role,
    /// JSON Pointers into documents, `*` for any item; fields that a schema does not have are passed over.
    pub discriminators: &'o [String],
}

/// Why a schema cannot be lowered: the configuration does not fit it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LowerError {
    /// A discriminator is not a JSON Pointer.
    #[error("the discriminator `{discriminator}` is not a JSON Pointer: it has to start with `/`")]
    NotAPointer {
        /// As configured.
        discriminator: String,
    },
    /// A discriminator does not pin one value.
    #[error(
        "the discriminator `{discriminator}` allows more than one value: {}",
        shown(values)
    )]
    SeveralValues {
        /// As configured.
        discriminator: String,
        /// The values that the schema lists for it.
        values: Vec<Value>,
    },
}

fn shown(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

/// A lowered schema.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The schema, self-contained if the bundle was.
    pub schema: Value,
    /// Where the bundle says `x-open: true` of something that is neither a list with strings nor a union whose branches a
    /// required member tells apart, or says it under `not` or `if`. Such marks are passed over, which only makes the
    /// reader stricter. Sorted.
    pub unusable_marks: Vec<JsonPointer>,
    origins: Vec<Origin>,
}

impl Lowered {
    /// Where the node at `pointer` of the lowered schema stands in the bundle. What was added for a mark stands at the
    /// schema that has the mark.
    pub fn origin(&self, pointer: &JsonPointer) -> JsonPointer {
        let mut pointer = pointer.clone();
        // A later change may lie inside an earlier copy, never the other way round.
        for origin in self.origins.iter().rev() {
            pointer = origin.apply(&pointer).unwrap_or(pointer);
        }
        pointer
    }
}

/// Lowers the schema of a bundle (`Bundle::schema`, `Bundle::draft`).
pub fn lower(schema: &Value, draft: Draft, options: &LowerOptions<'_>) -> Result<Lowered, LowerError> {
    let mut tree = Tree::new(schema, draft);
    for discriminator in options.discriminators {
        pin::release(&mut tree, discriminator)?;
    }
    let unusable_marks = match options.role {
        Role::Reader => open::open_marked(&mut tree),
        Role::Writer => Vec::new(),
    };
    Ok(Lowered {
        schema: tree.root,
        unusable_marks,
        origins: tree.origins,
    })
}
