//! The public items of a generated crate, one line each, so that two crates can be compared: what a user of the older
//! one can name has to be there in the newer one, or it is a break.
//!
//! Read from the emitted tokens, not from the model: what is compared is what users compile against. Left out are items
//! hidden from the docs, tests, values of constants, and the examples behind the feature `fixtures`.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Fields, ImplItem, Item, ItemEnum, ItemImpl, ItemTrait, TraitItem, UseTree, Visibility};

use crate::version::Bump;

/// The public items of a generated crate: a description that can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Api {
    items: BTreeSet<String>,
}

impl Api {
    /// The items of sources, by path of the file.
    pub(crate) fn of(sources: &BTreeMap<String, TokenStream>) -> Self {
        let mut api = Self::default();
        for (path, tokens) in sources {
            let Ok(file) = syn::parse2::<syn::File>(tokens.clone()) else {
                continue;
            };
            let module = path.trim_start_matches("src/").trim_end_matches(".rs");
            let module = if module == "lib" { "" } else { module };
            let module = module.replace('/', "::");
            api.module(&module, &file.items);
        }
        api
    }

    /// One line for each item, sorted: module, kind, name, type.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(String::as_str)
    }

    /// What a user of this API has to do when it becomes `newer`: nothing, nothing but see more, or change code.
    pub(crate) fn bump_to(&self, newer: &Self) -> Bump {
        if !self.items.is_subset(&newer.items) {
            Bump::Major
        } else if self.items.len() < newer.items.len() {
            Bump::Minor
        } else {
            Bump::None
        }
    }

    fn add(&mut self, module: &str, item: &str) {
        let text = if module.is_empty() {
            item.to_owned()
        } else {
            format!("{module} {item}")
        };
        self.items.insert(text);
    }

    fn module(&mut self, module: &str, items: &[Item]) {
        let hidden: BTreeSet<String> = items.iter().filter_map(hidden_type).collect();
        for item in items {
            self.item(module, item, &hidden);
        }
    }

    fn item(&mut self, module: &str, item: &Item, hidden: &BTreeSet<String>) {
        match item {
            Item::Struct(item) if seen(&item.vis, &item.attrs) => {
                self.derives(module, &item.ident, &item.attrs);
                let head = format!("struct {}{}", item.ident, text(&item.generics));
                let grows =
                    is_non_exhaustive(&item.attrs) || item.fields.iter().any(|field| !is_public(&field.vis));
                self.add(
                    module,
                    &format!("{head}{}", if grows { "" } else { " exhaustive" }),
                );
                for (index, field) in item.fields.iter().enumerate() {
                    if is_public(&field.vis) {
                        let name = field
                            .ident
                            .as_ref()
                            .map_or_else(|| index.to_string(), ToString::to_string);
                        self.add(module, &format!("{head}.{name}: {}", text(&field.ty)));
                    }
                }
            }
            Item::Enum(item) if seen(&item.vis, &item.attrs) => self.enumeration(module, item),
            Item::Type(item) if seen(&item.vis, &item.attrs) => {
                self.add(module, &format!("type {} = {}", item.ident, text(&item.ty)));
            }
            Item::Const(item) if seen(&item.vis, &item.attrs) => {
                self.add(module, &format!("const {}: {}", item.ident, text(&item.ty)));
            }
            Item::Fn(item) if seen(&item.vis, &item.attrs) => self.add(module, &text(&item.sig)),
            Item::Use(item) if seen(&item.vis, &item.attrs) => {
                for used in uses(&item.tree) {
                    self.add(module, &format!("use {used}"));
                }
            }
            Item::Mod(item) if seen(&item.vis, &item.attrs) && item.ident != "fixtures" => {
                self.add(module, &format!("mod {}", item.ident));
                if let Some((_, items)) = &item.content {
                    self.module(&format!("{module}::{}", item.ident), items);
                }
            }
            Item::Trait(item) if seen(&item.vis, &item.attrs) => self.interface(module, item),
            Item::Impl(item) => self.implementation(module, item, hidden),
            Item::Macro(item) => {
                // The runtime's macros give a type its traits and methods; which variants it has is said by the type.
                let subject = item.mac.tokens.clone().into_iter().find_map(|token| match token {
                    TokenTree::Ident(ident) => Some(ident.to_string()),
                    _ => None,
                });
                let subject = subject.unwrap_or_default();
                let condition: String = item.attrs.iter().map(text).collect();
                self.add(
                    module,
                    &format!("{condition}{}!({subject})", text(&item.mac.path)),
                );
            }
            _ => {}
        }
    }

    fn enumeration(&mut self, module: &str, item: &ItemEnum) {
        self.derives(module, &item.ident, &item.attrs);
        let head = format!("enum {}", item.ident);
        let variants: Vec<String> = item
            .variants
            .iter()
            .map(|variant| format!("{}{}", variant.ident, fields(&variant.fields)))
            .collect();
        if is_non_exhaustive(&item.attrs) {
            self.add(module, &head);
            for variant in variants {
                self.add(module, &format!("{head}::{variant}"));
            }
        } else {
            // A match has to name every variant: one more is a break.
            self.add(
                module,
                &format!("{head} exhaustive {{ {} }}", variants.join(", ")),
            );
        }
    }

    fn interface(&mut self, module: &str, item: &ItemTrait) {
        let mut required = Vec::new();
        for member in &item.items {
            match member {
                TraitItem::Fn(method) if method.default.is_none() => required.push(text(&method.sig)),
                TraitItem::Fn(method) => {
                    self.add(module, &format!("trait {} {}", item.ident, text(&method.sig)));
                }
                TraitItem::Type(member) => required.push(text(member)),
                _ => {}
            }
        }
        // Whoever implements it has to write each of them: one more is a break.
        self.add(
            module,
            &format!("trait {} {{ {} }}", item.ident, required.join("; ")),
        );
    }

    fn implementation(&mut self, module: &str, item: &ItemImpl, hidden: &BTreeSet<String>) {
        let of = text(&item.self_ty);
        let name = of.split([' ', '<']).next().unwrap_or_default();
        if hidden.contains(name) || is_hidden(&item.attrs) {
            return;
        }
        if let Some((implemented, _)) = &item.trait_ {
            self.add(module, &format!("impl {} for {of}", text(implemented)));
            return;
        }
        for member in &item.items {
            match member {
                ImplItem::Fn(method) if seen(&method.vis, &method.attrs) => {
                    self.add(module, &format!("impl {of} {}", text(&method.sig)));
                }
                ImplItem::Const(constant) if seen(&constant.vis, &constant.attrs) => {
                    self.add(
                        module,
                        &format!("impl {of} const {}: {}", constant.ident, text(&constant.ty)),
                    );
                }
                _ => {}
            }
        }
    }

    fn derives(&mut self, module: &str, name: &syn::Ident, attributes: &[Attribute]) {
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
        {
            let Ok(list) = attribute.meta.require_list() else {
                continue;
            };
            for derived in list.tokens.to_string().split(',') {
                self.add(module, &format!("impl {} for {name}", derived.trim()));
            }
        }
    }
}

