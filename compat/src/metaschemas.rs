//! The official meta-schemas, which schemas may refer to although no bundle holds them. Data only; nothing is fetched.

use serde_json::Value;

use crate::Draft;

/// Stands in the identifier of every official meta-schema.
const ORIGIN: &str = "json-schema.org/";

/// Every meta-schema of a draft, the whole one first, its vocabularies after it. Each says in `$id` (`id`) what it is.
pub(crate) fn of(draft: Draft) -> Vec<&'static Value> {
    use referencing::meta as official;
    match draft {
        Draft::V4 => vec![&official::DRAFT4],
        Draft::V6 => vec![&official::DRAFT6],
        Draft::V7 => vec![&official::DRAFT7],
        Draft::V201909 => vec![
            &official::DRAFT201909,
            &official::DRAFT201909_CORE,
            &official::DRAFT201909_APPLICATOR,
            &official::DRAFT201909_VALIDATION,
            &official::DRAFT201909_META_DATA,
            &official::DRAFT201909_FORMAT,
            &official::DRAFT201909_CONTENT,
        ],
        Draft::V202012 => vec![
            &official::DRAFT202012,
            &official::DRAFT202012_CORE,
            &official::DRAFT202012_APPLICATOR,
            &official::DRAFT202012_UNEVALUATED,
            &official::DRAFT202012_VALIDATION,
            &official::DRAFT202012_META_DATA,
            &official::DRAFT202012_FORMAT_ANNOTATION,
            &official::DRAFT202012_FORMAT_ASSERTION,
            &official::DRAFT202012_CONTENT,
        ],
    }
}

/// The draft of the meta-schema, or of the vocabulary, with this URI.
pub(crate) fn draft_of(uri: &str) -> Option<Draft> {
    let whole = match uri.split_once("/meta/") {
        Some((family, _)) => format!("{family}/schema"),
        None => uri.to_owned(),
    };
    Draft::from_uri(&whole)
}

/// The draft into whose meta-schemas a reference leads.
pub(crate) fn draft_of_reference(reference: &str) -> Option<Draft> {
    reference
        .contains(ORIGIN)
        .then(|| draft_of(reference.split('#').next().unwrap_or(reference)))?
}

/// The meta-schema with this URI, and its draft.
pub(crate) fn find(uri: &str) -> Option<(Draft, &'static Value)> {
    let draft = draft_of(uri)?;
    let uri = uri.trim_end_matches('#');
    of(draft).into_iter().find_map(|schema| {
        let id = schema.get("$id").or_else(|| schema.get("id"))?.as_str()?;
        (id.trim_end_matches('#') == uri).then_some((draft, schema))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wholes_and_vocabularies_are_found() {
        for (uri, draft) in [
            ("http://json-schema.org/draft-04/schema#", Draft::V4),
            ("http://json-schema.org/draft-07/schema", Draft::V7),
            ("https://json-schema.org/draft/2019-09/meta/core", Draft::V201909),
            ("https://json-schema.org/draft/2020-12/schema", Draft::V202012),
        ] {
            assert_eq!(find(uri).map(|(found, _)| found), Some(draft), "{uri}");
        }
        assert!(find("https://json-schema.org/draft/2020-12/meta/nothing").is_none());
        assert!(find("https://example.com/schema").is_none());
    }
}
