//! Constrained strings: an alias of the runtime's generic type, and its rule.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::checks::{count, pattern_table};
use super::{doc, ident};
use crate::docs::code;
use crate::shape::{TextShape, TypeDef};

pub(super) fn alias(def: &TypeDef, shape: &TextShape) -> TokenStream {
    let name = ident(&def.name);
    let rule = format_ident!("{}Rule", name);
    let mut docs = def.docs.clone();
    match (shape.minimum, shape.maximum) {
        (0, usize::MAX) => {}
        (0, maximum) => docs.facts.push(format!("At most {maximum} characters.")),
        (minimum, usize::MAX) => docs.facts.push(format!("At least {minimum} characters.")),
        (minimum, maximum) => docs
            .facts
            .push(format!("From {minimum} to {maximum} characters.")),
    }
    docs.facts.extend(
        shape
            .patterns
            .iter()
            .map(|pattern| format!("Pattern: `{}`.", code(pattern))),
    );
    if def.classified {
        docs.facts
            .push("Classified: its value is never printed.".to_owned());
    }
    let docs = doc(&docs, &format!("`{}`", def.name));
    let rule_doc = format!(" What [`{}`] asks of its text.", def.name);
    let label = def.name.as_str();
    let minimum = (shape.minimum > 0).then(|| {
        let minimum = count(shape.minimum);
        quote!(const MIN: usize = #minimum;)
    });
    let maximum = (shape.maximum < usize::MAX).then(|| {
        let maximum = count(shape.maximum);
        quote!(const MAX: usize = #maximum;)
    });
    let format = shape.format.map(|format| {
        let format = ident(format);
        quote!(const FORMAT: Option<rt::Format> = Some(rt::Format::#format);)
    });
    let classified = def.classified.then(|| {
        quote!(
            const CLASSIFIED: bool = true;
        )
    });
    let patterns = (!shape.patterns.is_empty()).then(|| {
        let table = pattern_table(&shape.patterns);
        quote! {
            fn patterns() -> &'static [rt::Pattern] {
                #table
                &PATTERNS
            }
        }
    });
    quote! {
        #docs
        pub type #name = rt::Text<#rule>;

        #[doc = #rule_doc]
        #[derive(Debug)]
        pub enum #rule {}

        impl rt::TextRule for #rule {
            const NAME: &'static str = #label;
            #minimum
            #maximum
            #format
            #classified
            #patterns
        }
    }
}
