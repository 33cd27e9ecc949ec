//! What a contract reaches: the nodes that references lead to, transitively.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diagnostics::{Diagnostic, JsonPointer, Location, Severity};
use serde_json::Value;

use super::{Sources, dialect};
use crate::reference::{Link, RefError, RefKeyword, Target, lookup, references_of};
use crate::rules::mixed_drafts;
use crate::walk::{Shape, applicator, subschemas_at};
use crate::{Draft, SchemaFile};

/// What a bundle needs.
pub(super) struct Reached {
    /// Every node referred to, with whether its file holds a schema there by its keywords (else only the reference says
    /// so).
    pub(super) targets: BTreeMap<Target, bool>,
    /// Whether some dynamic reference may be bound to more than one place.
    pub(super) dynamic: bool,
}

/// One reference met on the way.
pub(super) struct Met {
    pub(super) schema: JsonPointer,
    pub(super) keyword: RefKeyword,
    pub(super) target: Result<Target, RefError>,
}

pub(super) fn collect(sources: &Sources<'_>, index: usize) -> Result<Reached, Vec<Diagnostic>> {
    let root = &sources.files[index];
    let mut collector = Collector {
        sources: *sources,
        root: index,
        draft: root.draft,
        targets: BTreeMap::new(),
        scanned: BTreeSet::new(),
        resources: BTreeSet::new(),
        bound: Vec::new(),
        problems: Vec::new(),
    };
    let mut open = vec![Target {
        document: index,
        pointer: JsonPointer::root(),
    }];
    while let Some(node) = open.pop() {
        collector.scan(&node, &mut open);
    }
    if !collector.problems.is_empty() {
        return Err(collector.problems);
    }
    let dynamic = collector
        .bound
        .iter()
        .any(|binding| collector.is_dynamic(binding));
    Ok(Reached {
        targets: collector.targets,
        dynamic,
    })
}

/// The references written in the subtree at `node`, without those in its own definitions, which count only when
/// something refers to them.
pub(super) fn references_below(sources: &Sources<'_>, node: &Target, is_known: bool) -> Vec<Met> {
    let file = &sources.files[node.document];
    if is_known {
        let is_own_definition = |schema: &JsonPointer| definition_of(&node.pointer, schema).is_some();
        return links_below(&sources.links[node.document], &node.pointer)
            .filter(|link| !is_own_definition(&link.schema))
            .map(|link| Met {
                schema: link.schema.clone(),
                keyword: link.keyword,
                target: link.target.clone().map_err(|error| *error),
            })
            .collect();
    }
    let Ok(value) = lookup(&file.value, &node.pointer) else {
        return Vec::new();
    };
    subschemas_at(value, file.draft, node.pointer.clone())
        .iter()
        .filter(|schema| definition_of(&node.pointer, &schema.pointer).is_none())
        .flat_map(|schema| references_of(schema, file.draft))
        .map(|found| Met {
            target: sources.resolver.resolve(
                sources.files,
                node.document,
                &found.schema,
                found.keyword,
                found.text,
            ),
            schema: found.schema,
            keyword: found.keyword,
        })
        .collect()
}

/// The links of schemas at or below `pointer`; `links` are sorted by pointer.
fn links_below<'l>(links: &'l [Link], pointer: &JsonPointer) -> impl Iterator<Item = &'l Link> {
    let own = links.partition_point(|link| link.schema < *pointer);
    let own = links[own..].iter().take_while({
        let pointer = pointer.clone();
        move |link| link.schema == pointer
    });
    // Between `/a` and `/a/b` may be `/a-b`, so what is below is a range of its own.
    let inside = format!("{pointer}/");
    let first = links.partition_point(|link| link.schema.as_str() < inside.as_str());
    own.chain(
        links[first..]
            .iter()
            .take_while(move |link| link.schema.as_str().starts_with(&inside)),
    )
}

/// The definition of `holder`'s own that `pointer` is in: `<holder>/$defs/<name>`.
pub(super) fn definition_of(holder: &JsonPointer, pointer: &JsonPointer) -> Option<JsonPointer> {
    let tail = pointer.as_str().strip_prefix(holder.as_str())?;
    let inner = tail
        .strip_prefix("/$defs/")
        .or_else(|| tail.strip_prefix("/definitions/"))?;
    let end = inner.find('/').map_or(pointer.as_str().len(), |end| {
        pointer.as_str().len() - inner.len() + end
    });
    JsonPointer::parse(&pointer.as_str()[..end])
}

/// Whether the keywords on the way say that there is a schema at `pointer`.
fn holds_schema(file: &SchemaFile, pointer: &JsonPointer) -> bool {
    let mut value = &file.value;
    let mut tokens = pointer.tokens();
    while let Some(keyword) = tokens.next() {
        let Some((shape, _)) = applicator(file.draft, &keyword) else {
            return false;
        };
        let Some(held) = value.get(&*keyword) else {
            return false;
        };
        let item = |value: &'_ Value, token: &str| -> bool { value.get(token).is_some() };
        value = match (shape, held) {
            (Shape::One | Shape::OneOrList, Value::Object(_) | Value::Bool(_)) => held,
            (Shape::List | Shape::OneOrList, Value::Array(items)) => {
                let index = tokens.next().and_then(|token| token.parse::<usize>().ok());
                match index.and_then(|index| items.get(index)) {
                    Some(item) => item,
                    None => return false,
                }
            }
            (Shape::Map, Value::Object(_)) => match tokens.next() {
                Some(name) if item(held, &name) => &held[&*name],
                _ => return false,
            },
            _ => return false,
        };
    }
    value.is_object() || value.is_boolean()
}

