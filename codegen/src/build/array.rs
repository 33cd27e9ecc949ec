//! Arrays and tuples.

use serde_json::Value;

use super::{Builder, residual};
use crate::normalize::{Node, Place, Unreadable};
use crate::shape::{Check, Expr, Slot};

/// `Wire` is implemented for tuples up to this length.
const TUPLE_LIMIT: usize = 12;

impl Builder<'_> {
    pub(super) fn array(&mut self, place: &Place, node: &Node, name: &str) -> Result<Slot, Unreadable> {
        let closed = node
            .items
            .iter()
            .any(|pointer| self.document.at(pointer) == Some(&Value::Bool(false)));
        let length = node.prefix.len();
        let mut checks = Vec::new();
        let mut count = Check::Count {
            minimum: node.min_items.unwrap_or(0),
            maximum: node.max_items.unwrap_or(usize::MAX),
        };
        let expr = if length > 0 {
            let exact = node.min_items.is_some_and(|minimum| minimum == length)
                && (closed || node.max_items == Some(length))
                && length <= TUPLE_LIMIT;
            if exact {
                let mut slots = Vec::new();
                for (index, parts) in node.prefix.iter().enumerate() {
                    slots.push(self.slot(&Place::of(parts.clone()), &format!("{name}Item{}", index + 1))?);
                }
                count = Check::Count {
                    minimum: 0,
                    maximum: usize::MAX,
                };
                if node.unique {
                    checks.push(residual(place));
                }
                Expr::Tuple(slots)
            } else {
                checks.push(residual(place));
                Expr::Array(Box::new(Slot::plain(Expr::Any)))
            }
        } else if closed {
            count = Check::Count {
                minimum: node.min_items.unwrap_or(0),
                maximum: 0,
            };
            Expr::Array(Box::new(Slot::plain(Expr::Any)))
        } else if node.items.is_empty() {
            Expr::Array(Box::new(Slot::plain(Expr::Any)))
        } else {
            Expr::Array(Box::new(
                self.slot(&Place::of(node.items.clone()), &format!("{name}Item"))?,
            ))
        };
        if !matches!(
            count,
            Check::Count {
                minimum: 0,
                maximum: usize::MAX
            }
        ) {
            checks.push(count);
        }
        if node.unique && matches!(expr, Expr::Array(_)) {
            checks.push(Check::Unique);
        }
        Ok(Slot {
            expr,
            checks,
            classified: node.annotations.classified,
        })
    }
}
