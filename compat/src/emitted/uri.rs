//! Resolves URI references against a base, by RFC 3986 section 5.2, on text.
//!
//! It fetches nothing and validates nothing: an odd reference only fails to be found later.

/// Splits a reference at its first `#`.
pub(super) fn split_fragment(reference: &str) -> (&str, Option<&str>) {
    match reference.split_once('#') {
        Some((before, fragment)) => (before, Some(fragment)),
        None => (reference, None),
    }
}

struct Parts<'t> {
    scheme: Option<&'t str>,
    authority: Option<&'t str>,
    path: &'t str,
    query: Option<&'t str>,
}

fn split(text: &str) -> Parts<'_> {
    let (scheme, rest) = match text.find([':', '/', '?']) {
        Some(at) if text.as_bytes()[at] == b':' && is_scheme(&text[..at]) => {
            (Some(&text[..at]), &text[at + 1..])
        }
        _ => (None, text),
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            Parts {
                scheme,
                authority: Some(&rest[..end]),
                path: &rest[end..],
                query,
            }
        }
        None => Parts {
            scheme,
            authority: None,
            path: rest,
            query,
        },
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'))
}

/// The target of `reference` (without fragment) seen from `base` (without fragment).
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let target = split(reference);
    if let Some(scheme) = target.scheme {
        return join(
            Some(scheme),
            target.authority,
            &without_dots(target.path),
            target.query,
        );
    }
    let from = split(base);
    if target.authority.is_some() {
        return join(
            from.scheme,
            target.authority,
            &without_dots(target.path),
            target.query,
        );
    }
    if target.path.is_empty() {
        return join(
            from.scheme,
            from.authority,
            from.path,
            target.query.or(from.query),
        );
    }
    let path = if target.path.starts_with('/') {
        without_dots(target.path)
    } else if from.authority.is_some() && from.path.is_empty() {
        without_dots(&format!("/{}", target.path))
    } else {
        let folder = from.path.rfind('/').map_or("", |slash| &from.path[..=slash]);
        without_dots(&format!("{folder}{}", target.path))
    };
    join(from.scheme, from.authority, &path, target.query)
}

fn join(scheme: Option<&str>, authority: Option<&str>, path: &str, query: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(scheme) = scheme {
        // Schemes compare without regard to case (section 6.2.2.1).
        text.push_str(&scheme.to_ascii_lowercase());
        text.push(':');
    }
    if let Some(authority) = authority {
        text.push_str("//");
        text.push_str(authority);
    }
    text.push_str(path);
    if let Some(query) = query {
        text.push('?');
        text.push_str(query);
    }
    text
}

/// Section 5.2.4.
fn without_dots(path: &str) -> String {
    if !path.contains('.') {
        return path.to_owned();
    }
    let absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let last = segments.len() - 1;
    for (at, segment) in segments.into_iter().enumerate() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if at == last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, kept.join("/"))
}

/// Undoes percent-encoding; what is not valid UTF-8 afterwards stays as it was.
pub(super) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{percent_decoded, resolve};

    #[test]
    fn references_resolve_as_rfc_3986_section_5_4_lists() {
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g:h", "g:h"),
            ("urn:uuid:1", "urn:uuid:1"),
        ] {
            assert_eq!(resolve("http://a/b/c/d;p?q", reference), expected, "{reference}");
        }
        assert_eq!(resolve("urn:example:root", "other.json"), "urn:other.json");
    }

    #[test]
    fn percent_decoding_leaves_the_rest_alone() {
        assert_eq!(percent_decoded("a%25b%zz%"), "a%b%zz%");
    }
}
