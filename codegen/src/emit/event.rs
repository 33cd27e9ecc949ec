//! The module of one event: `impl Event`, its types, its fixtures and the test that reads them.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, ascii_json, doc_lines, ident, raw, text};
use crate::digest::sorted_examples;
use crate::docs::{code, prose};
use crate::input::ContractInput;
use crate::naming::{Scope, Style};
use crate::shape::{Expr, Formatted, Presence, Shape, TypeRef};

/// What the module of an event needs beside its types.
pub(crate) struct EventModule<'c> {
    pub(crate) contract: &'c ContractInput,
    pub(crate) root: TypeRef,
    /// The schema, with its dialect named.
    pub(crate) schema: &'c serde_json::Value,
}

pub(crate) fn event_module(event: &EventModule<'_>, emitter: &Emitter<'_>) -> TokenStream {
    let contract = event.contract;
    let name = emitter
        .def(event.root)
        .map_or_else(|| ident("Missing"), |def| ident(&def.name));
    let types = emitter.types();
    let schema = raw(&ascii_json(event.schema));
    let (event_type, version, digest) = (
        text(&contract.event_type),
        text(&contract.version.to_string()),
        text(&contract.digest),
    );
    let major = Literal::u64_unsuffixed(contract.major);
    let topic = contract.topic.as_ref().map_or_else(
        || quote!(None),
        |topic| {
            let topic = text(topic);
            quote!(Some(#topic))
        },
    );
    let key = key(event, emitter);
    let fixtures = fixtures(contract, &name);
    let docs = module_docs(contract);
    quote! {
        #docs

        use ::contract_events::codegen as rt;

        /// The JSON Schema of the payload, self-contained.
        pub const SCHEMA: &str = #schema;

        impl rt::Event for #name {
            const TYPE: &'static str = #event_type;
            const VERSION: &'static str = #version;
            const MAJOR: u64 = #major;
            const TOPIC: Option<&'static str> = #topic;
            const SCHEMA: &'static str = SCHEMA;
            const DIGEST: &'static str = #digest;

            fn key(&self) -> Option<rt::Cow<'_, str>> {
                #key
            }
        }

        #(#types)*

        #[cfg(feature = "proptest")]
        rt::proptest_event!(#name);

        #[cfg(feature = "arbitrary")]
        rt::arbitrary_event!(#name);

        #fixtures
    }
}

fn module_docs(contract: &ContractInput) -> TokenStream {
    let mut lines = vec![format!(
        "`{}`, version {}.",
        code(&contract.event_type),
        contract.version
    )];
    if let Some(topic) = &contract.topic {
        lines.push(format!("Topic: `{}`.", code(topic)));
    }
    if let Some(owner) = &contract.owner {
        lines.push(format!("Owner: `{}`.", code(owner)));
    }
    if let Some(note) = &contract.deprecated {
        lines.push(format!("Deprecated: {}", prose(note).join(" ")));
    }
    let lines = lines.iter().enumerate().flat_map(|(index, line)| {
        let gap = (index > 0).then(|| Literal::string(""));
        let line = Literal::string(&format!(" {line}"));
        gap.into_iter().chain([line])
    });
    quote!(#(#![doc = #lines])*)
}

/// The partition key: by field access where every step is a required member, else by pointer.
fn key(event: &EventModule<'_>, emitter: &Emitter<'_>) -> TokenStream {
    let Some(pointer) = &event.contract.key else {
        return quote!(None);
    };
    direct_key(event, emitter, pointer).unwrap_or_else(|| {
        let pointer = text(pointer.as_str());
        quote!(rt::key_at(self, #pointer))
    })
}

fn direct_key(
    event: &EventModule<'_>,
    emitter: &Emitter<'_>,
    pointer: &diagnostics::JsonPointer,
) -> Option<TokenStream> {
    let mut reference = event.root;
    let mut access = quote!(self);
    let mut tokens = pointer.tokens().peekable();
    while let Some(token) = tokens.next() {
        let Shape::Struct(shape) = &emitter.def(reference)?.shape else {
            return None;
        };
        let field = shape.fields.iter().find(|field| field.json == *token)?;
        if field.presence != Presence::Required {
            return None;
        }
        let rust = ident(&field.rust);
        access = quote!(#access.#rust);
        if tokens.peek().is_some() {
            let Expr::Named(next) = field.slot.expr else {
                return None;
            };
            reference = next;
            continue;
        }
        let text = match &field.slot.expr {
            Expr::String | Expr::Formatted(Formatted::Timestamp | Formatted::Date | Formatted::Uuid) => true,
            Expr::Named(name) => matches!(emitter.def(*name)?.shape, Shape::Text(_) | Shape::Enum { .. }),
            Expr::Machine(_) | Expr::Integer => false,
            _ => return None,
        };
        return Some(if text {
            quote!(Some(rt::Cow::Borrowed(#access.as_str())))
        } else {
            quote!(Some(rt::Cow::Owned(#access.to_string())))
        });
    }
    None
}

fn fixtures(contract: &ContractInput, name: &proc_macro2::Ident) -> TokenStream {
    if contract.examples.is_empty() {
        return quote!();
    }
    let mut scope = Scope::with(&["ALL"]);
    let mut items = Vec::new();
    let mut table = Vec::new();
    for example in sorted_examples(&contract.examples) {
        let function = ident(&scope.take(&crate::naming::ident(&example.name, Style::Snake), Style::Snake));
        let label = text(&example.name);
        let json = raw(&ascii_json(&example.value));
        let index = Literal::usize_unsuffixed(table.len());
        let docs = doc_lines(&[format!("The example `{}`.", code(&example.name))]);
        items.push(quote! {
            #docs
            pub fn #function() -> #name {
                rt::fixture(ALL[#index].1)
            }
        });
        table.push(quote!((#label, #json)));
    }
    let tests = format_ident!("tests");
    quote! {
        /// The contract's valid examples.
        #[cfg(any(test, feature = "fixtures"))]
        pub mod fixtures {
            use ::contract_events::codegen as rt;
            use super::#name;

            /// Name and JSON text of each example.
            pub const ALL: &[(&str, &str)] = &[#(#table),*];

            #(#items)*
        }

        #[cfg(test)]
        mod #tests {
            #[test]
            fn examples_survive_decode_and_encode() {
                for (name, json) in super::fixtures::ALL {
                    ::contract_events::codegen::round_trip::<super::#name>(name, json);
                }
            }
        }
    }
}
