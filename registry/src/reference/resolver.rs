//! From a reference to the node that it means: by `$id` first, then by file, never outside the root.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use diagnostics::JsonPointer;
use serde_json::Value;

use super::index::{DocumentIndex, resolve};
use super::uri::{Fragment, decode, encode_path, join_path, scheme};
use super::{RefError, RefErrorKind, RefKeyword, Target};
use crate::config::closest;
use crate::{Draft, Role, SchemaFile};

/// The scheme under which files without `$id` are known: its paths are relative to the root.
const SCHEME: &str = "contracts:///";

/// What is needed to resolve any reference of a registry.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    documents: Vec<DocumentIndex>,
    /// Root-relative path to file.
    by_path: HashMap<Box<str>, usize>,
    /// Absolute URI without fragment to (file, resource).
    by_uri: HashMap<Box<str>, (usize, usize)>,
    /// URIs that more than one resource claims.
    ambiguous: HashSet<Box<str>>,
    /// Root-relative paths of files that are there but do not parse.
    broken: HashSet<Box<str>>,
    base_map: Vec<(String, String)>,
    /// The root relative to the workspace, with a `/` behind it; empty when they are the same.
    prefix: String,
}

impl Resolver {
    /// Indexes `files`, whose paths are relative to the workspace and below `root`.
    pub(crate) fn new(
        files: &[SchemaFile],
        broken: &[Arc<str>],
        root: &str,
        base_map: &[(String, String)],
    ) -> Self {
        use rayon::prelude::*;

        let prefix = if root.is_empty() {
            String::new()
        } else {
            format!("{root}/")
        };
        let mut resolver = Self {
            base_map: base_map.to_vec(),
            prefix,
            ..Self::default()
        };
        resolver.documents = files
            .par_iter()
            .map(|file| {
                DocumentIndex::new(&file.value, file.draft, &|| {
                    resolver.retrieval_uri(resolver.inside(&file.path))
                })
            })
            .collect();
        for (at, file) in files.iter().enumerate() {
            resolver.by_path.insert(resolver.inside(&file.path).into(), at);
            for (number, resource) in resolver.documents[at].resources.iter().enumerate() {
                let Some(base) = &resource.base else { continue };
                if resolver.by_uri.contains_key(base) {
                    resolver.ambiguous.insert(base.clone());
                } else {
                    resolver.by_uri.insert(base.clone(), (at, number));
                }
            }
        }
        resolver.broken = broken.iter().map(|path| resolver.inside(path).into()).collect();
        resolver
    }

