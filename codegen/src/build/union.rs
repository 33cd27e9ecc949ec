//! `oneOf`, `anyOf` and lists of types: null apart, then lists of strings, then a tag, then the JSON type, and only
//! then the branch that validates.

use std::collections::BTreeSet;

use diagnostics::JsonPointer;
use serde_json::Value;

use super::{Builder, hides_itself, residual};
use crate::docs;
use crate::naming::{Style, assign};
use crate::normalize::{Node, Place, Types, Union, UnionKind, Unreadable, read};
use crate::shape::{Docs, Expr, Shape, Slot, TypeRef, Variant};

/// More branches than this are left to the validator.
const BRANCH_LIMIT: usize = 500;

struct Branch {
    place: Place,
    node: Node,
    /// What a reader would call it: the definition's name, or the title.
    name: Option<String>,
}

impl Builder<'_> {
    /// The shape that a union gives, when it gives one.
    pub(super) fn union(
        &mut self,
        place: &Place,
        node: &Node,
        id: usize,
        name: &str,
    ) -> Result<Option<Slot>, Unreadable> {
        let mut candidates: Vec<&Union> = node.unions.iter().collect();
        candidates.sort_by_key(|union| union.kind != UnionKind::OneOf);
        for union in candidates {
            if union.branches.len() > BRANCH_LIMIT {
                continue;
            }
            let branches = self.branches(place, node, union)?;
            if branches.iter().all(|branch| adds_nothing(node, &branch.node)) {
                continue;
            }
            let Some(mut slot) = self.union_of(place, node, union, branches, id, name)? else {
                continue;
            };
            let others = node.unions.len() > 1 || !node.residual.is_empty();
            if others {
                slot.checks.push(residual(place));
            }
            slot.classified |= node.annotations.classified && !hides_itself(&slot.expr);
            return Ok(Some(slot));
        }
        Ok(None)
    }

    fn branches(&self, place: &Place, node: &Node, union: &Union) -> Result<Vec<Branch>, Unreadable> {
        let mut branches = Vec::new();
        for pointer in &union.branches {
            branches.extend(self.branch(place, node, union, pointer)?);
        }
        Ok(branches)
    }

    /// One branch; `None` when nothing is valid there.
    fn branch(
        &self,
        place: &Place,
        node: &Node,
        union: &Union,
        pointer: &JsonPointer,
    ) -> Result<Option<Branch>, Unreadable> {
        let alone =
            union.alone && place.parts.len() == 1 && place.settled.is_empty() && node.unions.len() == 1;
        let place = if alone {
            Place::at(pointer.clone()).restricted(place.types)
        } else {
            let mut both = place.clone();
            both.parts.insert(pointer.clone());
            both.settled.insert(union.pointer.clone());
            both
        };
        let node = read(self.document, &place)?;
        if node.types.is_empty() || node.values.as_ref().is_some_and(Vec::is_empty) {
            return Ok(None);
        }
        let (_, _, definition) = self.follow(Place::at(pointer.clone()))?;
        let title = || {
            self.document
                .at(pointer)?
                .get("title")?
                .as_str()
                .map(str::to_owned)
        };
        Ok(Some(Branch {
            place,
            node,
            name: definition.or_else(title),
        }))
    }

    fn union_of(
        &mut self,
        place: &Place,
        node: &Node,
        union: &Union,
        branches: Vec<Branch>,
        id: usize,
        name: &str,
    ) -> Result<Option<Slot>, Unreadable> {
        let takes_null = |branch: &Branch| branch.node.types.has(Types::NULL);
        let (nulls, rest): (Vec<Branch>, Vec<Branch>) = branches
            .into_iter()
            .partition(|branch| branch.node.types == Types::NULL);
        if nulls.is_empty() {
            return self.union_without_null(place, node, union, rest, id, name);
        }
        if rest.is_empty() {
            return Ok(Some(Slot {
                expr: Expr::Null,
                checks: vec![residual(place)],
                classified: false,
            }));
        }
        // `oneOf` with two branches that take null takes no null.
        let ambiguous = union.kind == UnionKind::OneOf && (nulls.len() > 1 || rest.iter().any(takes_null));
        let asserting = nulls.iter().any(|branch| branch.node.is_more_than_values());
        let Some(slot) = self.union_without_null(place, node, union, rest, id, name)? else {
            return Ok(None);
        };
        let mut slot = match slot.expr {
            Expr::Nullable(_) => slot,
            _ => Slot::plain(Expr::Nullable(Box::new(slot))),
        };
        if ambiguous || asserting {
            slot.checks.push(residual(place));
        }
        Ok(Some(slot))
    }

    fn union_without_null(
        &mut self,
        place: &Place,
        node: &Node,
        union: &Union,
        mut branches: Vec<Branch>,
        id: usize,
        name: &str,
    ) -> Result<Option<Slot>, Unreadable> {
        if branches.is_empty() {
            return Ok(None);
        }
        if branches.len() == 1 && !union.open {
            let branch = branches.remove(0);
            self.scope.release(name);
            let slot = self.slot(&branch.place, name)?;
            return Ok(Some(slot));
        }
        if let Some(slot) = self.union_of_texts(place, node, union, &branches, id, name) {
            return Ok(Some(slot));
        }
        if let Some(tag) = self.tag(&branches)? {
            return self
                .tagged(place, node, union, &branches, &tag, id, name)
                .map(Some);
        }
        // Without a tag of its own the branch that accepts other tags is one like the others.
        if let Some(other) = &union.other {
            branches.extend(self.branch(place, node, union, other)?);
        }
        let disjoint = branches.iter().enumerate().all(|(index, branch)| {
            branches[..index]
                .iter()
                .all(|earlier| earlier.node.types.and(branch.node.types).is_empty())
        });
        let names: Vec<String> = branches
            .iter()
            .enumerate()
            .map(|(index, branch)| branch.label(index, disjoint))
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (rust, _) = assign(&names, |_| None, Style::Pascal, &[]);
        let mut variants = Vec::new();
        for (branch, rust) in branches.iter().zip(rust) {
            let slot = self.slot(&branch.place, &format!("{name}{rust}"))?;
            variants.push(Variant {
                rust,
                tags: Vec::new(),
                kinds: kinds(branch.node.types),
                slot,
                docs: docs::of_node(&branch.node),
            });
        }
        // `type: integer` beside `type: number` share a JSON type, and so do branches with any type at all.
        let by_type = disjoint && !shares_kinds(&variants);
        let mut checks = Vec::new();
        if !by_type && union.kind == UnionKind::OneOf {
            checks.push(residual(place));
        }
        let keyword = if union.kind == UnionKind::OneOf {
            "oneOf"
        } else {
            "anyOf"
        };
        let shape = if by_type {
            Shape::ByType { variants }
        } else {
            Shape::Untagged {
                keyword,
                variants,
                checks,
            }
        };
        self.define(id, name, place, node, shape);
        Ok(Some(Slot::plain(Expr::Named(TypeRef::Local(id)))))
    }

    /// Several JSON types without a union.
    pub(super) fn several(
        &mut self,
        place: &Place,
        node: &Node,
        id: usize,
        name: &str,
    ) -> Result<Slot, Unreadable> {
        let mut variants = Vec::new();
        for types in node.types.each() {
            let rust = type_name(types).to_owned();
            let slot = self.slot(&place.restricted(types), &format!("{name}{rust}"))?;
            variants.push(Variant {
                rust,
                tags: Vec::new(),
                kinds: kinds(types),
                slot,
                docs: Docs::default(),
            });
        }
        self.define(id, name, place, node, Shape::ByType { variants });
        Ok(Slot::plain(Expr::Named(TypeRef::Local(id))))
    }

    /// Branches that all list strings are one list; beside `type: string` it is an open one.
    fn union_of_texts(
        &mut self,
        place: &Place,
        node: &Node,
        union: &Union,
        branches: &[Branch],
        id: usize,
        name: &str,
    ) -> Option<Slot> {
        let mut texts: Vec<&str> = Vec::new();
        let mut overlap = false;
        let mut open = union.open;
        for branch in branches {
            if branch.node.is_more_than_values() {
                return None;
            }
            match &branch.node.values {
                Some(values) => {
                    for value in values {
                        let text = value.as_str()?;
                        overlap |= texts.contains(&text);
                        texts.push(text);
                    }
                    open |= branch.node.open;
                }
                None if branch.node.types == Types::STRING && union.kind == UnionKind::AnyOf => open = true,
                None => return None,
            }
        }
        if texts.is_empty() || (overlap && union.kind == UnionKind::OneOf) {
            return None;
        }
        let descriptions: Vec<(String, Docs)> = branches
            .iter()
            .flat_map(|branch| {
                let docs = docs::of_node(&branch.node);
                branch
                    .node
                    .values
                    .iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(move |text| (text.to_owned(), docs.clone()))
            })
            .collect();
        self.string_enum(place, node, &texts, open, id, name);
        if let Some(Shape::Enum { variants, .. }) = self.module.types[id].as_mut().map(|def| &mut def.shape) {
            for variant in variants {
                if let Some((_, docs)) = descriptions.iter().find(|(text, _)| *text == variant.text) {
                    variant.docs.title.clone_from(&docs.title);
                    variant.docs.description.clone_from(&docs.description);
                }
            }
        }
        Some(Slot::plain(Expr::Named(TypeRef::Local(id))))
    }

    /// A member that every branch requires, with strings that no other branch lists.
    fn tag(&self, branches: &[Branch]) -> Result<Option<String>, Unreadable> {
        let Some(first) = branches.first() else {
            return Ok(None);
        };
        'candidates: for candidate in &first.node.required {
            let mut seen = BTreeSet::new();
            for branch in branches {
                if branch.node.types != Types::OBJECT || !branch.node.required.contains(candidate) {
                    continue 'candidates;
                }
                let Some(tags) = self.tags(&branch.node, candidate)? else {
                    continue 'candidates;
                };
                if !tags.into_iter().all(|tag| seen.insert(tag)) {
                    continue 'candidates;
                }
            }
            return Ok(Some(candidate.clone()));
        }
        Ok(None)
    }

    fn tags(&self, node: &Node, member: &str) -> Result<Option<Vec<String>>, Unreadable> {
        let Some(parts) = self.parts_of(node, member).filter(|parts| !parts.is_empty()) else {
            return Ok(None);
        };
        let node = read(self.document, &Place::of(parts))?;
        if node.open || node.is_more_than_values() {
            return Ok(None);
        }
        let Some(values) = node.values else {
            return Ok(None);
        };
        let tags: Option<Vec<String>> = values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect();
        Ok(tags.filter(|tags| !tags.is_empty()))
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one decision")]
    fn tagged(
        &mut self,
        place: &Place,
        node: &Node,
        union: &Union,
        branches: &[Branch],
        tag: &str,
        id: usize,
        name: &str,
    ) -> Result<Slot, Unreadable> {
        let mut tags = Vec::new();
        for branch in branches {
            tags.push(self.tags(&branch.node, tag)?.unwrap_or_default());
        }
        let labels: Vec<String> = branches
            .iter()
            .zip(&tags)
            .enumerate()
            .map(|(index, (branch, tags))| match &tags[..] {
                [one] => one.clone(),
                _ => branch.label(index, false),
            })
            .collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let reserved: &[&str] = if union.open { &["Unknown"] } else { &[] };
        let (rust, _) = assign(&labels, |_| None, Style::Pascal, reserved);
        let mut variants = Vec::new();
        for ((branch, tags), rust) in branches.iter().zip(tags).zip(rust) {
            let hint = format!("{name}{rust}");
            let mut slot = self.slot(&branch.place, &hint)?;
            if !matches!(slot.expr, Expr::Named(_)) {
                // A branch that is no struct cannot take members one by one.
                slot = self.wrapped(branch, &hint, slot);
            }
            variants.push(Variant {
                rust,
                tags,
                kinds: Vec::new(),
                slot,
                docs: docs::of_node(&branch.node),
            });
        }
        let shape = Shape::Tagged {
            tag: tag.to_owned(),
            variants,
            open: union.open,
        };
        self.define(id, name, place, node, shape);
        let mut slot = Slot::plain(Expr::Named(TypeRef::Local(id)));
        if union.open && !union.alone {
            // An unknown tag is kept as it came: what stands beside the union is asked of it as well.
            slot.checks.push(residual(place));
        }
        Ok(slot)
    }

    fn wrapped(&mut self, branch: &Branch, hint: &str, slot: Slot) -> Slot {
        let id = self.module.types.len();
        self.module.types.push(None);
        let name = self.scope.take(&crate::naming::type_ident(hint), Style::Pascal);
        self.define(id, &name, &branch.place, &branch.node, Shape::Newtype(slot));
        Slot::plain(Expr::Named(TypeRef::Local(id)))
    }
}

