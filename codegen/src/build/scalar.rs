//! Strings, numbers, and lists of values.

use serde_json::Value;

use super::{Builder, pattern, residual};
use crate::docs;
use crate::input::Formats;
use crate::naming::{Style, assign};
use crate::normalize::{Bound, Node, Place, Types, number};
use crate::shape::{
    Check, Docs, EnumVariant, Expr, Formatted, Limit, Machine, Shape, Slot, TextShape, TypeRef,
};

use super::Collision;

impl Builder<'_> {
    pub(super) fn string(&mut self, place: &Place, node: &Node, id: usize, name: &str) -> Slot {
        let mut checks = Vec::new();
        let mut formatted = None;
        let mut format = None;
        let asserted: Vec<&str> = match self.formats {
            Formats::Annotate => Vec::new(),
            Formats::Assert => node
                .formats
                .iter()
                .map(String::as_str)
                .filter(|name| self.document.dialect.asserts_format(name))
                .collect(),
        };
        for wanted in asserted {
            let own = match wanted {
                "date-time" => Some(Formatted::Timestamp),
                "date" => Some(Formatted::Date),
                "time" => Some(Formatted::Time),
                "duration" => Some(Formatted::Duration),
                "uuid" => Some(Formatted::Uuid),
                _ => None,
            };
            let simple = match wanted {
                "ipv4" => Some("Ipv4"),
                "ipv6" => Some("Ipv6"),
                "json-pointer" => Some("JsonPointer"),
                _ => None,
            };
            if own.is_some() && formatted.is_none() {
                formatted = own;
            } else if simple.is_some() && format.is_none() {
                format = simple;
            } else {
                checks.push(residual(place));
            }
        }
        let mut patterns = Vec::new();
        for source in &node.patterns {
            match pattern::translate(source) {
                Some(pattern) => patterns.push(pattern),
                None => checks.push(residual(place)),
            }
        }
        if formatted.is_some() && format.take().is_some() {
            checks.push(residual(place));
        }
        checks.truncate(1);
        let minimum = node.min_length.unwrap_or(0);
        let maximum = node.max_length.unwrap_or(usize::MAX);
        let limited = minimum > 0 || maximum < usize::MAX;
        if let Some(formatted) = formatted {
            if limited {
                checks.push(Check::Length { minimum, maximum });
            }
            if !patterns.is_empty() {
                checks.push(Check::Patterns(patterns));
            }
            return Slot {
                expr: Expr::Formatted(formatted),
                checks,
                classified: node.annotations.classified,
            };
        }
        if !limited && patterns.is_empty() && format.is_none() && !node.annotations.classified {
            return Slot {
                checks,
                ..Slot::plain(Expr::String)
            };
        }
        self.define(
            id,
            name,
            place,
            node,
            Shape::Text(TextShape {
                minimum,
                maximum,
                patterns,
                format,
            }),
        );
        Slot {
            checks,
            ..Slot::plain(Expr::Named(TypeRef::Local(id)))
        }
    }

    pub(super) fn number(node: &Node) -> Slot {
        let limit = |bound: &Option<Bound>| -> Limit {
            bound.as_ref().map(|bound| (bound.text.clone(), bound.exclusive))
        };
        let decimal = |with_bounds: bool| {
            let check = Check::Decimal {
                minimum: if with_bounds { limit(&node.minimum) } else { None },
                maximum: if with_bounds { limit(&node.maximum) } else { None },
                multiple: node.multiple.clone(),
            };
            let idle = matches!(&check, Check::Decimal { minimum: None, maximum: None, multiple } if multiple.is_empty());
            if idle { Vec::new() } else { vec![check] }
        };
        let classified = node.annotations.classified;
        if !node.types.only(Types::INTEGER) {
            return Slot {
                expr: Expr::Number,
                checks: decimal(true),
                classified,
            };
        }
        let format = node.formats.iter().find_map(|format| Machine::of_format(format));
        let (mut low, mut high) = (
            node.minimum.as_ref().and_then(lowest),
            node.maximum.as_ref().and_then(highest),
        );
        if let Some(machine) = format {
            let range = machine.range();
            // A bound that is no machine number at all is left to the decimal check.
            if node.minimum.is_none() || low.is_some() {
                low = Some(low.map_or(range.0, |low| low.max(range.0)));
            }
            if node.maximum.is_none() || high.is_some() {
                high = Some(high.map_or(range.1, |high| high.min(range.1)));
            }
        }
        if let (Some(minimum), Some(maximum)) = (low, high) {
            let fits = |machine: Machine| minimum >= machine.range().0 && maximum <= machine.range().1;
            let machine = format
                .filter(|machine| fits(*machine))
                .or_else(|| (minimum >= 0 && fits(Machine::U64)).then_some(Machine::U64))
                .or_else(|| fits(Machine::I64).then_some(Machine::I64));
            if let Some(machine) = machine
                && minimum <= maximum
            {
                let mut checks = decimal(false);
                if machine.range() != (minimum, maximum) {
                    checks.insert(0, Check::Range { minimum, maximum });
                }
                return Slot {
                    expr: Expr::Machine(machine),
                    checks,
                    classified,
                };
            }
        }
        Slot {
            expr: Expr::Integer,
            checks: decimal(true),
            classified,
        }
    }

    /// `enum` and `const`.
    pub(super) fn listed(
        &mut self,
        place: &Place,
        node: &Node,
        values: &[Value],
        id: usize,
        name: &str,
    ) -> Slot {
        let values: Vec<&Value> = values
            .iter()
            .filter(|value| node.types.has(Types::of(value)))
            .collect();
        let mut checks = Vec::new();
        if node.is_more_than_values() {
            checks.push(residual(place));
        }
        let types = values
            .iter()
            .fold(Types::NONE, |types, value| types.or(Types::of(value)));
        let plain: Vec<&Value> = values.iter().copied().filter(|value| !value.is_null()).collect();
        let nullable = plain.len() < values.len() && !plain.is_empty();
        let core = types.without(if nullable { Types::NULL } else { Types::NONE });
        let list = || Check::Listed(values.iter().map(|value| (*value).clone()).collect());
        let classified = node.annotations.classified;
        let expr = if values.is_empty() {
            return Slot {
                checks: vec![Check::Never],
                ..Slot::plain(Expr::Any)
            };
        } else if core == Types::STRING {
            let texts: Vec<&str> = plain.iter().filter_map(|value| value.as_str()).collect();
            self.string_enum(place, node, &texts, node.open, id, name);
            Expr::Named(TypeRef::Local(id))
        } else if core == Types::NULL {
            Expr::Null
        } else if core == Types::BOOLEAN {
            if plain.len() < 2 {
                checks.push(list());
            }
            Expr::Bool
        } else if core.only(Types::INTEGER) {
            checks.push(list());
            let range = plain
                .iter()
                .map(|value| number::to_i128(&value.to_string()))
                .collect::<Option<Vec<_>>>();
            let fits = |machine: Machine| {
                range.as_ref().is_some_and(|range| {
                    range
                        .iter()
                        .all(|value| (machine.range().0..=machine.range().1).contains(value))
                })
            };
            if fits(Machine::U64) {
                Expr::Machine(Machine::U64)
            } else if fits(Machine::I64) {
                Expr::Machine(Machine::I64)
            } else {
                Expr::Integer
            }
        } else {
            checks.push(list());
            return Slot {
                expr: Expr::Any,
                checks,
                classified,
            };
        };
        // An enum prints its value: whatever holds it must not.
        if nullable {
            let inner = Slot {
                expr,
                checks: Vec::new(),
                classified,
            };
            Slot {
                expr: Expr::Nullable(Box::new(inner)),
                checks,
                classified: false,
            }
        } else {
            Slot {
                expr,
                checks,
                classified,
            }
        }
    }

    pub(super) fn string_enum(
        &mut self,
        place: &Place,
        node: &Node,
        texts: &[&str],
        open: bool,
        id: usize,
        name: &str,
    ) {
        let variants = self.variants(place, node, texts, open);
        self.define(id, name, place, node, Shape::Enum { variants, open });
    }

    fn variants(&mut self, place: &Place, node: &Node, texts: &[&str], open: bool) -> Vec<EnumVariant> {
        let mut texts: Vec<&str> = texts.to_vec();
        let mut seen = std::collections::BTreeSet::new();
        texts.retain(|text| seen.insert(*text));
        let chosen = |text: &str| {
            node.annotations
                .rust_name
                .as_ref()?
                .as_object()?
                .get(text)?
                .as_str()
                .map(str::to_owned)
        };
        let reserved: &[&str] = if open { &["Unknown"] } else { &[] };
        let (names, collisions) = assign(&texts, chosen, Style::Pascal, reserved);
        for (index, earlier) in collisions {
            self.collisions.push(Collision {
                pointer: node
                    .values_at
                    .clone()
                    .or_else(|| place.parts.first().cloned())
                    .unwrap_or_default(),
                kind: "enum value",
                name: texts[index].to_owned(),
                other: texts[earlier].to_owned(),
                rust: names[earlier].clone(),
            });
        }
        texts
            .iter()
            .zip(names)
            .map(|(text, rust)| EnumVariant {
                text: (*text).to_owned(),
                rust,
                docs: Docs {
                    facts: vec![format!("`{}`", docs::code(text))],
                    ..Docs::default()
                },
            })
            .collect()
    }
}

