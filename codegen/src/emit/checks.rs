//! Checks: statements about `value` (a reference) at `at` (a path).

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Emitter, graph, ident, text};
use crate::emit::ascii_json;
use crate::input::Formats;
use crate::shape::{Check, Expr, Extra, Limit, Machine, Presence, Shape, Slot, Struct, TypeRef};

impl Emitter<'_> {
    /// The least set of types that have something to check, found by iteration so that recursion does not force one.
    pub(super) fn find_needs(&mut self) {
        loop {
            let mut changed = false;
            for id in 0..self.module.types.len() {
                let Some(def) = &self.module.types[id] else {
                    continue;
                };
                if self.needs[id] {
                    continue;
                }
                let own = match &def.shape {
                    Shape::Struct(shape) => {
                        !shape.checks.is_empty()
                            || !shape.forbidden.is_empty()
                            || matches!(shape.extra, Extra::Closed)
                            || matches!(&shape.extra, Extra::Typed { keys, .. } if !keys.is_empty())
                    }
                    Shape::Untagged { checks, .. } => !checks.is_empty(),
                    _ => false,
                };
                if own
                    || graph::slots(&def.shape)
                        .iter()
                        .any(|slot| self.slot_checks(id, slot).is_some())
                {
                    self.needs[id] = true;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
    }

    pub(super) fn needs_check(&self, reference: TypeRef) -> bool {
        match reference {
            TypeRef::Local(id) => self.needs[id],
            TypeRef::Shared(id) => self.shared.is_some_and(|shared| shared.needs[id]),
        }
    }

    /// `impl Check`; its body is empty when there is nothing to check.
    pub(super) fn check_impl(name: &proc_macro2::Ident, body: &TokenStream) -> TokenStream {
        if body.is_empty() {
            return quote!(impl rt::Check for #name {});
        }
        quote! {
            impl rt::Check for #name {
                fn check(&self, at: &rt::Path<'_>) -> Result<(), rt::Violation> {
                    #body
                    Ok(())
                }
            }
        }
    }

    pub(super) fn struct_checks(&self, id: usize, shape: &Struct) -> TokenStream {
        let mut body = TokenStream::new();
        for field in &shape.fields {
            let Some(checks) = self.slot_checks(id, &field.slot) else {
                continue;
            };
            let rust = ident(&field.rust);
            let json = text(&field.json);
            let inner = quote!(let at = &at.member(#json); #checks);
            body.extend(match field.presence {
                Presence::Required => quote!({ let value = &self.#rust; #inner }),
                Presence::Optional => quote!(if let Some(value) = &self.#rust { #inner }),
                Presence::Maybe => quote!(if let rt::Maybe::Value(value) = &self.#rust { #inner }),
            });
        }
        let names: Vec<_> = shape.forbidden.iter().map(|name| text(name)).collect();
        match &shape.extra {
            Extra::Open | Extra::Closed => {
                for name in &names {
                    body.extend(quote!(at.require(!self.unknown_.contains(#name), "properties")?;));
                }
                if matches!(shape.extra, Extra::Closed) {
                    body.extend(quote!(at.require(self.unknown_.is_empty(), "additionalProperties")?;));
                }
            }
            Extra::Typed { slot, rust, keys } => {
                let rust = ident(rust);
                for name in &names {
                    body.extend(quote!(at.require(!self.#rust.contains_key(#name), "properties")?;));
                }
                let slot = Slot {
                    expr: Expr::Map(slot.clone()),
                    checks: if keys.is_empty() {
                        Vec::new()
                    } else {
                        vec![Check::Keys(keys.clone())]
                    },
                    classified: false,
                };
                if let Some(checks) = self.slot_checks(id, &slot) {
                    body.extend(quote!({ let value = &self.#rust; #checks }));
                }
            }
        }
        for check in &shape.checks {
            let check = self.check(id, check, None);
            body.extend(quote!({ let value = self; #check }));
        }
        body
    }

    /// What is to be checked at a position; `None` when nothing is.
    pub(super) fn slot_checks(&self, id: usize, slot: &Slot) -> Option<TokenStream> {
        let mut body = TokenStream::new();
        match &slot.expr {
            Expr::Named(reference) if self.needs_check(*reference) => {
                body.extend(quote!(rt::Check::check(value, at)?;));
            }
            Expr::Array(item) => {
                if let Some(checks) = self.slot_checks(id, item) {
                    body.extend(quote! {
                        for (index, value) in value.iter().enumerate() {
                            let at = &at.item(index);
                            #checks
                        }
                    });
                }
            }
            Expr::Tuple(slots) => {
                for (index, slot) in slots.iter().enumerate() {
                    if let Some(checks) = self.slot_checks(id, slot) {
                        let place = Literal::usize_unsuffixed(index);
                        body.extend(
                            quote!({ let value = &value.#place; let at = &at.item(#place); #checks }),
                        );
                    }
                }
            }
            Expr::Map(inner) => {
                if let Some(checks) = self.slot_checks(id, inner) {
                    body.extend(quote! {
                        for (name, value) in value {
                            let at = &at.member(name);
                            #checks
                        }
                    });
                }
            }
            Expr::Nullable(inner) => {
                if let Some(checks) = self.slot_checks(id, inner) {
                    body.extend(quote!(if let Some(value) = value { #checks }));
                }
            }
            _ => {}
        }
        let mut residual = false;
        for check in &slot.checks {
            // One question to the validator is enough.
            if matches!(check, Check::Residual(_)) && std::mem::replace(&mut residual, true) {
                continue;
            }
            body.extend(self.check(id, check, Some(&slot.expr)));
        }
        (!body.is_empty()).then_some(body)
    }

    fn check(&self, id: usize, check: &Check, expr: Option<&Expr>) -> TokenStream {
        match check {
            Check::Range { minimum, maximum } => {
                let machine = match expr {
                    Some(Expr::Machine(machine)) => *machine,
                    _ => Machine::I64,
                };
                let (minimum, maximum) = (integer(*minimum, machine), integer(*maximum, machine));
                quote!(rt::check::range(*value, #minimum, #maximum, at)?;)
            }
            Check::Decimal {
                minimum,
                maximum,
                multiple,
            } => {
                let machine = matches!(expr, Some(Expr::Machine(_)));
                let value = if machine {
                    quote!(rt::check::decimal(value))
                } else {
                    quote!(value.decimal())
                };
                let (minimum, maximum) = (limit(minimum), limit(maximum));
                let multiple = multiple.iter().map(|unit| text(unit));
                quote!(rt::check::number(&#value, #minimum, #maximum, &[#(#multiple),*], at)?;)
            }
            Check::Count { minimum, maximum } => {
                let (low, high) = match expr {
                    Some(Expr::Map(_)) => ("minProperties", "maxProperties"),
                    _ => ("minItems", "maxItems"),
                };
                let (minimum, maximum) = (count(*minimum), count(*maximum));
                quote!(rt::check::count(value.len(), (#minimum, #low), (#maximum, #high), at)?;)
            }
            Check::Unique => quote!(rt::check::unique(value, at)?;),
            Check::Listed(values) => {
                let texts = values.iter().map(|value| text(&ascii_json(value)));
                quote!(rt::check::listed(value, &[#(#texts),*], at)?;)
            }
            Check::Length { minimum, maximum } => {
                let (minimum, maximum) = (count(*minimum), count(*maximum));
                quote!(rt::check::length(value.as_str(), #minimum, #maximum, at)?;)
            }
            Check::Patterns(patterns) => {
                let table = pattern_table(patterns);
                quote!({ #table rt::check::patterns(value.as_str(), &PATTERNS, at)?; })
            }
            Check::Keys(patterns) => {
                let table = pattern_table(patterns);
                quote!({
                    #table
                    for name in value.keys() {
                        at.member(name).require(PATTERNS.iter().all(|pattern| pattern.is_match(name)), "additionalProperties")?;
                    }
                })
            }
            Check::Residual(pointers) => {
                self.validator.set(true);
                let schema = self.schema(id);
                let pointers = pointers.iter().map(|pointer| text(pointer.as_str()));
                let any = matches!(expr, Some(Expr::Any));
                let call = if any { quote!(check_value) } else { quote!(check) };
                let make = match self.formats {
                    Formats::Assert => quote!(new),
                    Formats::Annotate => quote!(without_formats),
                };
                quote!({
                    static RESIDUAL: rt::Residual = rt::Residual::#make(#schema, &[#(#pointers),*]);
                    RESIDUAL.#call(value, at)?;
                })
            }
            Check::Never => quote!({
                let _ = value;
                at.require(false, "false")?;
            }),
        }
    }
}

pub(super) fn pattern_table(patterns: &[String]) -> TokenStream {
    let length = Literal::usize_unsuffixed(patterns.len());
    let patterns = patterns.iter().map(|pattern| text(pattern));
    quote!(static PATTERNS: [rt::Pattern; #length] = [#(rt::Pattern::new(#patterns)),*];)
}

pub(super) fn count(count: usize) -> TokenStream {
    if count == usize::MAX {
        return quote!(usize::MAX);
    }
    let literal = Literal::usize_unsuffixed(count);
    quote!(#literal)
}

/// An integer literal of a machine type; out of range values cannot occur and become its limit.
fn integer(value: i128, machine: Machine) -> TokenStream {
    let ty = super::machine_type(machine);
    let (low, high) = machine.range();
    if value <= low {
        return quote!(#ty::MIN);
    }
    if value >= high {
        return quote!(#ty::MAX);
    }
    let literal = Literal::u128_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote!(-#literal)
    } else {
        quote!(#literal)
    }
}

fn limit(limit: &Limit) -> TokenStream {
    match limit {
        None => quote!(None),
        Some((value, exclusive)) => {
            let value = text(value);
            quote!(Some((#value, #exclusive)))
        }
    }
}
