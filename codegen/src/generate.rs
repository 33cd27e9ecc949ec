//! The two entry points: the whole crate of a domain, and the cheap check of names.

use std::collections::BTreeMap;

use diagnostics::JsonPointer;
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::api::Api;
use crate::build::{Builder, Collision, Shared};
use crate::crate_files::{manifest, module_files, print, root};
use crate::digest::{MANIFEST, ROOT_FILE, input_digest, seal};
use crate::emit::{Emitter, Entry, EventModule, domain, event_module, ident};
use crate::input::{ContractInput, DomainInput, Formats, Generated, Options, Problem};
use crate::naming::{Scope, Style, type_ident};
use crate::normalize::{Dialect, Document, NESTING_LIMIT, Unreadable};
use crate::rules::{NAME_COLLISION, UNSUPPORTED};
use crate::shape::{Module, TypeRef};
use crate::version::crate_version;
use crate::{naming, share};

/// Names at the crate root that are taken.
const ROOT_NAMES: &[&str] = &["types", "event", "contract_events", "std", "core", "alloc"];

/// One contract on its way.
struct Work<'c> {
    index: usize,
    contract: &'c ContractInput,
    module: Module,
    root: TypeRef,
    schema: Value,
    draft4: bool,
    entry: Entry,
}

/// Generates the crate of a domain. The same input gives the same bytes, in any order of contracts.
pub fn generate(domain_input: &DomainInput, options: &Options) -> Generated {
    let (sources, validator, problems) = sources(domain_input, options);
    let version = crate_version(domain_input, options, api);
    let mut files: BTreeMap<String, String> = sources
        .into_iter()
        .filter_map(|(path, tokens)| Some((path, print(tokens)?)))
        .collect();
    files.insert(
        MANIFEST.to_owned(),
        manifest(&domain_input.domain, &version, options, validator),
    );
    seal(
        &mut files,
        &input_digest(domain_input, options),
        &options.tool_version,
    );
    Generated { files, problems }
}

/// The public items of the crate of a domain.
pub fn api(domain_input: &DomainInput, options: &Options) -> Api {
    Api::of(&sources(domain_input, options).0)
}

/// The source files as tokens, whether the validator is needed, and what could not be generated.
fn sources(
    domain_input: &DomainInput,
    options: &Options,
) -> (BTreeMap<String, TokenStream>, bool, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut order: Vec<usize> = (0..domain_input.contracts.len()).collect();
    order.sort_by_key(|index| sort_key(&domain_input.contracts[*index]));
    order.dedup_by(|later, earlier| {
        let (one, other) = (&domain_input.contracts[*earlier], &domain_input.contracts[*later]);
        let twice = one.event_type == other.event_type && one.major == other.major;
        if twice {
            problems.push(Problem {
                rule: &UNSUPPORTED,
                contract: *later,
                pointer: JsonPointer::root(),
                message: format!(
                    "{} major version {} is generated from another contract",
                    other.event_type, other.major
                ),
                help: Some("give one of the two another event type or major version".to_owned()),
            });
        }
        twice
    });
    let contracts: Vec<&ContractInput> = order
        .iter()
        .map(|index| &domain_input.contracts[*index])
        .collect();
    // A contract that cannot be generated shares nothing: it is found out first.
    let documents: Vec<Option<Document<'_>>> = order
        .iter()
        .zip(&contracts)
        .map(|(&original, contract)| {
            let document = Document::new(&contract.schema);
            match generates(&document, options.formats, &contract.event) {
                Ok(()) => Some(document),
                Err(unreadable) => {
                    problems.push(Problem {
                        rule: &UNSUPPORTED,
                        contract: original,
                        pointer: unreadable.pointer,
                        message: unreadable.message,
                        help: None,
                    });
                    None
                }
            }
        })
        .collect();
    let (shared, shared_from) = build_shared(&documents, options.formats);

    let mut modules = Modules::default();
    let mut works = Vec::new();
    for (index, (&original, contract)) in order.iter().zip(&contracts).enumerate() {
        let Some(document) = &documents[index] else {
            continue;
        };
        let mut builder = Builder::new(document, options.formats).with_shared(&shared);
        let type_name = type_ident(&contract.event);
        // It was built once already, without sharing.
        let Ok(root) = builder.root(&type_name) else {
            continue;
        };
        problems.extend(
            builder
                .collisions
                .drain(..)
                .map(|collision| problem(collision, original)),
        );
        let type_name = match root {
            TypeRef::Local(id) => builder.module.types[id].as_ref().map(|def| def.name.clone()),
            TypeRef::Shared(_) => None,
        }
        .unwrap_or(type_name);
        works.push(Work {
            index,
            contract,
            entry: modules.entry(contract, type_name),
            module: builder.module,
            root,
            schema: with_dialect(document),
            draft4: document.dialect == Dialect::Draft4,
        });
    }
    let (files, validator) = emit(domain_input, options, &shared, &shared_from, works);
    problems.sort_by(|left, right| {
        (left.contract, &left.pointer, &left.message).cmp(&(right.contract, &right.pointer, &right.message))
    });
    (files, validator, problems)
}

