//! Structs and maps.

use std::collections::BTreeSet;

use diagnostics::JsonPointer;
use serde_json::Value;

use super::{Builder, Collision, pattern, residual};
use crate::docs;
use crate::naming::{Style, assign, ident};
use crate::normalize::{Conjunction, Node, Place, Types, Unreadable, read};
use crate::shape::{Check, Expr, Extra, Field, Presence, Shape, Slot, Struct, TypeRef};

/// Members that no `properties` names.
enum Rest {
    Any,
    None,
    /// Of one kind; names must match all patterns.
    Of(Place, Vec<String>),
    /// Too tangled for one type: the validator judges.
    Tangled,
}

/// What a declared member becomes.
enum Member {
    Field(Box<Field>),
    /// Required, with one possible text.
    Literal(String),
    Forbidden,
    /// Required and forbidden.
    Impossible,
    /// A pattern that cannot be decided here: left among the undeclared, and to the validator.
    Undecided,
}

impl Builder<'_> {
    pub(super) fn object(
        &mut self,
        place: &Place,
        node: &Node,
        id: usize,
        name: &str,
    ) -> Result<Slot, Unreadable> {
        let declared: BTreeSet<&str> = node
            .declared()
            .into_iter()
            .chain(node.required.iter().map(String::as_str))
            .collect();
        let rest = self.rest(node);
        if declared.is_empty() {
            if matches!(rest, Rest::None) {
                return self.structure(place, node, &[], Rest::None, id, name);
            }
            return self.map(place, node, rest, name);
        }
        let names: Vec<&str> = declared.into_iter().collect();
        self.structure(place, node, &names, rest, id, name)
    }

    fn map(&mut self, place: &Place, node: &Node, rest: Rest, name: &str) -> Result<Slot, Unreadable> {
        let mut checks = Vec::new();
        let value = match rest {
            Rest::Any | Rest::None => Slot::plain(Expr::Any),
            Rest::Of(value, keys) => {
                if !keys.is_empty() {
                    checks.push(Check::Keys(keys));
                }
                self.slot(&value, &format!("{name}Value"))?
            }
            Rest::Tangled => {
                checks.push(residual(place));
                Slot::plain(Expr::Any)
            }
        };
        let (minimum, maximum) = (
            node.min_properties.unwrap_or(0),
            node.max_properties.unwrap_or(usize::MAX),
        );
        if minimum > 0 || maximum < usize::MAX {
            checks.push(Check::Count { minimum, maximum });
        }
        Ok(Slot {
            expr: Expr::Map(Box::new(value)),
            checks,
            classified: node.annotations.classified,
        })
    }

    fn structure(
        &mut self,
        place: &Place,
        node: &Node,
        names: &[&str],
        rest: Rest,
        id: usize,
        name: &str,
    ) -> Result<Slot, Unreadable> {
        let mut checks = Vec::new();
        if !node.residual.is_empty()
            || !node.unions.is_empty()
            || node.min_properties.is_some()
            || node.max_properties.is_some()
            || matches!(rest, Rest::Tangled)
        {
            checks.push(residual(place));
        }
        let chosen = |property: &str| {
            node.members.iter().find_map(|members| {
                let schema = self.document.at(members.properties.get(property)?)?;
                schema.get("x-rust-name")?.as_str().map(str::to_owned)
            })
        };
        let (rust_names, collisions) = assign(names, chosen, Style::Snake, &[]);
        for (index, earlier) in collisions {
            let pointer = node
                .members
                .iter()
                .find_map(|members| members.properties.get(names[index]));
            self.collisions.push(Collision {
                pointer: pointer
                    .or_else(|| place.parts.first())
                    .cloned()
                    .unwrap_or_default(),
                kind: "property",
                name: names[index].to_owned(),
                other: names[earlier].to_owned(),
                rust: rust_names[earlier].clone(),
            });
        }
        let prefix = if place.parts.len() == 1 && place.parts.contains(&JsonPointer::root()) {
            ""
        } else {
            name
        };
        let mut fields = Vec::new();
        let mut literals = Vec::new();
        let mut forbidden = Vec::new();
        for (property, rust) in names.iter().zip(&rust_names) {
            match self.member(node, property, rust, prefix)? {
                Member::Field(field) => fields.push(*field),
                Member::Literal(text) => literals.push(((*property).to_owned(), text)),
                Member::Forbidden => forbidden.push((*property).to_owned()),
                Member::Impossible => checks.push(Check::Never),
                Member::Undecided if checks.is_empty() => checks.push(residual(place)),
                Member::Undecided => {}
            }
        }
        let extra = match rest {
            Rest::Any => Extra::Open,
            Rest::None => Extra::Closed,
            Rest::Of(value, keys) => {
                let slot = self.slot(&value, &format!("{prefix}AdditionalValue"))?;
                Extra::Typed {
                    slot: Box::new(slot),
                    rust: free_name("additional", &fields),
                    keys,
                }
            }
            Rest::Tangled => Extra::Typed {
                slot: Box::new(Slot::plain(Expr::Any)),
                rust: free_name("additional", &fields),
                keys: Vec::new(),
            },
        };
        let shape = Shape::Struct(Struct {
            fields,
            literals,
            extra,
            forbidden,
            checks,
        });
        self.define(id, name, place, node, shape);
        Ok(Slot::plain(Expr::Named(TypeRef::Local(id))))
    }

    fn member(
        &mut self,
        node: &Node,
        property: &str,
        rust: &str,
        prefix: &str,
    ) -> Result<Member, Unreadable> {
        let required = node.required.contains(property);
        let Some(parts) = self.parts_of(node, property) else {
            return Ok(Member::Undecided);
        };
        let place = Place::of(parts);
        let inner = if place.parts.is_empty() {
            Node::anything()
        } else {
            read(self.document, &place)?
        };
        if inner.types.is_empty() {
            return Ok(if required {
                Member::Impossible
            } else {
                Member::Forbidden
            });
        }
        let simple = !inner.open && !inner.is_more_than_values();
        if let Some([Value::String(text)]) = inner.values.as_deref()
            && required
            && simple
            && inner.types.has(Types::STRING)
        {
            return Ok(Member::Literal(text.clone()));
        }
        let slot = if place.parts.is_empty() {
            Slot::plain(Expr::Any)
        } else {
            self.slot(&place, &format!("{prefix}{}", ident(property, Style::Pascal)))?
        };
        let (presence, slot) = match (required, slot) {
            (true, slot) => (Presence::Required, slot),
            (
                false,
                Slot {
                    expr: Expr::Nullable(inner),
                    checks,
                    classified,
                },
            ) if checks.is_empty() => (
                Presence::Maybe,
                Slot {
                    classified: inner.classified || classified,
                    ..*inner
                },
            ),
            (false, slot) => (Presence::Optional, slot),
        };
        let mut docs = docs::of_node(&inner);
        if docs.description.is_some() {
            // The title is that of the type.
            docs.title = None;
        }
        docs.facts = docs::facts(property, &inner, presence);
        let field = Field {
            json: property.to_owned(),
            rust: rust.to_owned(),
            slot,
            presence,
            docs,
        };
        Ok(Member::Field(Box::new(field)))
    }

    /// The subschemas that hold for a property; `None` when a pattern cannot be decided here.
    pub(super) fn parts_of(&self, node: &Node, property: &str) -> Option<Conjunction> {
        let mut parts = Conjunction::new();
        for members in &node.members {
            let mut known = false;
            if let Some(pointer) = members.properties.get(property) {
                parts.insert(pointer.clone());
                known = true;
            }
            for (source, pointer) in &members.patterns {
                if pattern::matches(source, property)? {
                    parts.insert(pointer.clone());
                    known = true;
                }
            }
            if !known && let Some(additional) = &members.additional {
                parts.insert(additional.clone());
            }
        }
        if let Some(pointer) = &node.unevaluated
            && !node
                .members
                .iter()
                .any(|members| members.properties.contains_key(property))
        {
            parts.insert(pointer.clone());
        }
        parts.retain(|pointer| self.document.at(pointer) != Some(&Value::Bool(true)));
        Some(parts)
    }

    fn rest(&self, node: &Node) -> Rest {
        let says_something = |pointer: &&JsonPointer| match self.document.at(pointer) {
            Some(Value::Bool(true)) | None => false,
            Some(Value::Object(schema)) => !schema.is_empty(),
            Some(_) => true,
        };
        let additional: Conjunction = node
            .members
            .iter()
            .filter_map(|members| members.additional.as_ref())
            .chain(&node.unevaluated)
            .filter(says_something)
            .cloned()
            .collect();
        let closed = additional
            .iter()
            .any(|pointer| self.document.at(pointer) == Some(&Value::Bool(false)));
        let with_patterns: Vec<_> = node
            .members
            .iter()
            .filter(|members| !members.patterns.is_empty())
            .collect();
        match with_patterns[..] {
            [] if closed => Rest::None,
            [] if additional.is_empty() => Rest::Any,
            [] => Rest::Of(Place::of(additional), Vec::new()),
            [members]
                if closed
                    && node.members.len() == 1
                    && members.patterns.len() == 1
                    && node.unevaluated.is_none() =>
            {
                let (source, pointer) = &members.patterns[0];
                match pattern::translate(source) {
                    Some(pattern) => Rest::Of(Place::at(pointer.clone()), vec![pattern]),
                    None => Rest::Tangled,
                }
            }
            _ => Rest::Tangled,
        }
    }
}

fn free_name(wanted: &str, fields: &[Field]) -> String {
    let mut name = wanted.to_owned();
    while fields.iter().any(|field| field.rust == name) {
        name.push('_');
    }
    name
}