impl Node {
    /// Whether more than `enum`, `const` and `type` holds here, so that listed values may still be invalid.
    pub(super) fn is_more_than_values(&self) -> bool {
        self.minimum.is_some()
            || self.maximum.is_some()
            || !self.multiple.is_empty()
            || self.min_length.is_some()
            || self.max_length.is_some()
            || !self.patterns.is_empty()
            || !self.formats.is_empty()
            || !self.prefix.is_empty()
            || !self.items.is_empty()
            || self.min_items.is_some()
            || self.max_items.is_some()
            || self.unique
            || !self.members.is_empty()
            || !self.required.is_empty()
            || self.min_properties.is_some()
            || self.max_properties.is_some()
            || self.unevaluated.is_some()
            || !self.unions.is_empty()
            || !self.residual.is_empty()
    }
}

/// The lowest integer that a lower bound admits.
fn lowest(bound: &Bound) -> Option<i128> {
    if let Some(value) = number::to_i128(&bound.text) {
        return Some(if bound.exclusive { value + 1 } else { value });
    }
    let floor = floor(&bound.text)?;
    Some(floor + 1)
}

/// The highest integer that an upper bound admits.
fn highest(bound: &Bound) -> Option<i128> {
    if let Some(value) = number::to_i128(&bound.text) {
        return Some(if bound.exclusive { value - 1 } else { value });
    }
    floor(&bound.text)
}

/// The floor of a number that is no integer; `None` for one out of all proportion.
fn floor(text: &str) -> Option<i128> {
    if number::is_integer(text) {
        return None;
    }
    let value: f64 = text.parse().ok()?;
    if value.abs() > 1e15 {
        return None;
    }
    // Below 2^53 the nearest binary number has the same floor, unless it rounded up to an integer.
    let floor = value.floor();
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    let mut whole = floor as i128;
    if number::compare(&whole.to_string(), text) == Some(std::cmp::Ordering::Greater) {
        whole -= 1;
    }
    Some(whole)
}