/// The schema with its dialect named, which the generated checks follow.
fn with_dialect(document: &Document<'_>) -> Value {
    let mut schema = document.root.clone();
    if let Some(members) = schema.as_object_mut() {
        members.insert("$schema".to_owned(), Value::from(document.dialect.uri()));
    }
    schema
}

/// Whether types can be built and the rest can be checked.
fn generates(document: &Document<'_>, formats: Formats, event: &str) -> Result<(), Unreadable> {
    if document.too_deep {
        return Err(Unreadable {
            pointer: JsonPointer::root(),
            message: format!("the schema is nested deeper than {NESTING_LIMIT} levels"),
        });
    }
    Builder::new(document, formats).root(&type_ident(event))?;
    compiles(document)
}

/// Whether the validator takes the schema: what types do not carry is left to it.
fn compiles(document: &Document<'_>) -> Result<(), Unreadable> {
    let draft = match document.dialect {
        Dialect::Draft4 => jsonschema::Draft::Draft4,
        Dialect::Draft6 => jsonschema::Draft::Draft6,
        Dialect::Draft7 => jsonschema::Draft::Draft7,
        Dialect::Draft201909 => jsonschema::Draft::Draft201909,
        Dialect::Draft202012 => jsonschema::Draft::Draft202012,
    };
    match jsonschema::options()
        .with_draft(draft)
        .offline()
        .build(document.root)
    {
        Ok(_) => Ok(()),
        Err(error) => Err(Unreadable {
            pointer: JsonPointer::parse(error.instance_path().as_str()).unwrap_or_default(),
            message: format!("the schema does not compile: {error}"),
        }),
    }
}

fn sort_key(contract: &ContractInput) -> (String, u64, Option<String>, String) {
    (
        contract.event_type.clone(),
        contract.major,
        contract.aggregate.clone(),
        contract.digest.clone(),
    )
}

