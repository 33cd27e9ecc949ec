//! Bundles with dynamic references that several places may bind: whole files, embedded with their `$id`s, so that a
//! validator finds the same dynamic scope as in the files.

use std::collections::BTreeSet;
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location, Severity};
use serde_json::{Map, Value};

use super::{Bundle, Sources, name};
use crate::reference::RefKeyword;
use crate::rules::mixed_drafts;
use crate::walk::{Shape, applicator};

pub(super) fn bundle(sources: &Sources<'_>, index: usize) -> Result<Bundle, Vec<Diagnostic>> {
    let documents = reached(sources, index)?;
    let root = &sources.files[index];
    let mut schema = embed(sources, index);
    let container = root.draft.definitions_keyword();
    let taken = schema
        .get(container)
        .and_then(Value::as_object)
        .map(|members| members.keys().cloned().collect())
        .unwrap_or_default();
    let whole = JsonPointer::root();
    let others: Vec<usize> = documents
        .into_iter()
        .filter(|document| *document != index)
        .collect();
    let names = name::names(
        others.iter().map(|document| (sources.inside(*document), &whole)),
        taken,
    );
    let mut origins = vec![(JsonPointer::root(), Arc::clone(&root.path), JsonPointer::root())];
    for (document, name) in others.into_iter().zip(names) {
        let place = JsonPointer::root().child(container).child(&name);
        origins.push((
            place,
            Arc::clone(&sources.files[document].path),
            JsonPointer::root(),
        ));
        if let Value::Object(object) = &mut schema
            && let Value::Object(held) = object
                .entry(container)
                .or_insert_with(|| Value::Object(Map::new()))
        {
            held.insert(name, embed(sources, document));
        }
    }
    Ok(Bundle {
        schema,
        draft: root.draft,
        dynamic: true,
        origins,
    })
}

/// The files that are referred to from anywhere in a file that is embedded.
fn reached(sources: &Sources<'_>, index: usize) -> Result<BTreeSet<usize>, Vec<Diagnostic>> {
    let mut documents = BTreeSet::from([index]);
    let mut open = vec![index];
    let mut problems = Vec::new();
    while let Some(document) = open.pop() {
        let file = &sources.files[document];
        for link in &sources.links[document] {
            let location =
                || Location::value(Arc::clone(&file.path), link.schema.child(link.keyword.as_str()));
            match &link.target {
                Ok(target) if target.document >= sources.files.len() => {}
                Ok(target) if sources.files[target.document].draft != sources.files[index].draft => {
                    let message = format!(
                        "dynamic references cannot cross from {} to {}",
                        sources.files[index].draft, sources.files[target.document].draft
                    );
                    problems.push(
                        Diagnostic::new(mixed_drafts::ID, Severity::Error, location(), message)
                            .with_help("bring both schemas to one draft"),
                    );
                }
                Ok(target) => {
                    if documents.insert(target.document) {
                        open.push(target.document);
                    }
                }
                Err(error) => {
                    let id = error.kind.rule_id();
                    let mut problem = Diagnostic::new(id, Severity::Error, location(), error.message.clone());
                    problem.help.clone_from(&error.help);
                    problems.push(problem);
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(documents)
    } else {
        Err(problems)
    }
}

/// A whole file with an absolute `$id`, its references to other files made absolute.
fn embed(sources: &Sources<'_>, document: usize) -> Value {
    let file = &sources.files[document];
    let uri = Value::String(sources.resolver.resource_uri(sources.files, document, 0));
    let mut pointer = JsonPointer::root();
    let mut schema = rewrite(sources, document, &file.value, &mut pointer);
    match &mut schema {
        Value::Object(object) => {
            object.insert(file.draft.id_keyword().to_owned(), uri);
            schema
        }
        _ => Value::Object(Map::from_iter([
            (file.draft.id_keyword().to_owned(), uri),
            ("allOf".to_owned(), Value::Array(vec![schema])),
        ])),
    }
}

/// Depth is bounded by the parser.
fn rewrite(sources: &Sources<'_>, document: usize, value: &Value, pointer: &mut JsonPointer) -> Value {
    let Value::Object(object) = value else {
        return value.clone();
    };
    let mut built = Map::new();
    for (keyword, held) in object {
        let reference = match keyword.as_str() {
            "$ref" => Some(RefKeyword::Ref),
            "$dynamicRef" => Some(RefKeyword::DynamicRef),
            _ => None,
        };
        let held = if let (Some(reference), Value::String(text)) = (reference, held) {
            Value::String(absolute(sources, document, pointer, reference, text))
        } else {
            pointer.push(keyword);
            let held = rewrite_held(sources, document, keyword, held, pointer);
            pointer.pop();
            held
        };
        built.insert(keyword.clone(), held);
    }
    Value::Object(built)
}

/// The value of a keyword, which may hold schemas.
fn rewrite_held(
    sources: &Sources<'_>,
    document: usize,
    keyword: &str,
    held: &Value,
    pointer: &mut JsonPointer,
) -> Value {
    let mut nested = |token: &str, value: &Value| {
        pointer.push(token);
        let value = rewrite(sources, document, value, pointer);
        pointer.pop();
        value
    };
    match (applicator(sources.files[document].draft, keyword), held) {
        (Some((Shape::List | Shape::OneOrList, _)), Value::Array(items)) => {
            let items = items
                .iter()
                .enumerate()
                .map(|(at, item)| nested(&at.to_string(), item));
            Value::Array(items.collect())
        }
        (Some((Shape::Map, _)), Value::Object(members)) => {
            let members = members
                .iter()
                .map(|(name, member)| (name.clone(), nested(name, member)));
            Value::Object(members.collect())
        }
        (Some(_), Value::Object(_)) => rewrite(sources, document, held, pointer),
        _ => held.clone(),
    }
}

/// `text` with the absolute URI of the resource that it means; unchanged when it stays in its own resource.
fn absolute(
    sources: &Sources<'_>,
    document: usize,
    schema: &JsonPointer,
    keyword: RefKeyword,
    text: &str,
) -> String {
    let (uri, fragment) = match text.split_once('#') {
        Some((uri, fragment)) => (uri, Some(fragment)),
        None => (text, None),
    };
    if uri.is_empty() {
        return text.to_owned();
    }
    // Without the fragment: a pointer may lead on into an inner resource, but starts from the outer one.
    match sources.target(document, schema, keyword, uri) {
        Some(target) if target.document < sources.files.len() => {
            let index = sources.resolver.document(target.document);
            let resource = index.resource_at(&target.pointer);
            let uri = sources
                .resolver
                .resource_uri(sources.files, target.document, resource);
            match fragment {
                Some(fragment) => format!("{uri}#{fragment}"),
                None => uri,
            }
        }
        Some(_) | None => text.to_owned(),
    }
}
