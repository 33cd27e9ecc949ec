//! The enum over all events of a domain, and the crate root's re-exports.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{doc_lines, ident, text};
use crate::docs::code;
use crate::naming::type_ident;

/// One generated event.
pub(crate) struct Entry {
    /// Module path from the crate root.
    pub(crate) path: Vec<String>,
    /// The type in that module.
    pub(crate) type_name: String,
    /// The name at the crate root, and of the variant: with its major version.
    pub(crate) alias: String,
    pub(crate) event_type: String,
    pub(crate) major: u64,
}

impl Entry {
    /// The trait that brings older majors to this one, the newest.
    pub(crate) fn upcast_name(&self) -> String {
        let major = format!("V{}", self.major);
        format!("Upcast{}", self.alias.strip_suffix(&major).unwrap_or(&self.alias))
    }

    pub(super) fn type_path(&self) -> TokenStream {
        let path = self.path.iter().map(|part| ident(part));
        let name = ident(&self.type_name);
        quote!(crate::#(#path::)*#name)
    }
}

/// The module with the domain's enum.
pub(crate) fn domain(domain: &str, entries: &[Entry]) -> (String, TokenStream) {
    let name = format!("{}Event", type_ident(domain));
    let enum_name = ident(&name);
    let variants: Vec<_> = entries.iter().map(|entry| ident(&entry.alias)).collect();
    let types: Vec<_> = entries.iter().map(Entry::type_path).collect();
    let docs = entries.iter().map(|entry| {
        doc_lines(&[format!(
            "`{}`, major version {}.",
            code(&entry.event_type),
            entry.major
        )])
    });
    let keys: Vec<_> = entries
        .iter()
        .map(|entry| {
            let (event_type, major) = (text(&entry.event_type), Literal::u64_unsuffixed(entry.major));
            quote!((#event_type, #major))
        })
        .collect();
    let types_list = entries.iter().zip(&keys).map(|(_, key)| quote!(#key));
    let title = format!(
        " Every event of the domain `{}`, by type and major version.",
        code(domain)
    );
    let from = conversions(&enum_name, &variants, &types);
    let upcasts = super::upcast::traits(entries);
    let dispatch = dispatch_impl(&enum_name, &variants, &keys);
    let unknown = format_ident!("{}", "Unknown");
    let tokens = quote! {
        //! The events of the domain as one type.

        use ::contract_events::codegen as rt;

        #[doc = #title]
        ///
        /// Other types and majors, those of later versions of this crate included, are `Unknown`.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #enum_name {
            #(#docs #variants(Box<rt::Envelope<#types>>),)*
            /// An event that this crate does not know, unread.
            #unknown(rt::RawEvent<'static>),
        }

        impl #enum_name {
            /// The types and majors that have a variant.
            pub const KNOWN: &'static [(&'static str, u64)] = &[#(#types_list),*];

            /// Reads an envelope and, by its type and major, its payload as far as the types say.
            pub fn decode(json: &[u8]) -> Result<Self, rt::DecodeError> {
                match rt::dispatch::dispatch(json)? {
                    rt::Dispatched::Read(event) => Ok(event),
                    rt::Dispatched::Raw(raw) => Self::from_raw(raw),
                }
            }

            /// Reads an envelope and, by its type and major, its payload exactly by the contract.
            pub fn decode_strict(json: &[u8]) -> Result<Self, rt::DecodeError> {
                let event = Self::decode(json)?;
                event.validate()?;
                Ok(event)
            }

            /// Reads the payload of an event whose attributes have been read.
            pub fn from_raw(raw: rt::RawEvent<'_>) -> Result<Self, rt::DecodeError> {
                match (raw.event_type(), raw.major()) {
                    #(#keys => raw.read::<#types>().map(|event| Self::#variants(Box::new(event))),)*
                    _ => Ok(Self::Unknown(raw.into_owned())),
                }
            }

            /// The same, exactly by the contract.
            pub fn from_raw_strict(raw: rt::RawEvent<'_>) -> Result<Self, rt::DecodeError> {
                let event = Self::from_raw(raw)?;
                event.validate()?;
                Ok(event)
            }

            /// Checks the payload against its contract. That of an unknown event has none here.
            pub fn validate(&self) -> Result<(), rt::Violation> {
                match self {
                    #(Self::#variants(event) => rt::dispatch::check(event),)*
                    Self::Unknown(_) => Ok(()),
                }
            }

            /// The event type.
            pub fn event_type(&self) -> &str {
                match self {
                    #(Self::#variants(_) => <#types as rt::Event>::TYPE,)*
                    Self::Unknown(raw) => raw.event_type(),
                }
            }

            /// The major version.
            pub fn major(&self) -> u64 {
                match self {
                    #(Self::#variants(_) => <#types as rt::Event>::MAJOR,)*
                    Self::Unknown(raw) => raw.major(),
                }
            }

            /// The attributes beside type and payload.
            pub fn attributes(&self) -> &rt::Attributes {
                match self {
                    #(Self::#variants(event) => &event.attributes,)*
                    Self::Unknown(raw) => raw.attributes(),
                }
            }

            /// Writes the envelope.
            pub fn encode(&self) -> Result<Vec<u8>, rt::EncodeError> {
                match self {
                    #(Self::#variants(event) => event.encode(),)*
                    Self::Unknown(raw) => rt::encode(raw),
                }
            }
        }

        #dispatch

        #from

        #upcasts
    };
    (name, tokens)
}

/// From each event to the enum.
fn conversions(enum_name: &Ident, variants: &[Ident], types: &[TokenStream]) -> TokenStream {
    quote! {
        #(
            impl From<rt::Envelope<#types>> for #enum_name {
                fn from(event: rt::Envelope<#types>) -> Self {
                    Self::#variants(Box::new(event))
                }
            }
        )*
    }
}

/// Reads the payload while the envelope is being read.
fn dispatch_impl(enum_name: &Ident, variants: &[Ident], keys: &[TokenStream]) -> TokenStream {
    quote! {
        impl rt::Dispatch for #enum_name {
            fn read<'de, A: rt::MapAccess<'de>>(
                head: rt::Head<'_>,
                map: &mut A,
            ) -> Result<Option<Self>, A::Error> {
                match (head.event_type(), head.major()) {
                    #(#keys => head.boxed(map).map(|event| Some(Self::#variants(event))),)*
                    _ => Ok(None),
                }
            }

            fn attributes_mut(&mut self) -> Option<&mut rt::Attributes> {
                match self {
                    #(Self::#variants(event) => Some(&mut event.attributes),)*
                    Self::Unknown(_) => None,
                }
            }
        }
    }
}
