//! `unevaluatedProperties` and `unevaluatedItems`, by cases.
//!
//! What adjacent keywords evaluate depends on which alternatives hold. Each combination becomes one case, a condition
//! and a plain "all other members"; the cases exclude each other and together cover every document, so exactly one of
//! them says what the keyword says.

use serde_json::{Map, Value};

use super::{BuildError, Builder, Place, objects};
use crate::Draft;
use crate::ir::{Arena, Except, Id, Node};

/// Combinations of alternatives beyond which a schema is left opaque.
const CASE_LIMIT: usize = 128;

/// Members or items that are evaluated under some condition.
#[derive(Clone, Default)]
struct Case {
    conditions: Vec<Id>,
    /// Every member, or every item.
    all: bool,
    names: Except,
    /// Items before this index.
    prefix: u64,
    /// Items that satisfy one of these.
    matching: Vec<Id>,
}

/// Which of the two keywords is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Properties,
    Items,
}

/// `rest`, the node of all other keywords of the schema, with its `unevaluated…` keywords.
pub(super) fn unevaluated<'a>(
    builder: &mut Builder<'a, '_>,
    members: &'a Map<String, Value>,
    rest: Id,
    place: Place,
) -> Result<Id, BuildError> {
    let mut parts = vec![rest];
    for (keyword, kind) in [
        ("unevaluatedItems", Kind::Items),
        ("unevaluatedProperties", Kind::Properties),
    ] {
        let Some(content) = members.get(keyword) else {
            continue;
        };
        let schema = builder.rest(content, place)?;
        let mut search = Search {
            builder,
            kind,
            draft: place.draft,
        };
        let Some(cases) = search.cases(rest)? else {
            parts.push(builder.opaque(&format!("{keyword} over many alternatives"))?);
            continue;
        };
        let mut alternatives = Vec::with_capacity(cases.len());
        for case in cases {
            alternatives.push(alternative(builder, case, kind, schema)?);
        }
        parts.push(builder.arena.or(alternatives, builder.budget)?);
    }
    Ok(builder.arena.and(parts, builder.budget)?)
}

fn alternative(builder: &mut Builder<'_, '_>, case: Case, kind: Kind, schema: Id) -> Result<Id, BuildError> {
    let mut parts = case.conditions;
    if !case.all {
        parts.push(match kind {
            Kind::Properties => objects::rest(builder, case.names, schema)?,
            Kind::Items => {
                let mut allowed = case.matching;
                allowed.push(schema);
                let allowed = if schema == Arena::ANYTHING {
                    schema
                } else if allowed.contains(&Arena::TRUE) {
                    Arena::TRUE
                } else {
                    allowed.retain(|id| *id != Arena::FALSE);
                    builder.arena.or(allowed, builder.budget)?
                };
                builder.node(Node::Items(case.prefix, allowed))?
            }
        });
    }
    Ok(builder.arena.and(parts, builder.budget)?)
}

struct Search<'b, 'a, 'q> {
    builder: &'b mut Builder<'a, 'q>,
    kind: Kind,
    draft: Draft,
}

