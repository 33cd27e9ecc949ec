//! Unions and newtypes.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, doc, ident, text};
use crate::shape::{Check, Expr, Slot, TypeDef, TypeRef, Variant};

impl Emitter<'_> {
    pub(super) fn tagged(
        &self,
        id: usize,
        def: &TypeDef,
        tag: &str,
        variants: &[Variant],
        open: bool,
    ) -> TokenStream {
        let name = ident(&def.name);
        let (label, tag) = (def.name.as_str(), text(tag));
        let names: Vec<_> = variants.iter().map(|variant| ident(&variant.rust)).collect();
        let arms = variants.iter().zip(&names).map(|(variant, rust)| {
            let tags = variant.tags.iter().map(|tag| text(tag));
            quote!(#(#tags)|* => rt::union::entries(entries).map(Self::#rust))
        });
        let (unknown_variant, unknown_arm, unknown_write) = if open {
            (
                quote! {
                    /// A branch that this version of the contract does not list.
                    Unknown(rt::UnknownBranch),
                },
                quote!(_ => rt::UnknownBranch::__read(tag, entries).map(Self::Unknown)),
                quote!(Self::Unknown(value) => rt::Serialize::serialize(value, serializer),),
            )
        } else {
            (
                quote!(),
                quote!(_ => Err(rt::union::unknown_tag::<Self, A::Error>())),
                quote!(),
            )
        };
        let items = self.enum_items(id, def, variants, open, &unknown_variant, &unknown_write);
        quote! {
            #items

            impl rt::union::Tagged for #name {
                const TAG: &'static str = #tag;
                const NAME: &'static str = #label;

                fn branch<'de, A: rt::MapAccess<'de>>(
                    tag: &str,
                    entries: rt::union::Entries<'de, A>,
                ) -> Result<Self, A::Error> {
                    match tag {
                        #(#arms,)*
                        #unknown_arm,
                    }
                }
            }

            impl rt::Wire for #name {
                fn read<'de, D: rt::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    rt::union::tagged(deserializer)
                }
            }
        }
    }

    pub(super) fn by_type(&self, id: usize, def: &TypeDef, variants: &[Variant]) -> TokenStream {
        let name = ident(&def.name);
        let arms = variants.iter().map(|variant| {
            let rust = ident(&variant.rust);
            let kinds = variant.kinds.iter().map(|kind| match *kind {
                "Null" => quote!(rt::Value::Null),
                kind => {
                    let kind = ident(kind);
                    quote!(rt::Value::#kind(_))
                }
            });
            quote!(#(#kinds)|* => rt::union::from_value(value).map(Self::#rust))
        });
        let all = variants.iter().map(|variant| variant.kinds.len()).sum::<usize>() == 6;
        let rest = (!all).then(|| quote!(_ => Err(rt::union::no_branch("type")),));
        let items = self.enum_items(id, def, variants, false, &quote!(), &quote!());
        quote! {
            #items

            impl rt::Wire for #name {
                fn read<'de, D: rt::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let value = <rt::Value as rt::Wire>::read(deserializer)?;
                    match &value {
                        #(#arms,)*
                        #rest
                    }
                }
            }
        }
    }

    pub(super) fn untagged(
        &self,
        id: usize,
        def: &TypeDef,
        keyword: &str,
        variants: &[Variant],
        checks: &[Check],
    ) -> TokenStream {
        let name = ident(&def.name);
        let attempts = variants.iter().map(|variant| {
            let rust = ident(&variant.rust);
            let ty = self.ty(id, &variant.slot);
            let body = self.slot_checks(id, &variant.slot);
            let check = match body {
                None => quote!(|_| Ok(())),
                Some(body) => quote!(|value| {
                    let at = &rt::Path::ROOT;
                    #body
                    Ok(())
                }),
            };
            quote! {
                if let Some(branch) = rt::union::branch::<#ty>(&value, #check) {
                    return Ok(Self::#rust(branch));
                }
            }
        });
        let whole = Slot {
            checks: checks.to_vec(),
            ..Slot::plain(Expr::Named(TypeRef::Local(id)))
        };
        let items = self.enum_items_with(id, def, variants, false, &quote!(), &quote!(), Some(&whole));
        quote! {
            #items

            impl rt::Wire for #name {
                fn read<'de, D: rt::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let value = <rt::Value as rt::Wire>::read(deserializer)?;
                    #(#attempts)*
                    Err(rt::union::no_branch(#keyword))
                }
            }
        }
    }

    fn enum_items(
        &self,
        id: usize,
        def: &TypeDef,
        variants: &[Variant],
        open: bool,
        unknown_variant: &TokenStream,
        unknown_write: &TokenStream,
    ) -> TokenStream {
        self.enum_items_with(id, def, variants, open, unknown_variant, unknown_write, None)
    }

    /// The enum, what writes it, what checks it, and conversions from its branches.
    #[allow(clippy::too_many_arguments, reason = "the parts of one item")]
    fn enum_items_with(
        &self,
        id: usize,
        def: &TypeDef,
        variants: &[Variant],
        open: bool,
        unknown_variant: &TokenStream,
        unknown_write: &TokenStream,
        whole: Option<&Slot>,
    ) -> TokenStream {
        let name = ident(&def.name);
        let docs = doc(&def.docs, &format!("`{}`", def.name));
        let names: Vec<_> = variants.iter().map(|variant| ident(&variant.rust)).collect();
        let types: Vec<_> = variants
            .iter()
            .map(|variant| self.ty(id, &variant.slot))
            .collect();
        let variant_docs = variants.iter().map(|variant| {
            let fallback = match &variant.tags[..] {
                [] => "A branch.".to_owned(),
                tags => format!(
                    "Tagged `{}`.",
                    tags.iter()
                        .map(|tag| crate::docs::code(tag))
                        .collect::<Vec<_>>()
                        .join("`, `")
                ),
            };
            doc(&variant.docs, &fallback)
        });
        let non_exhaustive = open.then(|| quote!(#[non_exhaustive]));
        let arms: Vec<_> = variants
            .iter()
            .zip(&names)
            .filter_map(|(variant, rust)| {
                let checks = self.slot_checks(id, &variant.slot)?;
                Some(quote!(Self::#rust(value) => { #checks }))
            })
            .collect();
        let mut body = TokenStream::new();
        if !arms.is_empty() {
            let rest = (arms.len() < variants.len() || open).then(|| quote!(_ => {}));
            body.extend(quote!(match self { #(#arms)* #rest }));
        }
        if let Some(whole) = whole {
            let own = Slot {
                expr: Expr::Null,
                ..whole.clone()
            };
            if let Some(checks) = self.slot_checks(id, &own) {
                body.extend(quote!({ let value = self; #checks }));
            }
        }
        let check = Self::check_impl(&name, &body);
        let (derive, debug) = Self::debug_of_enum(def, variants);
        let conversions = self.conversions(id, &name, variants);
        quote! {
            #docs
            #[derive(Clone, PartialEq, Eq #derive)]
            #non_exhaustive
            pub enum #name {
                #(#variant_docs #names(#types),)*
                #unknown_variant
            }

            #debug

            impl rt::Serialize for #name {
                fn serialize<S: rt::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    match self {
                        #(Self::#names(value) => rt::Serialize::serialize(value, serializer),)*
                        #unknown_write
                    }
                }
            }

            rt::deserialize_by_wire!(#name);

            #check

            #conversions
        }
    }

    fn debug_of_enum(def: &TypeDef, variants: &[Variant]) -> (TokenStream, TokenStream) {
        if !def.classified && !variants.iter().any(|variant| Self::leaks(&variant.slot)) {
            return (quote!(, Debug), quote!());
        }
        let (name, label) = (ident(&def.name), def.name.as_str());
        (quote!(), quote!(rt::redacted_debug!(#name, #label);))
    }

    fn conversions(&self, id: usize, name: &proc_macro2::Ident, variants: &[Variant]) -> TokenStream {
        let refs: Vec<Option<TypeRef>> = variants
            .iter()
            .map(|variant| match variant.slot.expr {
                Expr::Named(reference) if !self.boxed(reference, Some(id)) => Some(reference),
                _ => None,
            })
            .collect();
        variants
            .iter()
            .zip(&refs)
            .filter_map(|(variant, reference)| {
                let reference = (*reference)?;
                let once = refs.iter().filter(|other| **other == Some(reference)).count() == 1;
                let path = self.path(reference);
                let rust = ident(&variant.rust);
                once.then(|| {
                    quote! {
                        impl From<#path> for #name {
                            fn from(branch: #path) -> Self {
                                Self::#rust(branch)
                            }
                        }
                    }
                })
            })
            .collect()
    }

    pub(super) fn newtype(&self, id: usize, def: &TypeDef, slot: &Slot) -> TokenStream {
        let (name, label) = (ident(&def.name), def.name.as_str());
        let docs = doc(&def.docs, &format!("`{}`", def.name));
        let ty = self.ty(id, slot);
        let body = match self.slot_checks(id, slot) {
            None => quote!(),
            Some(checks) => quote!({ let value = &self.0; #checks }),
        };
        let check = Self::check_impl(&name, &body);
        let (derive, debug) = if def.classified || Self::leaks(slot) {
            (quote!(), quote!(rt::redacted_debug!(#name, #label);))
        } else {
            (quote!(, Debug), quote!())
        };
        quote! {
            #docs
            #[derive(Clone, PartialEq, Eq #derive)]
            pub struct #name(
                /// The value.
                pub #ty,
            );

            #debug

            impl From<#ty> for #name {
                fn from(value: #ty) -> Self {
                    Self(value)
                }
            }

            impl rt::Serialize for #name {
                fn serialize<S: rt::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    rt::Serialize::serialize(&self.0, serializer)
                }
            }

            impl rt::Wire for #name {
                fn read<'de, D: rt::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    <#ty as rt::Wire>::read(deserializer).map(Self)
                }
            }

            rt::deserialize_by_wire!(#name);

            #check
        }
    }
}