    /// `path` relative to the root.
    pub(crate) fn inside<'p>(&self, path: &'p str) -> &'p str {
        path.strip_prefix(self.prefix.as_str()).unwrap_or(path)
    }

    /// The absolute URI of a file without `$id`.
    fn retrieval_uri(&self, inside: &str) -> String {
        for (uri, folder) in &self.base_map {
            let tail = if folder.is_empty() {
                Some(inside)
            } else {
                inside
                    .strip_prefix(folder.as_str())
                    .and_then(|tail| tail.strip_prefix('/'))
            };
            if let Some(tail) = tail {
                return format!("{uri}{}", encode_path(tail));
            }
        }
        format!("{SCHEME}{}", encode_path(inside))
    }

    /// The resources of a document.
    pub(crate) fn document(&self, document: usize) -> &DocumentIndex {
        match document.checked_sub(self.documents.len()) {
            None => &self.documents[document],
            Some(metaschema) => &METASCHEMAS[metaschema].1,
        }
    }

    /// The absolute URI of a resource: its `$id`, else that of its file.
    pub(crate) fn resource_uri(&self, files: &[SchemaFile], document: usize, resource: usize) -> String {
        match &self.document(document).resources[resource].base {
            Some(base) => base.to_string(),
            None => self.retrieval_uri(self.inside(&files[document].path)),
        }
    }

    /// Whether more than one file claims `uri`.
    pub(crate) fn is_ambiguous(&self, uri: &str) -> bool {
        self.ambiguous.contains(uri)
    }

    /// The document that `uri` (without fragment) names, for `$schema`.
    pub(crate) fn document_of_uri(&self, uri: &str) -> Option<usize> {
        let uri = uri.strip_suffix('#').unwrap_or(uri);
        self.by_uri(uri).map(|(document, _)| document)
    }

    /// Resolves `text`, written under `keyword` in the schema at `schema` of file `from`.
    pub(crate) fn resolve(
        &self,
        files: &[SchemaFile],
        from: usize,
        schema: &JsonPointer,
        keyword: RefKeyword,
        text: &str,
    ) -> Result<Target, RefError> {
        let here = (from, self.document(from).resource_at(schema));
        let (uri, fragment) = match text.split_once('#') {
            Some((uri, fragment)) => (uri, Some(fragment)),
            None => (text, None),
        };
        let found = if uri.is_empty() {
            here
        } else {
            self.resource(files, here, uri)?
        };
        if keyword == RefKeyword::RecursiveRef && text != "#" {
            let message = format!("`$recursiveRef` is {text:?}: draft 2019-09 allows `#` only");
            return Err(RefError::new(RefErrorKind::Malformed, message).with_help("write `#`, or use `$ref`"));
        }
        self.fragment(files, found, text, fragment.unwrap_or_default())
    }

    /// The resource that a URI reference without fragment means.
    fn resource(
        &self,
        files: &[SchemaFile],
        (from, number): (usize, usize),
        uri: &str,
    ) -> Result<(usize, usize), RefError> {
        let base = &self.document(from).resources[number].base;
        let scheme = scheme(uri);
        let is_plain_path = scheme.is_none() && !uri.starts_with("//") && !uri.contains('?');
        let from_path = files.get(from).map(|file| self.inside(&file.path));
        let by_file = |from_path: &str| {
            let path = join_path(from_path, &decode(uri)?)?;
            Some((self.by_path.get(path.as_str()).copied(), path))
        };
        let mut ambiguous = None;
        if base.is_some() || !is_plain_path || !self.base_map.is_empty() {
            let retrieval;
            let base = match (base, from_path) {
                (Some(base), _) => &**base,
                (None, Some(path)) => {
                    retrieval = self.retrieval_uri(path);
                    &retrieval
                }
                (None, None) => SCHEME,
            };
            match resolve(base, uri) {
                Some(absolute) => match self.by_uri(&absolute) {
                    Some(found) if self.is_ambiguous(&absolute) => ambiguous = Some(found),
                    Some(found) => return Ok(found),
                    None => {}
                },
                None if scheme.is_some()
                    || uri.contains([' ', '\\', '<', '>', '"', '{', '}', '|', '^', '`']) =>
                {
                    return Err(RefError::new(
                        RefErrorKind::Malformed,
                        format!("{uri:?} is not a URI reference (RFC 3986)"),
                    )
                    .with_help(
                        "use `/` between folders and percent-encode blanks and other special characters",
                    ));
                }
                None => {}
            }
        }
        let mut missing = None;
        if let (true, Some(from_path)) = (is_plain_path, from_path) {
            match by_file(from_path) {
                Some((Some(file), _)) => return Ok((file, 0)),
                Some((None, path)) => missing = Some(path),
                None => {}
            }
        }
        match ambiguous {
            Some(found) => Ok(found),
            None => Err(self.no_such_document(files, uri, scheme, is_plain_path, missing)),
        }
    }

    fn by_uri(&self, uri: &str) -> Option<(usize, usize)> {
        if let Some(found) = self.by_uri.get(uri) {
            return Some(*found);
        }
        let mapped = self.base_map.iter().find_map(|(prefix, folder)| {
            let tail = decode(uri.strip_prefix(prefix.as_str())?)?;
            Some(if folder.is_empty() {
                tail
            } else {
                format!("{folder}/{tail}")
            })
        });
        let path = mapped.or_else(|| decode(uri.strip_prefix(SCHEME)?));
        if let Some(file) = path.and_then(|path| self.by_path.get(path.as_str()).copied()) {
            return Some((file, 0));
        }
        let draft = Draft::from_uri(uri).map(Draft::uri);
        let canonical = draft.unwrap_or(uri).trim_end_matches('#');
        let metaschema = METASCHEMAS
            .iter()
            .position(|(file, _)| file.path.trim_end_matches('#') == canonical)?;
        Some((self.documents.len() + metaschema, 0))
    }

    fn no_such_document(
        &self,
        files: &[SchemaFile],
        uri: &str,
        scheme: Option<&str>,
        is_plain_path: bool,
        missing: Option<String>,
    ) -> RefError {
        if uri.starts_with("//")
            || scheme.is_some_and(|name| matches!(name, "http" | "https" | "ftp" | "ws" | "wss"))
        {
            return RefError::new(
                RefErrorKind::Network,
                format!("no schema below the root has the `$id` {uri:?}, and the network is never asked"),
            )
            .with_help(
                "add that schema below the root with this `$id`, or refer to a file by a relative path",
            );
        }
        if scheme.is_some_and(|name| name.eq_ignore_ascii_case("file")) {
            return RefError::new(
                RefErrorKind::LeavesRoot,
                format!("{uri:?} names a file of this machine, not one of the registry"),
            )
            .with_help("refer to a file below the root by a relative path");
        }
        match missing {
            Some(path) => {
                let shown = format!("{}{path}", self.prefix);
                if self.broken.contains(path.as_str()) {
                    return RefError::new(
                        RefErrorKind::Dead,
                        format!("{uri:?} leads to {shown}, which is not JSON"),
                    )
                    .with_help(format!("mend {shown}"));
                }
                let error = RefError::new(
                    RefErrorKind::Dead,
                    format!("{uri:?} leads to no schema: there is no {shown}"),
                );
                match self.similar(files, &path) {
                    Some(near) => error.with_help(format!("did you mean {near}?")),
                    None => error.with_help("paths are relative to the file that holds the reference"),
                }
            }
            None if is_plain_path => RefError::new(
                RefErrorKind::LeavesRoot,
                format!("{uri:?} climbs out of the root; nothing outside of it is read"),
            )
            .with_help("copy the schema below the root"),
            None => RefError::new(
                RefErrorKind::Dead,
                format!("no schema below the root has the `$id` {uri:?}"),
            )
            .with_help("refer to a file by a relative path, or to a `$id` that a file in the registry has"),
        }
    }

    /// A file of the same folder that a missing path may have meant. Looks at a bounded number of files.
    fn similar(&self, files: &[SchemaFile], path: &str) -> Option<String> {
        const MOST: usize = 500;
        let folder = path.rfind('/').map_or("", |end| &path[..=end]);
        let shown = format!("{}{folder}", self.prefix);
        let start = files.partition_point(|file| *file.path < *shown);
        let siblings = files[start..]
            .iter()
            .take(MOST)
            .map_while(|file| file.path.strip_prefix(shown.as_str()))
            .filter(|name| !name.contains('/'));
        closest(&path[folder.len()..], siblings).map(|near| format!("{shown}{near}"))
    }

    /// The node that a fragment means in a resource.
    fn fragment(
        &self,
        files: &[SchemaFile],
        (document, number): (usize, usize),
        text: &str,
        fragment: &str,
    ) -> Result<Target, RefError> {
        let resource = &self.document(document).resources[number];
        let file = document_at(files, document);
        let malformed = || {
            RefError::new(
                RefErrorKind::Malformed,
                format!("the fragment of {text:?} is not valid percent-encoded UTF-8"),
            )
            .with_help("write `%25` for `%`")
        };
        match Fragment::parse(fragment).ok_or_else(malformed)? {
            Fragment::Whole => Ok(Target {
                document,
                pointer: resource.pointer.clone(),
            }),
            Fragment::Anchor(name) => {
                if let Some(anchor) = resource.anchors.get(name.as_str()) {
                    return Ok(Target {
                        document,
                        pointer: anchor.pointer.clone(),
                    });
                }
                let error = RefError::new(
                    RefErrorKind::Dead,
                    format!("{text:?} leads nowhere: {} has no anchor {name:?}", file.path),
                );
                let known = resource.anchors.keys().map(|name| &**name);
                Err(match closest(&name, known) {
                    Some(near) => error.with_help(format!("did you mean `#{near}`?")),
                    None => error.with_help("pointers into a file start with `#/`"),
                })
            }
            Fragment::Pointer(tail) => {
                let pointer = resource.pointer.join(&tail);
                match lookup(&file.value, &pointer) {
                    Ok(value) if value.is_object() || value.is_boolean() => Ok(Target { document, pointer }),
                    Ok(value) => Err(RefError::new(
                        RefErrorKind::Dead,
                        format!(
                            "{text:?} leads to {} in {}, not to a schema",
                            kind(value),
                            file.path
                        ),
                    )
                    .with_help("refer to an object or a boolean")),
                    Err((place, token, members)) => {
                        let at = if place.is_root() {
                            "the document".to_owned()
                        } else {
                            format!("`{place}`")
                        };
                        let error = RefError::new(
                            RefErrorKind::Dead,
                            format!(
                                "{text:?} leads nowhere: in {}, {at} has no member {token:?}",
                                file.path
                            ),
                        );
                        Err(match closest(&token, members.iter().map(String::as_str)) {
                            Some(near) => error.with_help(format!("did you mean `#{}`?", place.child(near))),
                            None => error,
                        })
                    }
                }
            }
        }
    }
}

