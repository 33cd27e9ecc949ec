//! Structs: the type, its draft, its builder, and what reads, writes, prints and checks it.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, doc, ident, text};
use crate::naming::Style;
use crate::shape::{Expr, Extra, Field, Presence, Struct, TypeDef};

impl Emitter<'_> {
    pub(super) fn structure(&self, id: usize, def: &TypeDef, shape: &Struct) -> TokenStream {
        let name = ident(&def.name);
        let docs = doc(&def.docs, &format!("`{}`", def.name));
        let fields = shape.fields.iter().map(|field| {
            let (rust, ty) = (ident(&field.rust), self.field_type(id, field));
            let docs = doc(&field.docs, "A member.");
            quote!(#docs pub #rust: #ty)
        });
        let extra = match &shape.extra {
            Extra::Open | Extra::Closed => quote!(unknown_: rt::UnknownFields),
            Extra::Typed { slot, rust, .. } => {
                let (rust, ty) = (ident(rust), self.expr(&slot.expr, None));
                quote! {
                    /// Members of any other name.
                    pub #rust: rt::Map<#ty>
                }
            }
        };
        let unknown = matches!(shape.extra, Extra::Open | Extra::Closed).then(|| {
            quote! {
                /// Members that the contract does not declare, as received.
                pub fn unknown_fields(&self) -> &rt::UnknownFields {
                    &self.unknown_
                }
            }
        });
        let (derive, debug) = Self::debug_of_struct(def, shape);
        let object = self.object_impl(id, def, shape);
        let serialize = Self::serialize_impl(&name, shape);
        let check = Self::check_impl(&name, &self.struct_checks(id, shape));
        let builder = self.builder(id, def, shape);
        let (builder_name, draft_name) = (format_ident!("{}Builder", name), format_ident!("{}Draft", name));
        quote! {
            #docs
            #[derive(Clone, PartialEq, Eq #derive)]
            #[non_exhaustive]
            pub struct #name {
                #(#fields,)*
                #extra,
            }

            impl #name {
                /// Begins to build one; required members come first, each in its turn.
                #[must_use]
                pub fn builder() -> #builder_name<0> {
                    #builder_name { draft: #draft_name::default() }
                }

                #unknown
            }

            #debug
            #object
            #serialize
            #check
            #builder
        }
    }

    fn field_type(&self, id: usize, field: &Field) -> TokenStream {
        let ty = self.ty(id, &field.slot);
        match field.presence {
            Presence::Required => ty,
            Presence::Optional => quote!(Option<#ty>),
            Presence::Maybe => quote!(rt::Maybe<#ty>),
        }
    }

    fn debug_of_struct(def: &TypeDef, shape: &Struct) -> (TokenStream, TokenStream) {
        let (name, label) = (ident(&def.name), def.name.as_str());
        if def.classified {
            return (quote!(), quote!(rt::redacted_debug!(#name, #label);));
        }
        let hides = |field: &Field| Self::leaks(&field.slot);
        let extra_leaks = matches!(&shape.extra, Extra::Typed { slot, .. } if Self::leaks(slot) || matches!(slot.expr, Expr::Any));
        if !shape.fields.iter().any(hides) && !extra_leaks {
            return (quote!(, Debug), quote!());
        }
        let fields = shape.fields.iter().map(|field| {
            let rust = ident(&field.rust);
            let label = field.rust.as_str();
            match (hides(field), field.presence) {
                (false, _) => quote!(.field(#label, &self.#rust)),
                (true, Presence::Optional) => {
                    quote!(.field(#label, &self.#rust.as_ref().map(|_| rt::Redacted)))
                }
                (true, Presence::Maybe) => quote!(.field(#label, &self.#rust.as_ref().map(|_| rt::Redacted))),
                (true, Presence::Required) => quote!(.field(#label, &rt::Redacted)),
            }
        });
        let extra = match &shape.extra {
            Extra::Open | Extra::Closed => quote!(.field("unknown_fields", &self.unknown_)),
            Extra::Typed { rust, .. } if extra_leaks => quote!(.field(#rust, &rt::Redacted)),
            Extra::Typed { rust, .. } => {
                let field = ident(rust);
                quote!(.field(#rust, &self.#field))
            }
        };
        let debug = quote! {
            impl rt::Debug for #name {
                fn fmt(&self, f: &mut rt::Formatter<'_>) -> rt::FmtResult {
                    f.debug_struct(#label) #(#fields)* #extra .finish()
                }
            }
        };
        (quote!(), debug)
    }

    fn object_impl(&self, id: usize, def: &TypeDef, shape: &Struct) -> TokenStream {
        let (name, label) = (ident(&def.name), def.name.as_str());
        let draft = format_ident!("{}Draft", name);
        let places: Vec<_> = (0..shape.fields.len())
            .map(|index| format_ident!("f{index}"))
            .collect();
        let literal_places: Vec<_> = (0..shape.literals.len())
            .map(|index| format_ident!("l{index}"))
            .collect();
        let draft_types = shape.fields.iter().map(|field| {
            let ty = self.ty(id, &field.slot);
            match field.presence {
                Presence::Required | Presence::Optional => quote!(Option<#ty>),
                Presence::Maybe => quote!(rt::Maybe<#ty>),
            }
        });
        let reads = shape.fields.iter().zip(&places).map(|(field, place)| {
            let json = text(&field.json);
            match field.presence {
                Presence::Required | Presence::Optional => {
                    quote!(#json => rt::object::read(&mut draft.#place, #json, map))
                }
                Presence::Maybe => quote!(#json => rt::object::read_maybe(&mut draft.#place, #json, map)),
            }
        });
        let literal_reads = shape
            .literals
            .iter()
            .zip(&literal_places)
            .map(|((json, value), place)| {
                let (json, value) = (text(json), text(value));
                quote!(#json => rt::object::read_literal(&mut draft.#place, #value, #json, map))
            });
        let finish = shape.fields.iter().zip(&places).map(|(field, place)| {
            let rust = ident(&field.rust);
            let json = text(&field.json);
            match field.presence {
                Presence::Required => quote!(#rust: draft.#place.ok_or(#json)?),
                Presence::Optional | Presence::Maybe => quote!(#rust: draft.#place),
            }
        });
        let literal_finish = shape
            .literals
            .iter()
            .zip(&literal_places)
            .map(|((json, _), place)| {
                let json = text(json);
                quote!(draft.#place.ok_or(#json)?;)
            });
        let (extra_type, extra_read, extra_finish) = self.extra_of(shape);
        let read = quote! {
            match name {
                #(#literal_reads,)*
                #(#reads,)*
                _ => #extra_read,
            }
        };
        let read = if self.draft4.get(id) == Some(&true) {
            quote!(rt::written_plain(|| #read))
        } else {
            read
        };
        quote! {
            #[doc(hidden)]
            #[derive(Default)]
            pub struct #draft {
                #(#places: #draft_types,)*
                #(#literal_places: Option<()>,)*
                extra: #extra_type,
                error: Option<rt::Violation>,
            }

            impl rt::object::Object for #name {
                type Draft = #draft;
                const NAME: &'static str = #label;

                fn field<'de, A: rt::MapAccess<'de>>(
                    draft: &mut #draft,
                    name: &str,
                    map: &mut A,
                ) -> Result<(), A::Error> {
                    #read
                }

                fn finish(draft: #draft) -> Result<Self, &'static str> {
                    #(#literal_finish)*
                    Ok(Self { #(#finish,)* #extra_finish })
                }
            }

            rt::deserialize_object!(#name);
        }
    }

    /// Members without a field: the type that keeps them, how one is read, how they end in the struct.
    fn extra_of(&self, shape: &Struct) -> (TokenStream, TokenStream, TokenStream) {
        match &shape.extra {
            Extra::Open | Extra::Closed => (
                quote!(rt::UnknownFields),
                quote!(draft.extra.__read(name, map)),
                quote!(unknown_: draft.extra),
            ),
            Extra::Typed { slot, rust, .. } => {
                let (rust, ty) = (ident(rust), self.expr(&slot.expr, None));
                (
                    quote!(rt::Map<#ty>),
                    quote!(rt::object::read_additional(&mut draft.extra, name, map)),
                    quote!(#rust: draft.extra),
                )
            }
        }
    }

    fn serialize_impl(name: &Ident, shape: &Struct) -> TokenStream {
        let literals = shape.literals.iter().map(|(json, value)| {
            let (json, value) = (text(json), text(value));
            quote!(map.serialize_entry(#json, #value)?;)
        });
        let fields = shape.fields.iter().map(|field| {
            let (rust, json) = (ident(&field.rust), text(&field.json));
            match field.presence {
                Presence::Required => quote!(map.serialize_entry(#json, &self.#rust)?;),
                Presence::Optional => {
                    quote!(if let Some(value) = &self.#rust { map.serialize_entry(#json, value)?; })
                }
                Presence::Maybe => {
                    quote!(if let Some(value) = self.#rust.present() { map.serialize_entry(#json, &value)?; })
                }
            }
        });
        let extra = match &shape.extra {
            Extra::Open | Extra::Closed => quote!(self.unknown_.__write(&mut map)?;),
            Extra::Typed { rust, .. } => {
                let rust = ident(rust);
                quote!(for (name, value) in &self.#rust { map.serialize_entry(name, value)?; })
            }
        };
        quote! {
            impl rt::Serialize for #name {
                fn serialize<S: rt::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    use rt::SerializeMap as _;
                    let mut map = serializer.serialize_map(None)?;
                    #(#literals)*
                    #(#fields)*
                    #extra
                    map.end()
                }
            }
        }
    }

    /// A builder with one stage for each required member: what is missing cannot be forgotten.
    fn builder(&self, id: usize, def: &TypeDef, shape: &Struct) -> TokenStream {
        let name = ident(&def.name);
        let (draft, builder) = (format_ident!("{}Draft", name), format_ident!("{}Builder", name));
        let mut setters = crate::naming::Scope::with(&["build"]);
        let methods: Vec<Ident> = shape
            .fields
            .iter()
            .map(|field| ident(&setters.take(&field.rust, Style::Snake)))
            .collect();
        let required = |field: &Field| field.presence == Presence::Required;
        let mut stages = Vec::new();
        for (index, (field, method)) in shape
            .fields
            .iter()
            .zip(&methods)
            .enumerate()
            .filter(|(_, (field, _))| required(field))
        {
            let stage = Literal::usize_unsuffixed(stages.len());
            let next = Literal::usize_unsuffixed(stages.len() + 1);
            let (parameter, set) = self.setter(id, field, index);
            let docs = setter_doc(field);
            stages.push(quote! {
                impl #builder<#stage> {
                    #docs
                    #[must_use]
                    pub fn #method(mut self, value: #parameter) -> #builder<#next> {
                        #set
                        #builder { draft: self.draft }
                    }
                }
            });
        }
        let last = Literal::usize_unsuffixed(stages.len());
        let optional = shape
            .fields
            .iter()
            .zip(&methods)
            .enumerate()
            .filter(|(_, (field, _))| !required(field))
            .map(|(index, (field, method))| {
                let (parameter, set) = self.setter(id, field, index);
                let docs = setter_doc(field);
                quote! {
                    #docs
                    #[must_use]
                    pub fn #method(mut self, value: #parameter) -> Self {
                        #set
                        self
                    }
                }
            });
        let extra = match &shape.extra {
            Extra::Typed { slot, rust, .. } => {
                let method = ident(&setters.take(rust, Style::Snake));
                let ty = self.expr(&slot.expr, None);
                Some(quote! {
                    /// Sets the members of any other name.
                    #[must_use]
                    pub fn #method(mut self, members: rt::Map<#ty>) -> Self {
                        self.draft.extra = members;
                        self
                    }
                })
            }
            Extra::Open | Extra::Closed => None,
        };
        let literals = (0..shape.literals.len()).map(|index| {
            let place = format_ident!("l{index}");
            quote!(self.draft.#place = Some(());)
        });
        let builder_doc = format!(
            " Builds [`{}`]. `STAGE` counts the required members that are set; `build` is there when all are.",
            def.name
        );
        quote! {
            #[doc = #builder_doc]
            pub struct #builder<const STAGE: usize> {
                draft: #draft,
            }

            #(#stages)*

            impl #builder<#last> {
                #(#optional)*
                #extra

                /// Checks everything against the contract.
                pub fn build(mut self) -> Result<#name, rt::Violation> {
                    #(#literals)*
                    let error = self.draft.error.take();
                    rt::object::build(error, self.draft)
                }
            }
        }
    }

    /// The type of a setter's parameter, and the statement that sets.
    fn setter(&self, id: usize, field: &Field, index: usize) -> (TokenStream, TokenStream) {
        let place = format_ident!("f{index}");
        let json = text(&field.json);
        let inner = self.expr(&field.slot.expr, None);
        let boxed = matches!(&field.slot.expr, Expr::Named(reference) if self.boxed(*reference, Some(id)));
        match (&field.slot.expr, field.presence) {
            (_, Presence::Maybe) => {
                let ty = self.field_type(id, field);
                (ty, quote!(self.draft.#place = value;))
            }
            (Expr::Nullable(_), _) => {
                let ty = self.ty(id, &field.slot);
                (ty, quote!(self.draft.#place = Some(value);))
            }
            _ => {
                let wrap = boxed.then(|| quote!(.map(Box::new)));
                (
                    quote!(impl TryInto<#inner, Error: Into<rt::Violation>>),
                    quote!(self.draft.#place = rt::object::set(&mut self.draft.error, #json, value)#wrap;),
                )
            }
        }
    }
}

fn setter_doc(field: &Field) -> TokenStream {
    let line = format!(" Sets `{}`.", crate::docs::code(&field.json));
    quote!(#[doc = #line])
}