impl Search<'_, '_, '_> {
    /// What `id` evaluates where it holds; `None` if that takes too many cases or cannot be seen.
    fn cases(&mut self, id: Id) -> Result<Option<Vec<Case>>, BuildError> {
        let cases = self.all_cases(id)?;
        // The cases cover everything: if each evaluates all, no distinction is needed.
        if cases
            .as_ref()
            .is_some_and(|cases| cases.iter().all(|case| case.all))
        {
            return Ok(Some(vec![Case {
                all: true,
                ..Case::default()
            }]));
        }
        Ok(cases)
    }

    fn all_cases(&mut self, id: Id) -> Result<Option<Vec<Case>>, BuildError> {
        self.builder.budget.step()?;
        let one = |case: Case| Ok(Some(vec![case]));
        match self.builder.arena.get(id).clone() {
            Node::And(parts) => {
                let mut product = vec![Case::default()];
                for part in parts.iter() {
                    let Some(cases) = self.cases(*part)? else {
                        return Ok(None);
                    };
                    let Some(merged) = merge(&product, &cases) else {
                        return Ok(None);
                    };
                    product = merged;
                }
                Ok(Some(product))
            }
            Node::Or(parts) => {
                let mut product = vec![Case::default()];
                let mut relevant: Vec<Id> = parts.to_vec();
                relevant.retain(|part| self.matters(*part));
                if relevant.len() == parts.len() && self.each_evaluates_all(&relevant)? {
                    return one(Case {
                        all: true,
                        ..Case::default()
                    });
                }
                for part in &relevant {
                    let Some(mut cases) = self.holding(*part)? else {
                        return Ok(None);
                    };
                    cases.push(self.failing(*part)?);
                    let Some(merged) = merge(&product, &cases) else {
                        return Ok(None);
                    };
                    product = merged;
                }
                Ok(Some(product))
            }
            Node::One(parts) => {
                let mut cases = Vec::new();
                let mut none = Case::default();
                let mut others = false;
                for part in parts.iter() {
                    if self.matters(*part) {
                        let Some(more) = self.holding(*part)? else {
                            return Ok(None);
                        };
                        cases.extend(more);
                        none.conditions.extend(self.failing(*part)?.conditions);
                    } else {
                        others = true;
                    }
                }
                if others || cases.is_empty() {
                    cases.push(none);
                }
                Ok((cases.len() <= CASE_LIMIT).then_some(cases))
            }
            Node::If(condition, then, otherwise) => {
                let (Some(holding), Some(then), Some(otherwise)) = (
                    self.holding(condition)?,
                    self.cases(then)?,
                    self.cases(otherwise)?,
                ) else {
                    return Ok(None);
                };
                let failing = vec![self.failing(condition)?];
                let (Some(mut cases), Some(more)) = (merge(&holding, &then), merge(&failing, &otherwise))
                else {
                    return Ok(None);
                };
                cases.extend(more);
                Ok((cases.len() <= CASE_LIMIT).then_some(cases))
            }
            Node::When(name, then) => {
                if !self.matters(then) {
                    return one(Case::default());
                }
                let Some(mut cases) = self.cases(then)? else {
                    return Ok(None);
                };
                let present = objects::present(self.builder, name)?;
                let absent = self.builder.arena.not(present, self.builder.budget)?;
                for case in &mut cases {
                    case.conditions.push(present);
                }
                cases.push(Case {
                    conditions: vec![absent],
                    ..Case::default()
                });
                Ok(Some(cases))
            }
            // Its body may not be known yet.
            Node::Ref(_) | Node::Opaque(_) => Ok(None),
            // Whether `contains` evaluates items in 2019-09 is read differently by different validators.
            Node::ContainsMin(..) if self.kind == Kind::Items && self.draft == Draft::V201909 => Ok(None),
            node => one(self.own(&node)),
        }
    }

    fn each_evaluates_all(&mut self, parts: &[Id]) -> Result<bool, BuildError> {
        for part in parts {
            match self.cases(*part)? {
                Some(cases) if cases.iter().all(|case| case.all) => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// What a single assertion evaluates.
    fn own(&self, node: &Node) -> Case {
        let mut case = Case::default();
        match (self.kind, node) {
            (Kind::Properties, Node::Property(name, _)) => case.names.names.push(*name),
            (Kind::Properties, Node::PatternProperty(pattern, _)) => case.names.patterns.push(*pattern),
            // What it excepts is evaluated by its siblings.
            (Kind::Properties, Node::Rest(..)) | (Kind::Items, Node::Items(..)) => case.all = true,
            (Kind::Items, Node::Item(index, _)) => case.prefix = index + 1,
            (Kind::Items, Node::ContainsMin(schema, _)) => case.matching.push(*schema),
            _ => {}
        }
        case
    }

    /// Whether anything below evaluates members or items, or might.
    fn matters(&self, id: Id) -> bool {
        let arena = &self.builder.arena;
        match arena.get(id) {
            Node::And(parts) | Node::Or(parts) | Node::One(parts) => {
                parts.iter().any(|part| self.matters(*part))
            }
            Node::If(condition, then, otherwise) => [condition, then, otherwise]
                .into_iter()
                .any(|part| self.matters(*part)),
            Node::When(_, then) => self.matters(*then),
            Node::Ref(_) | Node::Opaque(_) => true,
            Node::Property(..) | Node::PatternProperty(..) | Node::Rest(..) => self.kind == Kind::Properties,
            Node::Item(..) | Node::Items(..) | Node::ContainsMin(..) => self.kind == Kind::Items,
            _ => false,
        }
    }

    fn holding(&mut self, id: Id) -> Result<Option<Vec<Case>>, BuildError> {
        let Some(mut cases) = self.cases(id)? else {
            return Ok(None);
        };
        for case in &mut cases {
            case.conditions.push(id);
        }
        Ok(Some(cases))
    }

    fn failing(&mut self, id: Id) -> Result<Case, BuildError> {
        let negated = self.builder.arena.not(id, self.builder.budget)?;
        Ok(Case {
            conditions: vec![negated],
            ..Case::default()
        })
    }
}

/// Every case of one side with every case of the other; `None` if they are too many.
fn merge(left: &[Case], right: &[Case]) -> Option<Vec<Case>> {
    if left.len() * right.len() > CASE_LIMIT {
        return None;
    }
    let mut merged = Vec::with_capacity(left.len() * right.len());
    for left in left {
        for right in right {
            let mut case = left.clone();
            case.conditions.extend_from_slice(&right.conditions);
            case.all |= right.all;
            case.names.names.extend_from_slice(&right.names.names);
            case.names.patterns.extend_from_slice(&right.names.patterns);
            case.prefix = case.prefix.max(right.prefix);
            case.matching.extend_from_slice(&right.matching);
            merged.push(case);
        }
    }
    Some(merged)
}
