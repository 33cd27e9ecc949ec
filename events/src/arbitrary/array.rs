//! Arrays: how many items, and what each of them has to satisfy.

use serde_json::Value;

use super::demand::Demand;
use super::engine::Run;
use super::schema::Part;

/// How many items beyond the least number are built.
const MORE: usize = 4;
/// Longer arrays are not built, whatever is asked.
const LONGEST: usize = 5_000;

impl<'s> Run<'s, '_> {
    pub(super) fn array(&mut self, demand: &Demand<'s>, depth: usize) -> Option<Value> {
        let contained: usize = demand.contains.iter().map(|(_, least)| least).sum();
        let least = demand.min_items.max(contained);
        let prefix = demand
            .items
            .iter()
            .map(|rule| rule.prefix.len())
            .max()
            .unwrap_or(0);
        let most = demand.max_items.min(least.max(prefix).saturating_add(MORE));
        if least > most || least > LONGEST {
            return None;
        }
        let length = if self.sparing(depth) {
            least
        } else {
            self.choices.between(least, most)
        };
        let mut wanted: Vec<&Part<'s>> = Vec::new();
        for (part, least) in &demand.contains {
            wanted.extend(std::iter::repeat_n(part, *least));
        }
        let mut items: Vec<Value> = Vec::new();
        let mut seen: Vec<String> = Vec::new();
        let mut wanted = wanted.into_iter();
        // The asked ones come last: a prefix is often of other types.
        let first_wanted = length.saturating_sub(contained);
        while items.len() < length {
            let Some(mut goal) = item(demand, items.len()) else {
                break;
            };
            if items.len() >= first_wanted {
                goal.extend(wanted.next().cloned());
            }
            let mut item = self.value(&goal, depth + 1);
            if demand.unique {
                let known = |item: &Option<Value>, seen: &[String]| {
                    item.as_ref()
                        .is_some_and(|item| seen.contains(&crate::json::canonical(item)))
                };
                for _ in 0..16 {
                    if !known(&item, &seen) {
                        break;
                    }
                    item = self.value(&goal, depth + 1);
                }
                if known(&item, &seen) {
                    break;
                }
            }
            let Some(item) = item else { break };
            if demand.unique {
                seen.push(crate::json::canonical(&item));
            }
            items.push(item);
        }
        (items.len() >= least).then_some(Value::Array(items))
    }
}

/// What the item at `index` has to satisfy; `None` when there may be none.
fn item<'s>(demand: &Demand<'s>, index: usize) -> Option<Vec<Part<'s>>> {
    let mut goal: Vec<Part<'s>> = Vec::new();
    let mut spoken_of = false;
    for rule in &demand.items {
        let part = rule.prefix.get(index).or(rule.rest.as_ref());
        spoken_of |= part.is_some();
        goal.extend(part.cloned());
    }
    if !spoken_of {
        goal.extend(demand.unevaluated_items.clone());
    }
    goal.iter()
        .all(|part| part.schema != &Value::Bool(false))
        .then_some(goal)
}
