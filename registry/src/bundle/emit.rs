//! The usual form of a bundle: definitions and local references.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use diagnostics::JsonPointer;
use serde_json::{Map, Value};

use super::collect::{Reached, definition_of};
use super::{Bundle, Sources, name};
use crate::Draft;
use crate::reference::{RefKeyword, Target, lookup, pointer_fragment};
use crate::walk::{Shape, applicator};

pub(super) fn bundle(sources: &Sources<'_>, index: usize, reached: &Reached) -> Bundle {
    let file = &sources.files[index];
    let root = Target {
        document: index,
        pointer: JsonPointer::root(),
    };
    let container = file.draft.definitions_keyword();

    // The definitions of the contract's own file that stay.
    let kept: BTreeSet<JsonPointer> = reached
        .targets
        .keys()
        .filter(|target| target.document == index)
        .filter_map(|target| definition_of(&root.pointer, &target.pointer))
        .collect();

    // Nodes of other files: those that are inside another one are referred to in it, the others become definitions.
    let mut units: Vec<&Target> = Vec::new();
    let mut inside: BTreeMap<&Target, &Target> = BTreeMap::new();
    for target in reached.targets.keys().filter(|target| target.document != index) {
        match holder(target, reached) {
            Some(holder) => {
                inside.insert(target, holder);
            }
            None => units.push(target),
        }
    }
    let taken = kept
        .iter()
        .filter(|pointer| {
            pointer
                .parent()
                .and_then(|parent| parent.last().map(|token| token == container))
                .unwrap_or(false)
        })
        .filter_map(|pointer| pointer.last().map(std::borrow::Cow::into_owned))
        .collect();
    let names = name::names(
        units
            .iter()
            .map(|unit| (sources.inside(unit.document), &unit.pointer)),
        taken,
    );

    let mut places: HashMap<&Target, JsonPointer> = HashMap::new();
    for (unit, name) in units.iter().zip(&names) {
        places.insert(*unit, JsonPointer::root().child(container).child(name));
    }
    for (target, holder) in &inside {
        let tail = target
            .pointer
            .as_str()
            .strip_prefix(holder.pointer.as_str())
            .unwrap_or_default();
        let tail = JsonPointer::parse(tail).unwrap_or_default();
        let place = places[holder].join(&tail);
        places.insert(*target, place);
    }

    let emitter = Emitter {
        sources,
        index,
        places,
        kept,
    };
    let mut origins = vec![(JsonPointer::root(), Arc::clone(&file.path), JsonPointer::root())];
    let mut schema = emitter.unit(&root, &file.value);
    let mut definitions = Vec::new();
    for unit in &units {
        let other = &sources.files[unit.document];
        if let Ok(value) = lookup(&other.value, &unit.pointer) {
            definitions.push(emitter.unit(unit, value));
            origins.push((
                emitter.places[unit].clone(),
                Arc::clone(&other.path),
                unit.pointer.clone(),
            ));
        }
    }
    if let (Value::Object(object), false) = (&mut schema, names.is_empty()) {
        let held = object
            .entry(container)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(held) = held {
            held.extend(names.into_iter().zip(definitions));
        }
    }
    // Nodes that only a reference takes for schemas were copied as data; they are schemas all the same.
    for (target, _) in reached.targets.iter().filter(|(_, is_known)| !**is_known) {
        let place = emitter.place(target);
        let value = lookup(&sources.files[target.document].value, &target.pointer);
        if let (Ok(value), Some(node)) = (value, schema.pointer_mut(place.as_str())) {
            let mut pointer = target.pointer.clone();
            *node = emitter.schema(target.document, value, &mut pointer, false);
        }
    }
    Bundle {
        schema,
        draft: file.draft,
        dynamic: false,
        origins,
    }
}

/// The nearest enclosing node that is emitted and that `target` is in, not among its definitions.
fn holder<'t>(target: &Target, reached: &'t Reached) -> Option<&'t Target> {
    let mut outer = target.pointer.parent();
    while let Some(pointer) = outer {
        let candidate = Target {
            document: target.document,
            pointer,
        };
        if let Some((found, _)) = reached.targets.get_key_value(&candidate)
            && definition_of(&found.pointer, &target.pointer).is_none()
        {
            // A holder may itself be inside another one.
            return Some(holder(found, reached).unwrap_or(found));
        }
        outer = candidate.pointer.parent();
    }
    None
}

struct Emitter<'a> {
    sources: &'a Sources<'a>,
    index: usize,
    places: HashMap<&'a Target, JsonPointer>,
    kept: BTreeSet<JsonPointer>,
}

