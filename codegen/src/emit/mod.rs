//! Shapes to Rust: one file a shape. Decides nothing about contracts; every name comes from `naming`, every literal
//! goes through [`text`].

mod checks;
mod domain;
mod enums;
mod event;
mod example;
mod graph;
mod structs;
mod text;
mod unions;
mod upcast;

use std::cell::Cell;
use std::fmt::Write as _;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::docs;
use crate::input::Formats;
use crate::shape::{Docs, Expr, Formatted, Machine, Module, Shape, Slot, TypeDef, TypeRef};

pub(crate) use domain::{Entry, domain};
pub(crate) use event::{EventModule, event_module};

use graph::Graph;

/// Emits the types of one module.
pub(crate) struct Emitter<'m> {
    pub(crate) module: &'m Module,
    pub(crate) shared: Option<&'m Emitter<'m>>,
    graph: Graph,
    /// Whether a type has anything to check, by id.
    needs: Vec<bool>,
    /// Path to the constant that holds the schema of type `id`'s contract.
    schemas: Vec<TokenStream>,
    formats: Formats,
    /// Whether type `id`'s contract follows draft-04.
    draft4: Vec<bool>,
    /// Whether the validator is needed.
    pub(crate) validator: Cell<bool>,
}

impl<'m> Emitter<'m> {
    /// `schemas` gives for each type the path to the schema that its pointers lead into, `draft4` whether that schema is
    /// of draft-04.
    pub(crate) fn new(
        module: &'m Module,
        shared: Option<&'m Emitter<'m>>,
        schemas: Vec<TokenStream>,
        draft4: Vec<bool>,
        formats: Formats,
    ) -> Self {
        let graph = Graph::new(module);
        let needs = vec![false; module.types.len()];
        let mut emitter = Self {
            module,
            shared,
            graph,
            needs,
            schemas,
            formats,
            draft4,
            validator: Cell::new(false),
        };
        emitter.find_needs();
        emitter.validator.set(false);
        emitter
    }

    /// All types, in the order of their ids.
    pub(crate) fn types(&self) -> Vec<TokenStream> {
        self.module
            .types
            .iter()
            .enumerate()
            .filter_map(|(id, def)| def.as_ref().map(|def| self.type_def(id, def)))
            .collect()
    }

    fn type_def(&self, id: usize, def: &TypeDef) -> TokenStream {
        match &def.shape {
            Shape::Struct(shape) => self.structure(id, def, shape),
            Shape::Enum { variants, open } => enums::string_enum(def, variants, *open),
            Shape::Tagged { tag, variants, open } => self.tagged(id, def, tag, variants, *open),
            Shape::ByType { variants } => self.by_type(id, def, variants),
            Shape::Untagged {
                keyword,
                variants,
                checks,
            } => self.untagged(id, def, keyword, variants, checks),
            Shape::Text(shape) => text::alias(def, shape),
            Shape::Newtype(slot) => self.newtype(id, def, slot),
        }
    }

    fn def(&self, reference: TypeRef) -> Option<&TypeDef> {
        match reference {
            TypeRef::Local(id) => self.module.types.get(id)?.as_ref(),
            TypeRef::Shared(id) => self.shared?.module.types.get(id)?.as_ref(),
        }
    }

    /// A type as written at a position of type `owner`; recursion without indirection is boxed.
    fn ty(&self, owner: usize, slot: &Slot) -> TokenStream {
        self.expr(&slot.expr, Some(owner))
    }

