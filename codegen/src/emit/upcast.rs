//! Bringing events of older majors to the newest: a trait for each event type that has more than one.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::domain::Entry;
use super::{doc_lines, ident};
use crate::docs::code;

/// One trait for each event type with several majors; `entries` are sorted by type and major.
pub(super) fn traits(entries: &[Entry]) -> TokenStream {
    entries
        .chunk_by(|left, right| left.event_type == right.event_type)
        .filter(|majors| majors.len() > 1)
        .map(one)
        .collect()
}

fn one(majors: &[Entry]) -> TokenStream {
    let Some(newest) = majors.last() else {
        return TokenStream::new();
    };
    let name = ident(&newest.upcast_name());
    let newest_type = newest.type_path();
    let step = |from: &Entry, to: &Entry| format_ident!("v{}_to_v{}", from.major, to.major);
    let steps = majors.windows(2).map(|pair| {
        let (method, from, to) = (step(&pair[0], &pair[1]), pair[0].type_path(), pair[1].type_path());
        let docs = doc_lines(&[format!(
            "From major {} to major {}.",
            pair[0].major, pair[1].major
        )]);
        quote! {
            #docs
            fn #method(&self, event: #from) -> Result<#to, rt::Violation>;
        }
    });
    let arms = |read: &str| -> Vec<TokenStream> {
        let read = format_ident!("{read}");
        (0..majors.len() - 1)
            .map(|index| {
                let (major, from) = (
                    proc_macro2::Literal::u64_unsuffixed(majors[index].major),
                    majors[index].type_path(),
                );
                let chain = majors[index..].windows(2).map(|pair| {
                    let method = step(&pair[0], &pair[1]);
                    quote!(.and_then(|event| event.upcast(|data| self.#method(data))))
                });
                quote!(#major => raw.#read::<#from>() #(#chain)*)
            })
            .collect()
    };
    let (tolerant, strict) = (arms("read"), arms("read_strict"));
    let docs = doc_lines(&[
        format!(
            "How `{}` of older majors becomes that of major {}.",
            code(&newest.event_type),
            newest.major
        ),
        String::new(),
        "Implemented by a service on a type of its own; a step that is missing does not compile.".to_owned(),
    ]);
    quote! {
        #docs
        pub trait #name {
            #(#steps)*

            /// Reads an envelope of any of the majors, as far as the types say, and brings its payload to the newest.
            fn decode_latest(&self, json: &[u8]) -> Result<rt::Envelope<#newest_type>, rt::DecodeError> {
                let raw = rt::RawEvent::decode(json)?;
                match raw.major() {
                    #(#tolerant,)*
                    _ => raw.read(),
                }
            }

            /// The same; what was received has to meet its contract exactly.
            fn decode_latest_strict(&self, json: &[u8]) -> Result<rt::Envelope<#newest_type>, rt::DecodeError> {
                let raw = rt::RawEvent::decode(json)?;
                match raw.major() {
                    #(#strict,)*
                    _ => raw.read_strict(),
                }
            }
        }
    }
}