impl Branch {
    fn label(&self, index: usize, by_type: bool) -> String {
        if let Some(name) = &self.name {
            return super::last_segment(name).to_owned();
        }
        let each = self.node.types.each();
        match each[..] {
            [one] if by_type => type_name(one).to_owned(),
            _ => format!("Variant{}", index + 1),
        }
    }
}

/// Whether a branch only constrains what its union's neighbours already shape.
fn adds_nothing(outer: &Node, branch: &Node) -> bool {
    let known = outer.declared();
    branch.types == outer.types
        && branch.values.is_none()
        && branch.unions.len() < outer.unions.len()
        && branch.declared().iter().all(|name| known.contains(name))
        && branch.prefix.len() == outer.prefix.len()
        && branch.items == outer.items
}

fn type_name(types: Types) -> &'static str {
    match types {
        Types::NULL => "Null",
        Types::BOOLEAN => "Boolean",
        Types::STRING => "String",
        Types::ARRAY => "Array",
        Types::OBJECT => "Object",
        Types::INTEGER => "Integer",
        _ => "Number",
    }
}

/// The JSON types, as `serde_json::Value` names them.
fn kinds(types: Types) -> Vec<&'static str> {
    types
        .each()
        .into_iter()
        .map(|one| match type_name(one) {
            "Boolean" => "Bool",
            "Integer" => "Number",
            other => other,
        })
        .collect()
}

fn shares_kinds(variants: &[Variant]) -> bool {
    let mut seen = BTreeSet::new();
    !variants
        .iter()
        .flat_map(|variant| &variant.kinds)
        .all(|kind| seen.insert(*kind))
}
