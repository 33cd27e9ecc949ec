//! From the keyword model to shapes: decides which Rust type a place becomes, and which checks stay beside it.
//!
//! Every decision keeps `decode` at least as wide as the contract and `check` exactly as wide: whatever a shape does
//! not carry becomes a check, and what no check carries is left to the validator at the place where it was written.

mod array;
mod object;
mod pattern;
mod scalar;
mod union;

use std::collections::{BTreeMap, BTreeSet};

use diagnostics::JsonPointer;
use serde_json::Value;

use crate::docs;
use crate::input::Formats;
use crate::naming::{Scope, Style, type_ident};
use crate::normalize::{DEPTH_LIMIT, Document, Node, Place, Target, Types, Unreadable, is_annotation, read};
use crate::shape::{Check, Expr, Module, Shape, Slot, TypeDef, TypeRef};

/// More types than this in one contract are an attack, not a contract.
const TYPE_LIMIT: usize = 5_000;
/// Deeper than this the validator judges alone.
const SHAPE_DEPTH: usize = DEPTH_LIMIT / 2;

/// Two names of one contract that coincide in Rust.
#[derive(Clone, Debug)]
pub(crate) struct Collision {
    pub(crate) pointer: JsonPointer,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) other: String,
    pub(crate) rust: String,
}

/// Types that contracts of a domain share, by the name of their definition; the slots as seen from inside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared {
    pub(crate) slots: BTreeMap<String, Slot>,
    pub(crate) module: Module,
}

enum Memo {
    /// Being built; the id is its own if someone refers to it meanwhile.
    Open {
        id: usize,
        used: bool,
    },
    Done(Slot),
}

/// Builds the types of one module.
pub(crate) struct Builder<'d> {
    document: &'d Document<'d>,
    formats: Formats,
    /// Definitions that live in the shared module, once it is built.
    shared: Option<&'d Shared>,
    /// While the shared module itself is built: what it has from other documents.
    known: BTreeMap<String, Slot>,
    memo: BTreeMap<Place, Memo>,
    pub(crate) module: Module,
    pub(crate) scope: Scope,
    pub(crate) collisions: Vec<Collision>,
    /// Names that types have; others in the scope may be given back.
    defined: BTreeSet<String>,
    depth: usize,
}

impl<'d> Builder<'d> {
    pub(crate) fn new(document: &'d Document<'d>, formats: Formats) -> Self {
        Self {
            document,
            formats,
            shared: None,
            known: BTreeMap::new(),
            memo: BTreeMap::new(),
            module: Module::default(),
            scope: Scope::default(),
            collisions: Vec::new(),
            defined: BTreeSet::new(),
            depth: 0,
        }
    }