/// A document by its index: a file, or behind the files an official metaschema.
pub(crate) fn document_at(files: &[SchemaFile], document: usize) -> &SchemaFile {
    files
        .get(document)
        .unwrap_or_else(|| &METASCHEMAS[document - files.len()].0)
}

/// The node at `pointer`, or how far it leads: the last node there is, the token that is missing, the tokens there are.
pub(crate) fn lookup<'v>(
    document: &'v Value,
    pointer: &JsonPointer,
) -> Result<&'v Value, (JsonPointer, String, Vec<String>)> {
    let mut value = document;
    let mut place = JsonPointer::root();
    for token in pointer.tokens() {
        let next = match value {
            Value::Object(members) => members.get(&*token),
            Value::Array(items) => array_index(&token).and_then(|index| items.get(index)),
            _ => None,
        };
        let Some(next) = next else {
            let members = value
                .as_object()
                .map(|members| members.keys().cloned().collect())
                .unwrap_or_default();
            return Err((place, token.into_owned(), members));
        };
        value = next;
        place.push(&token);
    }
    Ok(value)
}

fn array_index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with(['0', '+', '-']);
    if canonical { token.parse().ok() } else { None }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The official metaschemas: known everywhere, so never asked of the network.
static METASCHEMAS: LazyLock<Vec<(SchemaFile, DocumentIndex)>> = LazyLock::new(|| {
    use referencing::meta;

    let old = [
        (Draft::Draft4, &*meta::DRAFT4),
        (Draft::Draft6, &*meta::DRAFT6),
        (Draft::Draft7, &*meta::DRAFT7),
    ];
    let new = [
        (Draft::Draft201909, &*meta::DRAFT201909),
        (Draft::Draft201909, &*meta::DRAFT201909_APPLICATOR),
        (Draft::Draft201909, &*meta::DRAFT201909_CONTENT),
        (Draft::Draft201909, &*meta::DRAFT201909_CORE),
        (Draft::Draft201909, &*meta::DRAFT201909_FORMAT),
        (Draft::Draft201909, &*meta::DRAFT201909_META_DATA),
        (Draft::Draft201909, &*meta::DRAFT201909_VALIDATION),
        (Draft::Draft202012, &*meta::DRAFT202012),
        (Draft::Draft202012, &*meta::DRAFT202012_CORE),
        (Draft::Draft202012, &*meta::DRAFT202012_APPLICATOR),
        (Draft::Draft202012, &*meta::DRAFT202012_UNEVALUATED),
        (Draft::Draft202012, &*meta::DRAFT202012_VALIDATION),
        (Draft::Draft202012, &*meta::DRAFT202012_META_DATA),
        (Draft::Draft202012, &*meta::DRAFT202012_FORMAT_ANNOTATION),
        (Draft::Draft202012, &*meta::DRAFT202012_FORMAT_ASSERTION),
        (Draft::Draft202012, &*meta::DRAFT202012_CONTENT),
    ];
    old.into_iter()
        .chain(new)
        .map(|(draft, schema)| {
            let value: Value = (**schema).clone();
            let uri = value
                .get(draft.id_keyword())
                .and_then(Value::as_str)
                .unwrap_or_default();
            let path: Arc<str> = uri.into();
            let index = DocumentIndex::new(&value, draft, &|| path.to_string());
            (
                SchemaFile {
                    path,
                    value,
                    draft,
                    role: Role::Shared,
                },
                index,
            )
        })
        .collect()
});