/// The shared module: each shared definition built from the first document that has it. The second list names, for
/// each type, that document.
fn build_shared(documents: &[Option<Document<'_>>], formats: Formats) -> (Shared, Vec<usize>) {
    let definitions = share::shared_definitions(documents);
    let mut by_document: BTreeMap<usize, Vec<&String>> = BTreeMap::new();
    for (name, index) in &definitions {
        by_document.entry(*index).or_default().push(name);
    }
    let mut shared = Shared::default();
    let mut scope = Scope::default();
    let mut from = Vec::new();
    for (index, list) in by_document {
        let Some(document) = &documents[index] else {
            continue;
        };
        let mut builder = Builder::new(document, formats).sharing(std::mem::take(&mut shared), scope);
        let mut slots = BTreeMap::new();
        for name in list {
            for key in ["$defs", "definitions"] {
                let pointer = JsonPointer::root().child(key).child(name);
                if document.at(&pointer).is_some()
                    && let Ok(slot) = builder.named(&pointer, name)
                {
                    slots.insert(name.clone(), slot);
                }
            }
        }
        scope = builder.scope.clone();
        shared = builder.into_shared(slots);
        from.resize(shared.module.types.len(), index);
    }
    (shared, from)
}

#[derive(Default)]
struct Modules {
    /// Names taken inside each module path.
    scopes: BTreeMap<Vec<String>, Scope>,
    aggregates: BTreeMap<String, String>,
    aliases: Scope,
}

impl Modules {
    fn entry(&mut self, contract: &ContractInput, type_name: String) -> Entry {
        let root = || Scope::with(ROOT_NAMES);
        let mut path = Vec::new();
        if let Some(aggregate) = &contract.aggregate {
            let scope = self.scopes.entry(Vec::new()).or_insert_with(root);
            let module = self
                .aggregates
                .entry(aggregate.clone())
                .or_insert_with(|| scope.take(&naming::ident(aggregate, Style::Snake), Style::Snake));
            path.push(module.clone());
        }
        let scope = if path.is_empty() {
            self.scopes.entry(Vec::new()).or_insert_with(root)
        } else {
            self.scopes.entry(path.clone()).or_default()
        };
        let stem = naming::ident(&contract.event, Style::Snake);
        path.push(scope.take(
            &format!("{}_v{}", stem.trim_end_matches('_'), contract.major),
            Style::Snake,
        ));
        let alias = format!(
            "{}V{}",
            type_ident(&contract.event).trim_end_matches('_'),
            contract.major
        );
        Entry {
            path,
            type_name,
            alias: self.aliases.take(&alias, Style::Pascal),
            event_type: contract.event_type.clone(),
            major: contract.major,
        }
    }
}

fn emit(
    domain_input: &DomainInput,
    options: &Options,
    shared: &Shared,
    shared_from: &[usize],
    mut works: Vec<Work<'_>>,
) -> (BTreeMap<String, TokenStream>, bool) {
    let schema_path = |entry: &Entry| -> TokenStream {
        let path = entry.path.iter().map(|part| ident(part));
        quote!(crate::#(#path::)*SCHEMA)
    };
    let schemas: Vec<TokenStream> = shared_from
        .iter()
        .map(|index| {
            works
                .iter()
                .find(|work| work.index == *index)
                .map_or_else(|| quote!("false"), |work| schema_path(&work.entry))
        })
        .collect();
    let draft4 = shared_from
        .iter()
        .map(|index| works.iter().any(|work| work.index == *index && work.draft4))
        .collect();
    let shared_emitter = Emitter::new(&shared.module, None, schemas, draft4, options.formats);
    let mut sources: BTreeMap<String, TokenStream> = BTreeMap::new();
    let mut validator = false;
    for work in &mut works {
        let schemas = vec![quote!(SCHEMA); work.module.types.len()];
        let draft4 = vec![work.draft4; work.module.types.len()];
        let emitter = Emitter::new(
            &work.module,
            Some(&shared_emitter),
            schemas.clone(),
            draft4.clone(),
            options.formats,
        );
        let example = emitter.example(&domain_input.domain, &work.entry.path, work.root, work.contract);
        if let (TypeRef::Local(id), Some(example)) = (work.root, example)
            && let Some(def) = &mut work.module.types[id]
        {
            def.docs.example = example;
        }
        let emitter = Emitter::new(
            &work.module,
            Some(&shared_emitter),
            schemas,
            draft4,
            options.formats,
        );
        let event = EventModule {
            contract: work.contract,
            root: work.root,
            schema: &work.schema,
        };
        let tokens = event_module(&event, &emitter);
        validator |= emitter.validator.get();
        sources.insert(format!("src/{}.rs", work.entry.path.join("/")), tokens);
    }
    let shared_types = shared_emitter.types();
    validator |= shared_emitter.validator.get();
    let with_types = !shared_types.is_empty();
    if with_types {
        sources.insert(
            "src/types.rs".to_owned(),
            quote! {
                //! Types that contracts of the domain share.

                use ::contract_events::codegen as rt;

                #(#shared_types)*
            },
        );
    }
    let entries: Vec<Entry> = works.into_iter().map(|work| work.entry).collect();
    let (enum_name, event) = domain(&domain_input.domain, &entries);
    sources.insert("src/event.rs".to_owned(), event);
    sources.extend(module_files(&entries));
    sources.insert(
        ROOT_FILE.to_owned(),
        root(&domain_input.domain, &enum_name, &entries, with_types),
    );
    (sources, validator)
}

/// Names of one contract that collide in Rust, without emitting anything.
pub fn check_names(contract: &ContractInput) -> Vec<Problem> {
    let document = Document::new(&contract.schema);
    let mut builder = Builder::new(&document, Formats::Assert);
    if document.too_deep {
        return Vec::new();
    }
    // A contract that cannot be generated is another rule's finding.
    let _ = builder.root(&type_ident(&contract.event));
    builder
        .collisions
        .into_iter()
        .map(|collision| problem(collision, 0))
        .collect()
}

fn problem(collision: Collision, contract: usize) -> Problem {
    let Collision {
        pointer,
        kind,
        name,
        other,
        rust,
    } = collision;
    Problem {
        rule: &NAME_COLLISION,
        contract,
        pointer,
        message: format!("the {kind} {name:?} becomes the same Rust name as {other:?}: `{rust}`"),
        help: Some(format!(
            "rename {name:?}, or give it a Rust name of its own with \"x-rust-name\""
        )),
    }
}