    pub(crate) fn with_shared(mut self, shared: &'d Shared) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Continues a shared module with the definitions of another document.
    pub(crate) fn sharing(mut self, shared: Shared, scope: Scope) -> Self {
        self.module = shared.module;
        self.scope = scope;
        for (name, slot) in &shared.slots {
            for key in ["$defs", "definitions"] {
                let place = Place::at(JsonPointer::root().child(key).child(name));
                self.memo.insert(place, Memo::Done(slot.clone()));
            }
        }
        self.defined = self
            .module
            .types
            .iter()
            .flatten()
            .map(|def| def.name.clone())
            .collect();
        self.known = shared.slots;
        self
    }

    /// The shared module with these definitions added.
    pub(crate) fn into_shared(self, slots: BTreeMap<String, Slot>) -> Shared {
        let mut all = self.known;
        all.extend(slots);
        Shared {
            slots: all,
            module: self.module,
        }
    }

    /// The root of a contract, always a type of its own, named `name`.
    pub(crate) fn root(&mut self, name: &str) -> Result<TypeRef, Unreadable> {
        let slot = if self.document.dynamic {
            // Only the whole says what its parts mean.
            let place = Place::at(JsonPointer::root());
            Slot {
                checks: vec![residual(&place)],
                ..Slot::plain(Expr::Any)
            }
        } else {
            self.named(&JsonPointer::root(), name)?
        };
        match slot.expr {
            Expr::Named(TypeRef::Local(id)) if slot.checks.is_empty() && self.is_own_root(id) => {
                Ok(TypeRef::Local(id))
            }
            _ => {
                let node = read(self.document, &Place::at(JsonPointer::root()))?;
                let name = self.scope.take(name, Style::Pascal);
                let id = self.module.types.len();
                self.module.types.push(Some(TypeDef {
                    name,
                    pointer: JsonPointer::root(),
                    docs: docs::of_node(&node),
                    classified: node.annotations.classified,
                    shape: Shape::Newtype(slot),
                }));
                Ok(TypeRef::Local(id))
            }
        }
    }

    /// A text type is an alias of a foreign one: `impl Event` needs a type of the crate.
    fn is_own_root(&self, id: usize) -> bool {
        self.module.types[id]
            .as_ref()
            .is_some_and(|def| def.pointer.is_root() && !matches!(def.shape, Shape::Text(_)))
    }

    /// A definition, by its own name.
    pub(crate) fn named(&mut self, target: &JsonPointer, name: &str) -> Result<Slot, Unreadable> {
        let place = self.follow(Place::at(target.clone()))?.0;
        self.slot(&place, name)
    }

    /// What a place becomes; `hint` names a type made for it.
    fn slot(&mut self, place: &Place, hint: &str) -> Result<Slot, Unreadable> {
        let (place, classified, definition) = self.follow(place.clone())?;
        let mut slot = match definition
            .as_ref()
            .and_then(|name| self.shared.and_then(|shared| shared.slots.get(name)))
        {
            Some(slot) => slot.seen_from_outside(),
            None => self.own_slot(&place, definition.as_deref().unwrap_or(hint))?,
        };
        slot.classified |= classified;
        Ok(slot)
    }

    fn own_slot(&mut self, place: &Place, hint: &str) -> Result<Slot, Unreadable> {
        match self.memo.get_mut(place) {
            Some(Memo::Done(slot)) => return Ok(slot.clone()),
            Some(Memo::Open { id, used }) => {
                *used = true;
                return Ok(Slot::plain(Expr::Named(TypeRef::Local(*id))));
            }
            None => {}
        }
        let node = read(self.document, place)?;
        if self.depth >= SHAPE_DEPTH {
            return Ok(residual_slot(place, &node));
        }
        if self.module.types.len() >= TYPE_LIMIT {
            return Err(Unreadable {
                pointer: place.parts.first().cloned().unwrap_or_default(),
                message: format!("the contract needs more than {TYPE_LIMIT} types"),
            });
        }
        let id = self.module.types.len();
        self.module.types.push(None);
        let name = self.scope.take(&type_ident(last_segment(hint)), Style::Pascal);
        self.memo.insert(place.clone(), Memo::Open { id, used: false });
        self.depth += 1;
        let built = self.build(place, &node, id, &name);
        self.depth -= 1;
        let mut slot = built?;
        let used = matches!(self.memo.get(place), Some(Memo::Open { used: true, .. }));
        let own = matches!(slot.expr, Expr::Named(TypeRef::Local(own)) if own == id);
        if used && !(own && slot.checks.is_empty()) {
            // Someone inside refers to this very place: it needs a type of its own that holds all checks.
            let inner = if own {
                self.displace(id, &name)
            } else {
                Slot { ..slot.clone() }
            };
            let inner = Slot {
                checks: slot.checks.clone(),
                ..inner
            };
            // The name may have gone to the type inside.
            let name = if self.defined.contains(&name) {
                self.scope.take(&name, Style::Pascal)
            } else {
                name
            };
            self.define(id, &name, place, &node, Shape::Newtype(inner));
            slot = Slot::plain(Expr::Named(TypeRef::Local(id)));
        } else if !own && !self.defined.contains(&name) {
            self.scope.release(&name);
        }
        self.memo.insert(place.clone(), Memo::Done(slot.clone()));
        Ok(slot)
    }

    /// Moves type `id` to a new id and name, for a type that wraps it.
    fn displace(&mut self, id: usize, name: &str) -> Slot {
        let moved = self.module.types.len();
        let mut def = self.module.types[id].take();
        if let Some(def) = &mut def {
            def.name = self.scope.take(&format!("{name}Value"), Style::Pascal);
            self.defined.remove(name);
            self.defined.insert(def.name.clone());
        }
        self.module.types.push(def);
        Slot::plain(Expr::Named(TypeRef::Local(moved)))
    }

    fn define(&mut self, id: usize, name: &str, place: &Place, node: &Node, shape: Shape) {
        self.defined.insert(name.to_owned());
        self.module.types[id] = Some(TypeDef {
            name: name.to_owned(),
            pointer: place.parts.first().cloned().unwrap_or_default(),
            docs: docs::of_node(node),
            classified: node.annotations.classified,
            shape,
        });
    }

    /// Follows places that are nothing but a reference. Returns the place, whether a step was classified, and the
    /// name of the definition that it arrived at.
    fn follow(&self, mut place: Place) -> Result<(Place, bool, Option<String>), Unreadable> {
        let mut classified = false;
        let mut seen = BTreeSet::new();
        while place.settled.is_empty() && place.types == Types::ALL && place.parts.len() == 1 {
            let Some(pointer) = place.parts.first().cloned() else {
                break;
            };
            let Some(Value::Object(schema)) = self.document.at(&pointer) else {
                break;
            };
            let mut asserting = schema.keys().filter(|name| !is_annotation(name));
            let (Some(only), None) = (asserting.next(), asserting.next()) else {
                if schema.contains_key("$ref") && self.document.dialect.ref_stands_alone() {
                    // Its neighbours are ignored in these drafts.
                } else {
                    break;
                }
                let Some(target) = self.target(&pointer, schema)? else {
                    break;
                };
                if !seen.insert(pointer.clone()) {
                    return Err(circle(pointer));
                }
                place = Place::at(target);
                continue;
            };
            let next = match only.as_str() {
                "$ref" => match self.target(&pointer, schema)? {
                    Some(target) => target,
                    None => break,
                },
                "allOf" => match schema["allOf"].as_array().map(Vec::len) {
                    Some(1) => pointer.child("allOf").item(0),
                    _ => break,
                },
                _ => break,
            };
            if !seen.insert(pointer.clone()) {
                return Err(circle(pointer));
            }
            classified |= matches!(
                schema.get("x-classification").and_then(Value::as_str),
                Some("pii" | "confidential")
            );
            place = Place::at(next);
        }
        let definition = match place.parts.first() {
            Some(pointer)
                if place.parts.len() == 1 && place.settled.is_empty() && place.types == Types::ALL =>
            {
                definition(pointer)
            }
            _ => None,
        };
        Ok((place, classified, definition))
    }

    /// Where the `$ref` of a schema leads; `None` for a metaschema.
    fn target(
        &self,
        pointer: &JsonPointer,
        schema: &serde_json::Map<String, Value>,
    ) -> Result<Option<JsonPointer>, Unreadable> {
        let reference = schema.get("$ref").and_then(Value::as_str).unwrap_or_default();
        match self.document.resolve(pointer, reference) {
            Target::Here(target) => Ok(Some(target)),
            Target::Metaschema => Ok(None),
            Target::Nowhere => Err(Unreadable {
                pointer: pointer.child("$ref"),
                message: format!("the reference {reference:?} leads nowhere in the bundled contract"),
            }),
        }
    }

    /// The decision proper.
    fn build(&mut self, place: &Place, node: &Node, id: usize, name: &str) -> Result<Slot, Unreadable> {
        if node.types.is_empty() {
            return Ok(Slot {
                checks: vec![Check::Never],
                ..Slot::plain(Expr::Any)
            });
        }
        if let Some(values) = &node.values {
            return Ok(self.listed(place, node, values, id, name));
        }
        if let Some(slot) = self.union(place, node, id, name)? {
            return Ok(slot);
        }
        let mut slot = self.by_type(place, node, id, name)?;
        // Unions that shaped nothing are constraints.
        let leftover = !node.unions.is_empty() || !node.residual.is_empty();
        if leftover
            && !slot
                .checks
                .iter()
                .any(|check| matches!(check, Check::Residual(_)))
        {
            slot.checks.push(residual(place));
        }
        slot.classified |= node.annotations.classified && !hides_itself(&slot.expr);
        Ok(slot)
    }

    fn by_type(&mut self, place: &Place, node: &Node, id: usize, name: &str) -> Result<Slot, Unreadable> {
        let types = node.types;
        if types == Types::ALL {
            return Ok(residual_slot(place, node));
        }
        if types.has(Types::NULL) && types != Types::NULL {
            return self.nullable(&place.restricted(types.without(Types::NULL)), name);
        }
        Ok(match types {
            Types::NULL => Slot::plain(Expr::Null),
            Types::BOOLEAN => Slot::plain(Expr::Bool),
            Types::STRING => self.string(place, node, id, name),
            Types::ARRAY => self.array(place, node, name)?,
            Types::OBJECT => self.object(place, node, id, name)?,
            types if types.only(Types::NUMBER) => Self::number(node),
            _ => self.several(place, node, id, name)?,
        })
    }

    /// A place that also takes null; `inner` is the place without it.
    fn nullable(&mut self, inner: &Place, name: &str) -> Result<Slot, Unreadable> {
        // The name goes to the type inside.
        self.scope.release(name);
        let slot = self.slot(inner, name)?;
        Ok(match slot.expr {
            Expr::Nullable(_) => slot,
            _ => Slot::plain(Expr::Nullable(Box::new(slot))),
        })
    }
}

/// Whether a type keeps its values out of `Debug` when its definition is classified.
fn hides_itself(expr: &Expr) -> bool {
    matches!(expr, Expr::Named(_))
}

fn circle(pointer: JsonPointer) -> Unreadable {
    Unreadable {
        pointer,
        message: "the reference leads back to itself without saying anything".to_owned(),
    }
}

/// The validator judges this place.
fn residual(place: &Place) -> Check {
    Check::Residual(place.parts.iter().cloned().collect())
}

/// Any value, as far as the validator agrees.
fn residual_slot(place: &Place, node: &Node) -> Slot {
    let checks = if node.constrained {
        vec![residual(place)]
    } else {
        Vec::new()
    };
    Slot {
        expr: Expr::Any,
        checks,
        classified: node.annotations.classified,
    }
}

/// The name of the definition that a pointer is, if it is one of the document's own list.
pub(crate) fn definition(pointer: &JsonPointer) -> Option<String> {
    let mut tokens = pointer.tokens();
    let (list, name, end) = (tokens.next()?, tokens.next()?, tokens.next());
    (matches!(&*list, "$defs" | "definitions") && end.is_none()).then(|| name.into_owned())
}

/// Bundled definitions are named by folder and file; the last part names the type.
fn last_segment(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, last)) if !last.is_empty() => last,
        _ => name,
    }
}
