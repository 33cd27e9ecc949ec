//! Every reference of every file with where it leads, and the loops among them that consume no input.
//!
//! A loop is a strongly connected set of references: from each, following it and the applicators that stay at the same
//! instance location (`allOf`, `anyOf`, `if`, `dependentSchemas`, …) leads to the next. Validating against such a schema
//! never ends. References below `properties` or `items` consume a level of the document, and are recursion, not loops.

use std::collections::HashMap;

use diagnostics::JsonPointer;
use rayon::prelude::*;
use serde_json::Value;

use super::resolver::{Resolver, document_at, lookup};
use super::{RefError, RefErrorKind, RefKeyword, Target, references_of};
use crate::SchemaFile;
use crate::walk::{Place, Shape, applicator, subschemas};

/// One reference of a file and where it leads.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// The schema that holds it.
    pub(crate) schema: JsonPointer,
    /// Which keyword.
    pub(crate) keyword: RefKeyword,
    /// Where it leads.
    pub(crate) target: Result<Target, Box<RefError>>,
}

/// The references of every file, those of one file sorted by pointer.
pub(crate) type Links = Vec<Vec<Link>>;

/// Resolves every reference, and marks one reference of each loop as [`RefErrorKind::Loop`].
pub(crate) fn link(files: &[SchemaFile], resolver: &Resolver) -> Links {
    let mut links: Links = (0..files.len())
        .into_par_iter()
        .map(|from| {
            let file = &files[from];
            let mut links: Vec<Link> = subschemas(&file.value, file.draft)
                .iter()
                .flat_map(|schema| references_of(schema, file.draft))
                .map(|found| Link {
                    target: resolver
                        .resolve(files, from, &found.schema, found.keyword, found.text)
                        .map_err(Box::new),
                    keyword: found.keyword,
                    schema: found.schema,
                })
                .collect();
            links.sort_by(|left, right| (&left.schema, left.keyword).cmp(&(&right.schema, right.keyword)));
            links.shrink_to_fit();
            links
        })
        .collect();
    let graph = Graph::new(files, &links);
    let mut errors: Vec<(Node, RefError)> = Vec::new();
    let mut looping = vec![false; graph.next.len()];
    for mut component in components(&graph.next) {
        component.sort_unstable();
        for vertex in &component {
            looping[*vertex] = true;
        }
        // References are numbered before targets, and every loop has one.
        let start = graph.references[component[0]];
        let chain = cycle(component[0], &component, &graph.next)
            .into_iter()
            .filter_map(|vertex| graph.references.get(vertex))
            .map(|(file, number)| (*file, links[*file][*number].schema.clone()))
            .collect();
        errors.push((start, loop_error(files, chain)));
    }
    errors.extend(
        long_chains(&graph, &looping)
            .into_iter()
            .map(|vertex| (graph.references[vertex], long_error())),
    );
    for ((file, number), error) in errors {
        links[file][number].target = Err(Box::new(error));
    }
    links
}

/// References that may apply to one place of a document one behind the other. A validator takes a stack frame or more for
/// each of them at each level of the document.
const LONGEST_CHAIN: usize = 100;

/// A reference by file and number in it.
type Node = (usize, usize);

fn loop_error(files: &[SchemaFile], chain: Vec<(usize, JsonPointer)>) -> RefError {
    const SHOWN: usize = 8;
    let mut steps: Vec<String> = chain
        .iter()
        .take(SHOWN)
        .map(|(file, pointer)| format!("{}#{pointer}", files[*file].path))
        .collect();
    if chain.len() > SHOWN {
        steps.push(format!("… ({} more)", chain.len() - SHOWN));
    }
    let what = match &steps[..] {
        [one] => {
            format!("following it leads back to {one} without consuming input, so validation never ends")
        }
        steps => {
            format!(
                "following it leads back to itself without consuming input: {}",
                steps.join(" → ")
            )
        }
    };
    let mut error = RefError::new(RefErrorKind::Loop, what)
        .with_help("break the loop, or put one of the references below `properties` or `items`");
    error.chain = chain
        .into_iter()
        .map(|(file, pointer)| (files[file].path.clone(), pointer))
        .collect();
    error
}

fn long_error() -> RefError {
    RefError::new(
        RefErrorKind::LongChain,
        format!("a chain of more than {LONGEST_CHAIN} references that apply to one place starts here"),
    )
    .with_help("refer to the end of the chain directly")
}

/// The references at which chains become too long: every longer chain passes through one of them.
fn long_chains(graph: &Graph, looping: &[bool]) -> Vec<usize> {
    let references = graph.references.len();
    // The references in a row from each vertex on, that vertex included.
    let mut length: Vec<Option<usize>> = vec![None; graph.next.len()];
    for start in 0..references {
        let mut open = vec![start];
        while let Some(vertex) = open.last().copied() {
            if length[vertex].is_some() || looping[vertex] {
                open.pop();
                continue;
            }
            let before = open.len();
            open.extend(
                graph.next[vertex]
                    .iter()
                    .filter(|next| length[**next].is_none() && !looping[**next]),
            );
            if open.len() > before {
                continue;
            }
            let behind = graph.next[vertex]
                .iter()
                .filter_map(|next| length[*next])
                .max()
                .unwrap_or_default();
            length[vertex] = Some(behind + usize::from(vertex < references));
            open.pop();
        }
    }
    (0..references)
        .filter(|vertex| length[*vertex] == Some(LONGEST_CHAIN + 1))
        .collect()
}