/// A dynamic reference that its target may not be the last word on.
struct Binding {
    target: Target,
    /// The anchor; `None` for `$recursiveRef`.
    name: Option<Box<str>>,
}

struct Collector<'r> {
    sources: Sources<'r>,
    root: usize,
    draft: Draft,
    targets: BTreeMap<Target, bool>,
    scanned: BTreeSet<Target>,
    /// (document, resource) that validation may enter.
    resources: BTreeSet<(usize, usize)>,
    bound: Vec<Binding>,
    problems: Vec<Diagnostic>,
}

impl Collector<'_> {
    fn scan(&mut self, node: &Target, open: &mut Vec<Target>) {
        if !self.scanned.insert(node.clone()) {
            return;
        }
        let file = &self.sources.files[node.document];
        let index = self.sources.resolver.document(node.document);
        self.resources
            .insert((node.document, index.resource_at(&node.pointer)));
        if index.resources.len() > 1 {
            let inside = index.resources.iter().enumerate();
            self.resources.extend(
                inside
                    .filter(|(_, resource)| resource.pointer.starts_with(&node.pointer))
                    .filter(|(_, resource)| definition_of(&node.pointer, &resource.pointer).is_none())
                    .map(|(number, _)| (node.document, number)),
            );
        }
        let is_known = holds_schema(file, &node.pointer);
        for met in references_below(&self.sources, node, is_known) {
            let place = met.schema.child(met.keyword.as_str());
            let target = match met.target {
                Ok(target) => target,
                Err(error) => {
                    let location = Location::value(Arc::clone(&file.path), place);
                    let mut problem =
                        Diagnostic::new(error.kind.rule_id(), Severity::Error, location, error.message);
                    problem.help = error.help;
                    self.problems.push(problem);
                    continue;
                }
            };
            if target.document >= self.sources.files.len() {
                continue;
            }
            if let Some(why) = self.disagreement(&target) {
                let location = Location::value(Arc::clone(&file.path), place);
                self.problems.push(
                    Diagnostic::new(mixed_drafts::ID, Severity::Error, location, why)
                        .with_help(format!("bring the schema that is referred to to {}", self.draft)),
                );
                continue;
            }
            self.bind(&target, met.keyword);
            self.reach(target, open);
        }
    }

    fn reach(&mut self, target: Target, open: &mut Vec<Target>) {
        let file = &self.sources.files[target.document];
        if !self.targets.contains_key(&target) {
            let is_known = holds_schema(file, &target.pointer);
            self.targets.insert(target.clone(), is_known);
        }
        // In the contract's own file a definition is kept whole when anything in it is referred to.
        let whole = if target.document == self.root {
            definition_of(&JsonPointer::root(), &target.pointer)
        } else {
            None
        };
        match whole {
            Some(pointer) if pointer != target.pointer => {
                open.push(Target {
                    document: target.document,
                    pointer,
                });
                open.push(target);
            }
            _ => open.push(target),
        }
    }

    /// Why `target` cannot be put into a document of the contract's draft.
    fn disagreement(&self, target: &Target) -> Option<String> {
        let file = &self.sources.files[target.document];
        let index = self.sources.resolver.document(target.document);
        let draft = index.resources[index.resource_at(&target.pointer)].draft;
        if draft == self.draft {
            return None;
        }
        let value = lookup(&file.value, &target.pointer).ok()?;
        let (place, keyword) = dialect::disagreement(value, draft, self.draft)?;
        Some(format!(
            "{} is {draft}, and `{keyword}` at {}#{}{place} means something else in {}, the draft of this contract",
            file.path, file.path, target.pointer, self.draft
        ))
    }

    fn bind(&mut self, target: &Target, keyword: RefKeyword) {
        let index = self.sources.resolver.document(target.document);
        let resource = &index.resources[index.resource_at(&target.pointer)];
        let name = match keyword {
            RefKeyword::Ref => return,
            RefKeyword::RecursiveRef => resource.recursive.then_some(None),
            RefKeyword::DynamicRef => resource
                .anchors
                .iter()
                .find(|(_, anchor)| anchor.dynamic && anchor.pointer == target.pointer)
                .map(|(name, _)| Some(name.clone())),
        };
        if let Some(name) = name {
            self.bound.push(Binding {
                target: target.clone(),
                name,
            });
        }
    }

    /// Whether another resource on the way also has what the reference may be bound to.
    fn is_dynamic(&self, binding: &Binding) -> bool {
        let here = self
            .sources
            .resolver
            .document(binding.target.document)
            .resource_at(&binding.target.pointer);
        self.resources.iter().any(|(document, number)| {
            let resource = &self.sources.resolver.document(*document).resources[*number];
            let candidate = match &binding.name {
                None => resource.recursive,
                Some(name) => resource.anchors.get(name).is_some_and(|anchor| anchor.dynamic),
            };
            candidate && (*document, *number) != (binding.target.document, here)
        })
    }
}