fn hidden_type(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => is_hidden(&item.attrs).then(|| item.ident.to_string()),
        Item::Enum(item) => is_hidden(&item.attrs).then(|| item.ident.to_string()),
        _ => None,
    }
}

fn seen(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    is_public(visibility) && !is_hidden(attributes)
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| text(&attribute.meta) == text(quote!(doc(hidden))))
}

fn is_non_exhaustive(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("non_exhaustive"))
}

fn fields(fields: &Fields) -> String {
    let of = |field: &syn::Field| {
        let name = field
            .ident
            .as_ref()
            .map_or_else(String::new, |name| format!("{name}: "));
        format!("{name}{}", text(&field.ty))
    };
    let list: Vec<String> = fields.iter().map(of).collect();
    if list.is_empty() {
        String::new()
    } else {
        format!("({})", list.join(", "))
    }
}

/// Each name that a `use` brings, with its path.
fn uses(tree: &UseTree) -> Vec<String> {
    match tree {
        UseTree::Path(path) => uses(&path.tree)
            .into_iter()
            .map(|rest| format!("{}::{rest}", path.ident))
            .collect(),
        UseTree::Group(group) => group.items.iter().flat_map(uses).collect(),
        other => vec![text(other)],
    }
}

fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(tokens: TokenStream) -> Api {
        Api::of(&BTreeMap::from([("src/lib.rs".to_owned(), tokens)]))
    }

    #[test]
    fn what_breaks_is_major_and_what_is_new_is_minor() {
        let old = quote! {
            #[derive(Clone, Eq)]
            #[non_exhaustive]
            pub struct Order { pub id: u64, hidden: u8 }
            #[non_exhaustive]
            pub enum Channel { Web }
            pub enum Closed { A(u8) }
            pub trait Step { fn one(&self); }
            #[doc(hidden)]
            pub struct OrderDraft { pub f0: u64 }
            impl OrderDraft { pub fn new() -> Self { todo!() } }
            impl Order { pub fn id(&self) -> u64 { 1 } }
            pub const SCHEMA: &str = "a";
        };
        for (new, bump) in [
            (old.clone(), Bump::None),
            (quote!(#old pub struct More;), Bump::Minor),
            (quote!(#old impl Order { pub fn more(&self) {} }), Bump::Minor),
        ] {
            assert_eq!(api(old.clone()).bump_to(&api(new)), bump);
        }
        let text = old.to_string();
        for (from, to, bump) in [
            ("id : u64 ,", "id : i64 ,", Bump::Major),
            ("Clone , Eq", "Clone", Bump::Major),
            ("Web", "Web , App", Bump::Minor),
            ("A (u8)", "A (u8) , B", Bump::Major),
            (
                "fn one (& self) ;",
                "fn one (& self) ; fn two (& self) ;",
                Bump::Major,
            ),
            ("pub f0 : u64", "pub f0 : i64", Bump::None),
            ("hidden : u8", "hidden : u16", Bump::None),
            ("\"a\"", "\"b\"", Bump::None),
            ("pub id : u64 ,", "pub id : u64 , pub more : u64 ,", Bump::Minor),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text, "{from}");
            let changed: TokenStream = changed.parse().expect("it is Rust");
            assert_eq!(api(old.clone()).bump_to(&api(changed)), bump, "{from}");
        }
    }
}