/// Vertices are references, and behind them the nodes that they lead to, so that a node with many references that many
/// references lead to costs their sum and not their product.
struct Graph {
    /// The references, in order.
    references: Vec<Node>,
    /// The successors of each vertex.
    next: Vec<Vec<usize>>,
}

impl Graph {
    fn new(files: &[SchemaFile], links: &Links) -> Self {
        let references: Vec<Node> = links
            .iter()
            .enumerate()
            .flat_map(|(file, links)| (0..links.len()).map(move |number| (file, number)))
            .collect();
        let mut targets: HashMap<&Target, usize> = HashMap::new();
        let mut next = vec![Vec::new(); references.len()];
        for (vertex, (file, number)) in references.iter().enumerate() {
            let Ok(target) = &links[*file][*number].target else {
                continue;
            };
            let number = *targets.entry(target).or_insert_with(|| {
                let met = in_place(files, links, target);
                next.push(
                    met.iter()
                        .filter_map(|node| references.binary_search(node).ok())
                        .collect(),
                );
                next.len() - 1
            });
            if !next[number].is_empty() {
                next[vertex].push(number);
            }
        }
        Self { references, next }
    }
}

/// The references that hold at the same instance location as `target`.
fn in_place(files: &[SchemaFile], links: &Links, target: &Target) -> Vec<Node> {
    let Some(links) = links.get(target.document) else {
        return Vec::new();
    };
    let file = document_at(files, target.document);
    let Ok(root) = lookup(&file.value, &target.pointer) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut open = vec![(root, target.pointer.clone())];
    while let Some((schema, pointer)) = open.pop() {
        let first = links.partition_point(|link| link.schema < pointer);
        let own = links[first..]
            .iter()
            .take_while(|link| link.schema == pointer)
            .count();
        found.extend((first..first + own).map(|number| (target.document, number)));
        let Some(object) = schema.as_object() else {
            continue;
        };
        if own > 0 && file.draft.ref_hides_siblings() {
            continue;
        }
        for (keyword, held) in object {
            let Some((shape, Place::Same)) = applicator(file.draft, keyword) else {
                continue;
            };
            let base = pointer.child(keyword);
            match (shape, held) {
                (Shape::List, Value::Array(items)) => {
                    open.extend(
                        items
                            .iter()
                            .enumerate()
                            .map(|(index, item)| (item, base.item(index))),
                    );
                }
                (Shape::Map, Value::Object(members)) => {
                    open.extend(members.iter().map(|(name, member)| (member, base.child(name))));
                }
                _ => open.push((held, base)),
            }
        }
    }
    found.sort_unstable();
    found
}

/// Strongly connected sets with a cycle in them (Tarjan, without recursion).
fn components(next: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut order = vec![UNSEEN; next.len()];
    let mut low = vec![0; next.len()];
    let mut on_stack = vec![false; next.len()];
    let (mut seen, mut stack, mut found) = (0, Vec::new(), Vec::new());
    for start in 0..next.len() {
        if order[start] != UNSEEN {
            continue;
        }
        let mut calls: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((vertex, at)) = calls.last_mut() {
            let vertex = *vertex;
            if *at == 0 {
                order[vertex] = seen;
                low[vertex] = seen;
                seen += 1;
                on_stack[vertex] = true;
                stack.push(vertex);
            }
            let successor = next[vertex].get(*at).copied();
            *at += 1;
            match successor {
                Some(successor) if order[successor] == UNSEEN => calls.push((successor, 0)),
                Some(successor) if on_stack[successor] => low[vertex] = low[vertex].min(order[successor]),
                Some(_) => {}
                None => {
                    calls.pop();
                    if let Some((parent, _)) = calls.last() {
                        low[*parent] = low[*parent].min(low[vertex]);
                    }
                    if low[vertex] == order[vertex] {
                        let at = stack
                            .iter()
                            .rposition(|other| *other == vertex)
                            .expect("still on the stack");
                        let component = stack.split_off(at);
                        for member in &component {
                            on_stack[*member] = false;
                        }
                        if component.len() > 1 || next[vertex].contains(&vertex) {
                            found.push(component);
                        }
                    }
                }
            }
        }
    }
    found
}

/// A shortest way from `start` back to it inside its component (breadth first).
fn cycle(start: usize, component: &[usize], next: &[Vec<usize>]) -> Vec<usize> {
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut level = vec![start];
    while !level.is_empty() {
        let mut after = Vec::new();
        for vertex in level {
            for successor in &next[vertex] {
                if *successor == start {
                    let mut chain = vec![vertex];
                    let mut at = vertex;
                    while at != start {
                        at = from[&at];
                        chain.push(at);
                    }
                    chain.reverse();
                    return chain;
                }
                if component.binary_search(successor).is_ok() && !from.contains_key(successor) {
                    from.insert(*successor, vertex);
                    after.push(*successor);
                }
            }
        }
        level = after;
    }
    vec![start]
}
