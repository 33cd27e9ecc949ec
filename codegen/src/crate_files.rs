//! The crate around the types: manifest, root, modules, and the printing of tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use crate::docs::code;
use crate::emit::{Entry, ident};
use crate::input::{EventsDependency, Inherit, Options};

/// The package name of a domain's crate.
pub(crate) fn package_name(domain: &str) -> String {
    let mut name: String = domain
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert_str(0, "d-");
    }
    format!("{}-events", name.trim_end_matches('-'))
}

pub(crate) fn manifest(
    domain: &str,
    version: &semver::Version,
    options: &Options,
    validator: bool,
) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let events = match &options.events {
        EventsDependency::Path(path) => format!("path = {}", toml_string(path)),
        EventsDependency::Version(version) => format!("version = {}", toml_string(version)),
        EventsDependency::Git { url, reference } => {
            let reference = reference
                .as_ref()
                .map(|(kind, name)| format!(", {kind} = {}", toml_string(name)))
                .unwrap_or_default();
            format!("git = {}{reference}", toml_string(url))
        }
    };
    let features = if validator {
        ", features = [\"validator\"]"
    } else {
        ""
    };
    let description = format!("Typed events of the domain {}", code(domain));
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "[package]\nname = {}\ndescription = {}\nversion = \"{version}\"\n",
        toml_string(&package_name(domain)),
        toml_string(&description)
    );
    match options.inherit {
        Inherit::Workspace => text.push_str(
            "edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
             publish.workspace = true\n\n[lints]\nworkspace = true\n",
        ),
        // What `contract-events` asks for, which comes from the same workspace as this tool.
        Inherit::Nothing => text.push_str(concat!(
            "edition = \"2024\"\nrust-version = \"",
            env!("CARGO_PKG_RUST_VERSION"),
            "\"\npublish = false\n"
        )),
    }
    let _ = write!(
        text,
        "\n[features]\n# The contracts' valid examples as values.\nfixtures = []\n\
         # Values that satisfy the contracts: strategies of `proptest`, and `arbitrary` for fuzzers.\n\
         proptest = [\"contract-events/proptest\"]\narbitrary = [\"contract-events/arbitrary\"]\n\n[dependencies]\n\
         contract-events = {{ {events}{features} }}\n"
    );
    text
}

fn toml_string(text: &str) -> String {
    // JSON's escapes are TOML's, but for the slash that neither needs.
    serde_json::Value::from(text).to_string()
}

/// The crate root.
pub(crate) fn root(domain: &str, enum_name: &str, entries: &[Entry], with_types: bool) -> TokenStream {
    let title = format!(
        " Typed events of the domain `{}`, generated from their contracts.",
        code(domain)
    );
    let skip = skip_formatting();
    let modules: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry.path.first())
        .map(String::as_str)
        .collect();
    let modules = modules.into_iter().map(|module| {
        let name = ident(module);
        quote!(#skip pub mod #name;)
    });
    let exports = entries.iter().map(|entry| {
        let path = entry.path.iter().map(|part| ident(part));
        let (name, alias) = (ident(&entry.type_name), ident(&entry.alias));
        quote!(pub use self::#(#path::)*#name as #alias;)
    });
    let enum_name = ident(enum_name);
    let upcasts: BTreeSet<_> = entries
        .chunk_by(|left, right| left.event_type == right.event_type)
        .filter_map(|majors| majors.last().filter(|_| majors.len() > 1))
        .map(|newest| ident(&newest.upcast_name()))
        .collect();
    let upcasts = upcasts.iter();
    let types = with_types.then(|| quote!(#skip pub mod types;));
    quote! {
        #![doc = #title]
        //!
        //! Each event has a module with its types; at the root it is named with its major version.
        #![allow(
            clippy::doc_markdown,
            clippy::struct_excessive_bools,
            clippy::struct_field_names,
            clippy::enum_variant_names,
            clippy::large_enum_variant,
            clippy::too_many_lines,
            clippy::module_inception,
            clippy::module_name_repetitions,
            clippy::match_wildcard_for_single_variants,
            clippy::match_same_arms,
            clippy::unreadable_literal,
            clippy::needless_raw_string_hashes,
            clippy::large_stack_frames,
            clippy::similar_names,
            clippy::single_match_else,
            clippy::manual_non_exhaustive,
            clippy::non_ascii_literal,
            clippy::option_option,
            clippy::unnecessary_wraps,
            clippy::must_use_candidate,
            clippy::missing_errors_doc,
            clippy::trivially_copy_pass_by_ref,
            clippy::collapsible_match,
            clippy::collapsible_if,
            clippy::single_match,
            clippy::wildcard_in_or_patterns,
            clippy::tabs_in_doc_comments,
            clippy::doc_lazy_continuation,
            clippy::too_long_first_doc_paragraph,
            clippy::result_large_err,
            clippy::type_complexity,
            clippy::let_unit_value,
            clippy::op_ref,
            uncommon_codepoints,
            confusable_idents,
            mixed_script_confusables,
            non_snake_case,
            non_camel_case_types,
            reason = "names, docs and repetition are the contracts' own"
        )]

        #skip
        mod event;
        #(#modules)*
        #types

        pub use self::event::{#enum_name #(, #upcasts)*};
        #(#exports)*
        pub use ::contract_events::{Envelope, Event, RawEvent};
    }
}

/// Generated modules are printed, not formatted: `cargo fmt` is to leave them alone. Parsed, because the formatter
/// takes the attribute for its own when it stands in this file.
fn skip_formatting() -> TokenStream {
    "#[rustfmt::skip]".parse().unwrap_or_default()
}

/// Files that only declare modules: one for each inner level.
pub(crate) fn module_files(entries: &[Entry]) -> BTreeMap<String, TokenStream> {
    let mut levels: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for entry in entries {
        for depth in 1..entry.path.len() {
            let file = format!("src/{}.rs", entry.path[..depth].join("/"));
            levels.entry(file).or_default().insert(&entry.path[depth]);
        }
    }
    levels
        .into_iter()
        .map(|(file, modules)| {
            let modules = modules.into_iter().map(|module| {
                let name = ident(module);
                quote!(pub mod #name;)
            });
            let title = format!(
                " Events of `{}`.",
                file.trim_start_matches("src/").trim_end_matches(".rs")
            );
            (file, quote!(#![doc = #title] #(#modules)*))
        })
        .collect()
}

/// Tokens as text; `None` when they are no Rust, which would be a defect of the emitter.
pub(crate) fn print(tokens: TokenStream) -> Option<String> {
    let file = syn::parse2::<syn::File>(tokens).ok()?;
    Some(prettyplease::unparse(&file))
}