    fn expr(&self, expr: &Expr, direct: Option<usize>) -> TokenStream {
        match expr {
            Expr::Any => quote!(rt::Value),
            Expr::Null => quote!(()),
            Expr::Bool => quote!(bool),
            Expr::String => quote!(String),
            Expr::Formatted(formatted) => match formatted {
                Formatted::Timestamp => quote!(rt::Timestamp),
                Formatted::Date => quote!(rt::Date),
                Formatted::Time => quote!(rt::Time),
                Formatted::Duration => quote!(rt::Duration),
                Formatted::Uuid => quote!(rt::Uuid),
            },
            Expr::Machine(machine) => machine_type(*machine),
            Expr::Integer => quote!(rt::Integer),
            Expr::Number => quote!(rt::Number),
            Expr::Named(reference) => {
                let path = self.path(*reference);
                if self.boxed(*reference, direct) {
                    quote!(Box<#path>)
                } else {
                    path
                }
            }
            Expr::Array(item) => {
                let item = self.expr(&item.expr, None);
                quote!(Vec<#item>)
            }
            Expr::Tuple(slots) => {
                let items = slots.iter().map(|slot| self.expr(&slot.expr, direct));
                quote!((#(#items,)*))
            }
            Expr::Map(value) => {
                let value = self.expr(&value.expr, None);
                quote!(rt::Map<#value>)
            }
            Expr::Nullable(inner) => {
                let inner = self.expr(&inner.expr, direct);
                quote!(Option<#inner>)
            }
        }
    }

    fn path(&self, reference: TypeRef) -> TokenStream {
        let name = self
            .def(reference)
            .map_or_else(|| ident("Missing"), |def| ident(&def.name));
        match reference {
            TypeRef::Local(_) => quote!(#name),
            TypeRef::Shared(_) => quote!(crate::types::#name),
        }
    }

    fn boxed(&self, reference: TypeRef, direct: Option<usize>) -> bool {
        matches!((reference, direct), (TypeRef::Local(id), Some(owner)) if self.graph.in_circle(owner, id))
    }

    /// Whether `Debug` of the type at this position would print something classified.
    fn leaks(slot: &Slot) -> bool {
        slot.classified
            || match &slot.expr {
                Expr::Array(inner) | Expr::Map(inner) | Expr::Nullable(inner) => Self::leaks(inner),
                Expr::Tuple(slots) => slots.iter().any(Self::leaks),
                _ => false,
            }
    }

    fn schema(&self, id: usize) -> TokenStream {
        self.schemas
            .get(id)
            .or(self.schemas.last())
            .cloned()
            .unwrap_or_else(|| quote!(SCHEMA))
    }
}

fn machine_type(machine: Machine) -> TokenStream {
    match machine {
        Machine::I8 => quote!(i8),
        Machine::I16 => quote!(i16),
        Machine::I32 => quote!(i32),
        Machine::I64 => quote!(i64),
        Machine::U8 => quote!(u8),
        Machine::U16 => quote!(u16),
        Machine::U32 => quote!(u32),
        Machine::U64 => quote!(u64),
    }
}

/// An identifier that `naming` made.
pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A string literal in which only letters and plain ASCII stand as themselves.
pub(crate) fn text(value: &str) -> Literal {
    let mut source = String::with_capacity(value.len() + 2);
    source.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                source.push('\\');
                source.push(c);
            }
            ' '..='~' => source.push(c),
            c if c.is_alphanumeric() => source.push(c),
            c => source.extend(c.escape_unicode()),
        }
    }
    source.push('"');
    source.parse().unwrap_or_else(|_| Literal::string(value))
}

/// A raw string literal of ASCII text without control characters.
pub(crate) fn raw(value: &str) -> Literal {
    let mut hashes = String::new();
    while value.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{value}\"{hashes}")
        .parse()
        .unwrap_or_else(|_| Literal::string(value))
}

/// JSON text in ASCII: what stands in a source file cannot turn its direction.
pub(crate) fn ascii_json(value: &serde_json::Value) -> String {
    let json = value.to_string();
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            ascii.push(c);
        } else {
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii
}

pub(crate) fn doc(docs: &Docs, fallback: &str) -> TokenStream {
    doc_lines(&docs::lines(docs, fallback))
}

pub(crate) fn doc_lines(lines: &[String]) -> TokenStream {
    let attributes = lines.iter().map(|line| {
        let line = text_of_doc(line);
        quote!(#[doc = #line])
    });
    quote!(#(#attributes)*)
}

/// Doc text keeps its letters; it has been made harmless already.
fn text_of_doc(line: &str) -> Literal {
    let line = if line.is_empty() {
        String::new()
    } else {
        format!(" {line}")
    };
    Literal::string(&line)
}
