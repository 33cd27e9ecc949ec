//! Member names that mean something else to `serde_json`: an object that begins with one of them would be read as a
//! number, or as JSON text. No contract asks for them, so a document that has one is refused rather than misread.

use crate::error::DecodeError;

/// What the names begin with (`serde_json` 1.0: `number::TOKEN`, `raw::TOKEN`).
const PREFIX: &str = "$serde_json::private::";

/// Refuses a document in which a member's name begins with the prefix, escaped or not.
pub(crate) fn refuse(text: &str) -> Result<(), DecodeError> {
    // Most texts hold none of the two; the letters of the prefix are ASCII, so in disguise they begin with `\u00`.
    if memchr::memchr2(b'$', b'\\', text.as_bytes()).is_none()
        || !text.contains(PREFIX) && !text.contains("\\u00")
    {
        return Ok(());
    }
    match position(text.as_bytes()) {
        None => Ok(()),
        Some(at) => Err(DecodeError::not_json(text.as_bytes(), at, "reserved name")),
    }
}

/// Where the first such name stands.
fn position(json: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(quote) = find(json, at, |byte| byte == b'"') {
        let end = string_end(json, quote + 1)?;
        let is_name =
            find(json, end, |byte| !byte.is_ascii_whitespace()).map(|next| json[next]) == Some(b':');
        if is_name && begins_with_prefix(&json[quote + 1..end - 1]) {
            return Some(quote);
        }
        at = end;
    }
    None
}

fn find(json: &[u8], from: usize, is: impl Fn(u8) -> bool) -> Option<usize> {
    json[from..]
        .iter()
        .position(|byte| is(*byte))
        .map(|offset| from + offset)
}

/// Behind the quote that ends the string whose text begins at `at`.
fn string_end(json: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = find(json, at, |byte| matches!(byte, b'"' | b'\\'))?;
        if json[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
        if at > json.len() {
            return None;
        }
    }
}

fn begins_with_prefix(mut string: &[u8]) -> bool {
    PREFIX.bytes().all(|expected| {
        let (byte, rest) = match string {
            [b'\\', b'u', digits @ ..] if digits.len() >= 4 => {
                let code = std::str::from_utf8(&digits[..4])
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                (code, &digits[4..])
            }
            [byte, rest @ ..] => (Some(*byte), rest),
            [] => return false,
        };
        string = rest;
        byte == Some(expected)
    })
}
