//! The example in an event's docs: one of the contract's own documents, built, encoded and decoded. It is a doctest of
//! the generated crate, so everything in it that a contract's author wrote stands in literals, on one line each, without
//! a character that could end the block.

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use super::{Emitter, ascii_json, ident};
use crate::crate_files::package_name;
use crate::digest::sorted_examples;
use crate::input::ContractInput;
use crate::shape::{Expr, Extra, Formatted, Machine, Presence, Shape, Slot, TypeRef};

/// Longer examples teach nobody.
const LONGEST: usize = 60;

impl Emitter<'_> {
    /// The lines of the example, with the fence; `None` when the contract has no document that can be built.
    pub(crate) fn example(
        &self,
        domain: &str,
        path: &[String],
        root: TypeRef,
        contract: &ContractInput,
    ) -> Option<Vec<String>> {
        let place = Place {
            library: package_name(domain).replace('-', "_"),
            module: path.last()?.clone(),
        };
        let (library, name) = (ident(&place.library), ident(&self.def(root)?.name));
        let path = path.iter().map(|part| ident(part));
        let module = ident(&place.module);
        let documents = sorted_examples(&contract.examples);
        let event = documents
            .iter()
            .filter_map(|example| self.built(&place, root, &example.value))
            .min_by_key(|event| event.to_string().len())
            .or_else(|| {
                let smallest = documents
                    .iter()
                    .map(|example| &example.value)
                    .min_by_key(|value| value.to_string().len())?;
                let json = bytes(smallest);
                Some(quote!(#module::#name::decode_strict(#json)))
            })?;
        // Sharing types with others, an example may need the module that holds them.
        let types = event
            .to_string()
            .contains("types ::")
            .then(|| quote!(use #library::types;));
        let program = quote! {
            use #library::Event as _;
            use #library::#(#path)::*;
            #types
            fn main() -> Result<(), Box<dyn std::error::Error>> {
                let event = #event?;
                let json = event.encode()?;
                let read = #module::#name::decode_strict(&json)?;
                assert_eq!(read, event);
                Ok(())
            }
        };
        let file = syn::parse2::<syn::File>(program).ok()?;
        let text = prettyplease::unparse(&file);
        let lines: Vec<&str> = text.lines().collect();
        // A line that begins with `#` would be hidden from readers; none does.
        let harmless = lines.iter().all(|line| {
            !line.contains("```") && !line.contains("~~~") && !line.trim_start().starts_with('#')
        });
        if lines.len() > LONGEST || !harmless {
            return None;
        }
        let fence = |text: &str| std::iter::once(text.to_owned());
        Some(
            fence("```")
                .chain(lines.into_iter().map(str::to_owned))
                .chain(fence("```"))
                .collect(),
        )
    }

    /// The builder calls that make `value`, up to and with `build()`.
    fn built(&self, place: &Place, reference: TypeRef, value: &Value) -> Option<TokenStream> {
        let def = self.def(reference)?;
        let Shape::Struct(shape) = &def.shape else {
            return None;
        };
        let members: &Map<String, Value> = value.as_object()?;
        let known = |name: &String| {
            shape.fields.iter().any(|field| field.json == *name)
                || shape.literals.iter().any(|(json, _)| json == name)
        };
        if !members.keys().all(known) || matches!(shape.extra, Extra::Typed { .. }) {
            return None;
        }
        let mut setters = crate::naming::Scope::with(&["build"]);
        let methods: Vec<_> = shape
            .fields
            .iter()
            .map(|field| ident(&setters.take(&field.rust, crate::naming::Style::Snake)))
            .collect();
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        for (field, method) in shape.fields.iter().zip(methods) {
            let Some(value) = members.get(&field.json) else {
                if field.presence == Presence::Required {
                    return None;
                }
                continue;
            };
            match field.presence {
                Presence::Required => {
                    let value = self.argument(place, &field.slot, value)?;
                    required.push(quote!(.#method(#value)));
                }
                Presence::Optional => {
                    let value = self.argument(place, &field.slot, value)?;
                    optional.push(quote!(.#method(#value)));
                }
                Presence::Maybe => {
                    let value = if value.is_null() {
                        quote!(contract_events::Maybe::Null)
                    } else {
                        let value = self.exact(place, &field.slot, value)?;
                        quote!(contract_events::Maybe::Value(#value))
                    };
                    optional.push(quote!(.#method(#value)));
                }
            }
        }
        let path = self.outside(place, reference)?;
        Some(quote!(#path::builder() #(#required)* #(#optional)* .build()))
    }

    /// What a setter takes: anything that becomes the type.
    fn argument(&self, place: &Place, slot: &Slot, value: &Value) -> Option<TokenStream> {
        match (&slot.expr, value) {
            (Expr::String | Expr::Formatted(_), Value::String(text)) => Some(literal(text)),
            (Expr::Named(reference), Value::String(text))
                if matches!(self.def(*reference)?.shape, Shape::Text(_)) =>
            {
                Some(literal(text))
            }
            // An array becomes a `Vec`, if it says of what.
            (Expr::Array(item), Value::Array(items)) if !items.is_empty() => {
                let items = items
                    .iter()
                    .map(|value| self.exact(place, item, value))
                    .collect::<Option<Vec<_>>>()?;
                Some(quote!([#(#items),*]))
            }
            _ => self.exact(place, slot, value),
        }
    }

    /// A value of exactly the type.
    fn exact(&self, place: &Place, slot: &Slot, value: &Value) -> Option<TokenStream> {
        Some(match (&slot.expr, value) {
            (Expr::Bool, Value::Bool(value)) => quote!(#value),
            (Expr::String, Value::String(text)) => {
                let text = literal(text);
                quote!(#text.to_owned())
            }
            (Expr::Formatted(formatted), Value::String(text)) => {
                let (name, text) = (ident(formatted_name(*formatted)), literal(text));
                quote!(contract_events::#name::try_from(#text)?)
            }
            (Expr::Machine(machine), Value::Number(number)) => {
                machine_literal(*machine, &number.to_string())?
            }
            (Expr::Named(reference), _) => self.named(place, *reference, value)?,
            (Expr::Array(item), Value::Array(items)) => {
                let items = items
                    .iter()
                    .map(|value| self.exact(place, item, value))
                    .collect::<Option<Vec<_>>>()?;
                quote!(Vec::from([#(#items),*]))
            }
            (Expr::Nullable(_), Value::Null) => quote!(None),
            (Expr::Nullable(inner), value) => {
                let value = self.exact(place, inner, value)?;
                quote!(Some(#value))
            }
            _ => {
                let (ty, json) = (self.outside_type(place, slot)?, bytes(value));
                quote!(contract_events::decode::<#ty>(#json)?)
            }
        })
    }

    fn named(&self, place: &Place, reference: TypeRef, value: &Value) -> Option<TokenStream> {
        let path = self.outside(place, reference)?;
        match &self.def(reference)?.shape {
            Shape::Text(_) => {
                let text = literal(value.as_str()?);
                Some(quote!(#path::try_from(#text)?))
            }
            Shape::Enum { variants, .. } => {
                let variant = variants
                    .iter()
                    .find(|variant| Some(variant.text.as_str()) == value.as_str())?;
                let variant = ident(&variant.rust);
                Some(quote!(#path::#variant))
            }
            Shape::Struct(_) => {
                let built = self.built(place, reference, value)?;
                Some(quote!(#built?))
            }
            _ => {
                let json = bytes(value);
                Some(quote!(contract_events::decode::<#path>(#json)?))
            }
        }
    }

    /// A type's path from outside the crate.
    fn outside(&self, place: &Place, reference: TypeRef) -> Option<TokenStream> {
        let name = ident(&self.def(reference)?.name);
        Some(match reference {
            TypeRef::Local(_) => {
                let module = ident(&place.module);
                quote!(#module::#name)
            }
            TypeRef::Shared(_) => quote!(types::#name),
        })
    }

    fn outside_type(&self, place: &Place, slot: &Slot) -> Option<TokenStream> {
        Some(match &slot.expr {
            Expr::Bool => quote!(bool),
            Expr::String => quote!(String),
            Expr::Formatted(formatted) => {
                let name = ident(formatted_name(*formatted));
                quote!(contract_events::#name)
            }
            Expr::Machine(machine) => super::machine_type(*machine),
            Expr::Integer => quote!(contract_events::Integer),
            Expr::Number => quote!(contract_events::Number),
            Expr::Named(reference) => self.outside(place, *reference)?,
            Expr::Array(item) => {
                let item = self.outside_type(place, item)?;
                quote!(Vec<#item>)
            }
            Expr::Map(value) => {
                let value = self.outside_type(place, value)?;
                quote!(std::collections::BTreeMap<String, #value>)
            }
            Expr::Nullable(inner) => {
                let inner = self.outside_type(place, inner)?;
                quote!(Option<#inner>)
            }
            Expr::Tuple(slots) => {
                let slots = slots
                    .iter()
                    .map(|slot| self.outside_type(place, slot))
                    .collect::<Option<Vec<_>>>()?;
                quote!((#(#slots,)*))
            }
            // Of a crate that users need not have.
            Expr::Any | Expr::Null => return None,
        })
    }
}

/// How types are named in the example.
struct Place {
    library: String,
    module: String,
}

fn formatted_name(formatted: Formatted) -> &'static str {
    match formatted {
        Formatted::Timestamp => "Timestamp",
        Formatted::Date => "Date",
        Formatted::Time => "Time",
        Formatted::Duration => "Duration",
        Formatted::Uuid => "Uuid",
    }
}

fn machine_literal(machine: Machine, number: &str) -> Option<TokenStream> {
    let whole: i128 = number.parse().ok()?;
    let (low, high) = machine.range();
    if whole < low || whole > high {
        return None;
    }
    let ty = super::machine_type(machine);
    format!("{whole}_{ty}").parse().ok()
}

/// A string literal in which only printable ASCII stands as itself, and no backtick or tilde.
fn literal(text: &str) -> TokenStream {
    let mut source = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                source.push('\\');
                source.push(c);
            }
            '`' | '~' => source.extend(c.escape_unicode()),
            ' '..='}' => source.push(c),
            c => source.extend(c.escape_unicode()),
        }
    }
    source.push('"');
    source.parse().unwrap_or_default()
}

/// JSON as a byte string literal.
fn bytes(value: &Value) -> TokenStream {
    let json = ascii_json(value).replace('`', "\\u0060").replace('~', "\\u007e");
    let mut hashes = String::new();
    while json.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("br{hashes}\"{json}\"{hashes}")
        .parse()
        .unwrap_or_default()
}
