//! Names: the words in them, the styles they are written in.

use serde::{Deserialize, Serialize};

/// How the words of a name are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NamingStyle {
    /// `unitPrice`
    #[serde(rename = "camelCase")]
    Camel,
    /// `UnitPrice`
    #[serde(rename = "PascalCase")]
    Pascal,
    /// `unit_price`
    #[serde(rename = "snake_case")]
    Snake,
    /// `unit-price`
    #[serde(rename = "kebab-case")]
    Kebab,
    /// `UNIT_PRICE`
    #[serde(rename = "UPPER_SNAKE_CASE")]
    Upper,
}

impl NamingStyle {
    /// All styles.
    pub const ALL: [Self; 5] = [Self::Camel, Self::Pascal, Self::Snake, Self::Kebab, Self::Upper];

    /// The style's own name, written in it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camel => "camelCase",
            Self::Pascal => "PascalCase",
            Self::Snake => "snake_case",
            Self::Kebab => "kebab-case",
            Self::Upper => "UPPER_SNAKE_CASE",
        }
    }

    /// Whether `name` is written in this style: ASCII letters and digits, a letter first.
    pub fn fits(self, name: &str) -> bool {
        let bytes = name.as_bytes();
        let separator = match self {
            Self::Camel | Self::Pascal => None,
            Self::Snake | Self::Upper => Some(b'_'),
            Self::Kebab => Some(b'-'),
        };
        let is_first = |byte: &u8| match self {
            Self::Camel | Self::Snake | Self::Kebab => byte.is_ascii_lowercase(),
            Self::Pascal | Self::Upper => byte.is_ascii_uppercase(),
        };
        let is_letter = |byte: &u8| match self {
            Self::Camel | Self::Pascal => byte.is_ascii_alphabetic(),
            _ => is_first(byte),
        };
        bytes.first().is_some_and(is_first)
            && bytes
                .iter()
                .all(|byte| is_letter(byte) || byte.is_ascii_digit() || Some(*byte) == separator)
            && separator.is_none_or(|separator| {
                bytes.last() != Some(&separator) && !bytes.windows(2).any(|pair| pair == [separator; 2])
            })
    }

    /// `name` in this style; `None` if nothing is left of it.
    pub fn apply(self, name: &str) -> Option<String> {
        let words = words(name);
        let capitalised = |word: &String| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + chars.as_str()
            })
        };
        let written = match self {
            Self::Camel => {
                let (first, rest) = words.split_first()?;
                first.clone() + &rest.iter().map(capitalised).collect::<String>()
            }
            Self::Pascal => words.iter().map(capitalised).collect(),
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::Upper => words.join("_").to_ascii_uppercase(),
        };
        self.fits(&written).then_some(written)
    }
}

/// The words of a name in lower case: `shippingAddress`, `shipping_address` and `ShippingADDRESS` are the same two. Digits
/// stay with the word before them.
pub(crate) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (at, c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        // `aB` starts a word; so does the last capital of `ABc`, which ends an acronym.
        let starts = c.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(char::is_uppercase)
                    && after.is_some_and(|after| after.is_lowercase())));
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_into_words() {
        for (name, expected) in [
            ("shippingAddress", "shipping address"),
            ("shipping_address", "shipping address"),
            ("IPAddress", "ip address"),
            ("userID", "user id"),
            ("ipv4Address", "ipv4 address"),
            ("e-mail", "e mail"),
            ("line2", "line2"),
            ("größeInCm", "größe in cm"),
            ("", ""),
            ("--", ""),
            ("A", "a"),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn each_style_knows_its_own() {
        for style in NamingStyle::ALL {
            for other in NamingStyle::ALL {
                let name = other.apply("unitPrice2").unwrap();
                assert_eq!(style.fits(&name), style == other, "{name} in {}", style.as_str());
            }
        }
        for (style, name) in [
            (NamingStyle::Camel, ""),
            (NamingStyle::Camel, "1st"),
            (NamingStyle::Camel, "größe"),
            (NamingStyle::Snake, "a__b"),
            (NamingStyle::Kebab, "a-"),
            (NamingStyle::Upper, "_A"),
        ] {
            assert!(!style.fits(name), "{name}");
        }
        assert_eq!(NamingStyle::Camel.apply("1st"), None);
        assert_eq!(NamingStyle::Camel.apply("🦀"), None);
    }
}
