//! The little of RFC 3986 that paths and fragments need; resolution proper is the `referencing` crate's.

use diagnostics::JsonPointer;

/// What the part behind `#` means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fragment {
    /// Nothing: the whole resource.
    Whole,
    /// A JSON Pointer below the resource.
    Pointer(JsonPointer),
    /// A name.
    Anchor(String),
}

impl Fragment {
    /// Reads a percent-encoded fragment; `None` if it does not decode.
    pub(super) fn parse(fragment: &str) -> Option<Self> {
        if fragment.is_empty() {
            return Some(Self::Whole);
        }
        let text = decode(fragment)?;
        Some(match JsonPointer::parse(&text) {
            // Rebuilt from its tokens, so that one node has one pointer.
            Some(pointer) => Self::Pointer(pointer.tokens().fold(JsonPointer::root(), |mut built, token| {
                built.push(&token);
                built
            })),
            None => Self::Anchor(text),
        })
    }
}

/// The scheme of a URI reference, where it has one.
pub(super) fn scheme(uri: &str) -> Option<&str> {
    let end = uri.find([':', '/', '?', '#'])?;
    let name = &uri.as_bytes()[..end];
    let valid = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    (valid && uri.as_bytes()[end] == b':').then_some(&uri[..end])
}

/// Percent-decodes; `None` for a broken escape or what is not UTF-8 then.
pub(super) fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        if *byte == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*byte);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Percent-encodes what may not stand in the path of a URI.
pub(super) fn encode_path(path: &str) -> String {
    encode(path, b"-._~!$&'()*+,;=:@/")
}

/// The pointer of a reference into its own document, `#` or `#/…`.
pub(crate) fn local_pointer(reference: &str) -> Option<JsonPointer> {
    match Fragment::parse(reference.strip_prefix('#')?)? {
        Fragment::Whole => Some(JsonPointer::root()),
        Fragment::Pointer(pointer) => Some(pointer),
        Fragment::Anchor(_) => None,
    }
}

/// A JSON Pointer as the fragment of a URI reference, with its `#`.
pub(crate) fn pointer_fragment(pointer: &JsonPointer) -> String {
    format!("#{}", encode(pointer.as_str(), b"-._~!$&'()*+,;=:@/?"))
}

fn encode(text: &str, allowed: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || allowed.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// `relative` seen from the file `from`, both relative to the root; `None` if it climbs out of it.
pub(super) fn join_path(from: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = match relative.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').collect(),
    };
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        assert_eq!(join_path("a/b/c.json", "../x.json").as_deref(), Some("a/x.json"));
        assert_eq!(join_path("a/b/c.json", "../../x.json").as_deref(), Some("x.json"));
        assert_eq!(join_path("a/b/c.json", "../../../x.json"), None);
        assert_eq!(join_path("a/b/c.json", "/x.json").as_deref(), Some("x.json"));
        assert_eq!(join_path("c.json", "./d/./x.json").as_deref(), Some("d/x.json"));
        assert_eq!(join_path("c.json", ".."), None);
    }

    #[test]
    fn schemes_are_told_from_paths() {
        assert_eq!(scheme("https://x/y"), Some("https"));
        assert_eq!(scheme("urn:a:b"), Some("urn"));
        for path in ["a/b:c", "x.json", "../a:b", "1a:b", "#a:b", ""] {
            assert_eq!(scheme(path), None, "{path}");
        }
    }

    #[test]
    fn fragments_decode_to_pointers_and_names() {
        let pointer = |text: &str| Some(Fragment::Pointer(JsonPointer::parse(text).unwrap()));
        assert_eq!(Fragment::parse("/a%25b/c~1d"), pointer("/a%b/c~1d"));
        assert_eq!(Fragment::parse("/$defs/%22"), pointer("/$defs/\""));
        assert_eq!(Fragment::parse("foo"), Some(Fragment::Anchor("foo".to_owned())));
        assert_eq!(Fragment::parse(""), Some(Fragment::Whole));
        assert_eq!(Fragment::parse("/%zz"), None);
        assert_eq!(Fragment::parse("/%+1"), None);
        assert_eq!(Fragment::parse("/%ff"), None);
        let odd = JsonPointer::root().child("a b%").child("é");
        assert_eq!(pointer_fragment(&odd), "#/a%20b%25/%C3%A9");
        assert_eq!(
            Fragment::parse(&pointer_fragment(&odd)[1..]),
            Some(Fragment::Pointer(odd))
        );
    }
}
