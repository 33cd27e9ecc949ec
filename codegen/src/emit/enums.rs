//! String enums: the variants here, everything else by the runtime's macro.

use proc_macro2::TokenStream;
use quote::quote;

use super::{doc, ident, text};
use crate::shape::{EnumVariant, TypeDef};

pub(super) fn string_enum(def: &TypeDef, variants: &[EnumVariant], open: bool) -> TokenStream {
    let name = ident(&def.name);
    let docs = doc(&def.docs, &format!("`{}`", def.name));
    let names: Vec<_> = variants.iter().map(|variant| ident(&variant.rust)).collect();
    let texts = variants.iter().map(|variant| text(&variant.text));
    let variant_docs = variants.iter().map(|variant| doc(&variant.docs, "A value."));
    if open {
        return quote! {
            #docs
            ///
            /// Open: readers keep values that this version does not list.
            #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
            #[non_exhaustive]
            pub enum #name {
                #(#variant_docs #names,)*
                /// A value that this version of the contract does not list.
                Unknown(rt::UnknownName),
            }

            rt::open_enum!(#name { #(#names = #texts,)* });
        };
    }
    quote! {
        #docs
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum #name {
            #(#variant_docs #names,)*
        }

        rt::closed_enum!(#name { #(#names = #texts,)* });
    }
}
