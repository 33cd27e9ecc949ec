//! Which types contain each other without a `Vec` or a map between: there the recursion is boxed.

use crate::shape::{Expr, Extra, Module, Shape, Slot, TypeRef};

pub(super) struct Graph {
    /// Strongly connected component of each type.
    component: Vec<usize>,
    /// Whether a component is a circle.
    circular: Vec<bool>,
}

impl Graph {
    pub(super) fn new(module: &Module) -> Self {
        let edges: Vec<Vec<usize>> = module
            .types
            .iter()
            .map(|def| {
                let mut targets = Vec::new();
                if let Some(def) = def {
                    for slot in slots(&def.shape) {
                        direct(slot, &mut targets);
                    }
                }
                targets
            })
            .collect();
        let component = components(&edges);
        let mut circular = vec![false; edges.len()];
        let mut size = vec![0usize; edges.len()];
        for &of in &component {
            size[of] += 1;
        }
        for (from, targets) in edges.iter().enumerate() {
            circular[component[from]] |= size[component[from]] > 1 || targets.contains(&from);
        }
        Self { component, circular }
    }

    pub(super) fn in_circle(&self, left: usize, right: usize) -> bool {
        self.component[left] == self.component[right] && self.circular[self.component[left]]
    }
}

/// Every position of a shape.
pub(super) fn slots(shape: &Shape) -> Vec<&Slot> {
    match shape {
        Shape::Struct(shape) => {
            let extra = match &shape.extra {
                Extra::Typed { slot, .. } => Some(&**slot),
                Extra::Open | Extra::Closed => None,
            };
            shape
                .fields
                .iter()
                .map(|field| &field.slot)
                .chain(extra)
                .collect()
        }
        Shape::Tagged { variants, .. } | Shape::ByType { variants } | Shape::Untagged { variants, .. } => {
            variants.iter().map(|variant| &variant.slot).collect()
        }
        Shape::Newtype(slot) => vec![slot],
        Shape::Enum { .. } | Shape::Text(_) => Vec::new(),
    }
}

fn direct(slot: &Slot, targets: &mut Vec<usize>) {
    match &slot.expr {
        Expr::Named(TypeRef::Local(id)) => targets.push(*id),
        Expr::Nullable(inner) => direct(inner, targets),
        Expr::Tuple(slots) => slots.iter().for_each(|slot| direct(slot, targets)),
        _ => {}
    }
}

/// Tarjan's algorithm with a stack of its own: schemas may be nested as deep as they like.
fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    let count = edges.len();
    let (mut index, mut low) = (vec![NONE; count], vec![0; count]);
    let mut component = vec![NONE; count];
    let mut on_stack = vec![false; count];
    let mut stack = Vec::new();
    let (mut next, mut found) = (0, 0);
    for start in 0..count {
        if index[start] != NONE {
            continue;
        }
        let mut work = vec![(start, 0)];
        while let Some((node, edge)) = work.pop() {
            if edge == 0 {
                index[node] = next;
                low[node] = next;
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&target) = edges[node].get(edge) {
                work.push((node, edge + 1));
                if index[target] == NONE {
                    work.push((target, 0));
                } else if on_stack[target] {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if low[node] == index[node] {
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[node]);
            }
        }
    }
    component
}