impl Emitter<'_> {
    fn place(&self, target: &Target) -> JsonPointer {
        match self.places.get(target) {
            Some(place) => place.clone(),
            None => target.pointer.clone(),
        }
    }

    fn unit(&self, target: &Target, value: &Value) -> Value {
        let mut pointer = target.pointer.clone();
        self.schema(target.document, value, &mut pointer, true)
    }

    /// A schema with its references rewritten and its names gone. Depth is bounded by the parser.
    fn schema(&self, document: usize, value: &Value, pointer: &mut JsonPointer, is_unit: bool) -> Value {
        let Value::Object(object) = value else {
            return value.clone();
        };
        let is_root = document == self.index && pointer.is_root();
        let draft = self.sources.files[document].draft;
        let mut built = Map::new();
        let mut bound = Vec::new();
        for (keyword, held) in object {
            let text = held.as_str();
            match (keyword.as_str(), text) {
                ("$ref", Some(text)) => {
                    built.insert(
                        keyword.clone(),
                        self.reference(document, pointer, RefKeyword::Ref, text),
                    );
                }
                ("$dynamicRef", Some(text)) if draft == Draft::Draft202012 => {
                    bound.push(self.reference(document, pointer, RefKeyword::DynamicRef, text));
                }
                ("$recursiveRef", Some(text)) if draft == Draft::Draft201909 => {
                    bound.push(self.reference(document, pointer, RefKeyword::RecursiveRef, text));
                }
                ("$schema", Some(_)) => {
                    if is_root {
                        built.insert(keyword.clone(), held.clone());
                    }
                }
                (name, Some(id)) if name == draft.id_keyword() => {
                    if is_root && is_harmless(id) {
                        built.insert(keyword.clone(), held.clone());
                    }
                }
                ("$anchor" | "$dynamicAnchor", Some(_)) if draft >= Draft::Draft201909 => {}
                ("$recursiveAnchor", _) if draft == Draft::Draft201909 => {}
                ("$defs" | "definitions", _) if is_root => {
                    let members = self.kept_definitions(keyword, held, pointer);
                    if !members.is_empty() {
                        built.insert(keyword.clone(), Value::Object(members));
                    }
                }
                ("$defs" | "definitions", _) if is_unit => {}
                _ => {
                    pointer.push(keyword);
                    let held = self.held(document, draft, keyword, held, pointer);
                    pointer.pop();
                    built.insert(keyword.clone(), held);
                }
            }
        }
        for reference in bound {
            bind(&mut built, reference);
        }
        Value::Object(built)
    }

    fn kept_definitions(&self, keyword: &str, held: &Value, pointer: &mut JsonPointer) -> Map<String, Value> {
        let mut members = Map::new();
        pointer.push(keyword);
        for (name, member) in held.as_object().into_iter().flatten() {
            pointer.push(name);
            if self.kept.contains(pointer) {
                members.insert(name.clone(), self.schema(self.index, member, pointer, false));
            }
            pointer.pop();
        }
        pointer.pop();
        members
    }

    /// The value of a keyword, which may hold schemas.
    fn held(
        &self,
        document: usize,
        draft: Draft,
        keyword: &str,
        held: &Value,
        pointer: &mut JsonPointer,
    ) -> Value {
        let mut nested = |token: &str, value: &Value| {
            pointer.push(token);
            let value = self.schema(document, value, pointer, false);
            pointer.pop();
            value
        };
        match (applicator(draft, keyword), held) {
            (Some((Shape::One | Shape::OneOrList, _)), Value::Object(_)) => {
                self.schema(document, held, pointer, false)
            }
            (Some((Shape::List | Shape::OneOrList, _)), Value::Array(items)) => Value::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| nested(&index.to_string(), item))
                    .collect(),
            ),
            (Some((Shape::Map, _)), Value::Object(members)) => {
                let members = members
                    .iter()
                    .map(|(name, member)| (name.clone(), nested(name, member)));
                Value::Object(members.collect())
            }
            _ => held.clone(),
        }
    }

    fn reference(&self, document: usize, schema: &JsonPointer, keyword: RefKeyword, text: &str) -> Value {
        Value::String(match self.sources.target(document, schema, keyword, text) {
            Some(target) if target.document < self.sources.files.len() => {
                pointer_fragment(&self.place(&target))
            }
            // An official metaschema: its absolute URI is known everywhere.
            Some(_) | None => text.to_owned(),
        })
    }
}

/// Adds a reference that was dynamic to a schema that may have one already.
fn bind(schema: &mut Map<String, Value>, reference: Value) {
    if !schema.contains_key("$ref") {
        schema.insert("$ref".to_owned(), reference);
        return;
    }
    let branch = Value::Object(Map::from_iter([("$ref".to_owned(), reference)]));
    match schema.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(branches) => branches.push(branch),
        other => *other = Value::Array(vec![branch]),
    }
}

/// Whether a root may keep its id: an absolute URI without fragment, under which `#/…` means the bundle itself.
fn is_harmless(id: &str) -> bool {
    let id = id.strip_suffix('#').unwrap_or(id);
    !id.contains('#') && Draft::from_uri(id).is_none() && referencing::Uri::parse(id).is_ok()
}
