//! Rust names for what contracts call anything at all: identifiers, keywords avoided, collisions numbered and told.

use std::collections::{BTreeMap, BTreeSet};

/// Words that cannot be an identifier, with editions to come in mind.
const KEYWORDS: &[&str] = &[
    "Self", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Type names that generated code uses unqualified, or that would confuse a reader.
const TYPES: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Hash",
    "Into",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// What kind of name is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `snake_case`, for fields, functions and modules.
    Snake,
    /// `PascalCase`, for types and variants.
    Pascal,
}

/// A Rust name for any text. Never empty, never a keyword; different texts may get the same name.
pub(crate) fn ident(text: &str, style: Style) -> String {
    let words = words(text);
    let mut name = match style {
        Style::Snake => words
            .iter()
            .map(|word| word.to_lowercase())
            .collect::<Vec<_>>()
            .join("_"),
        Style::Pascal => words.iter().map(|word| capitalised(word)).collect(),
    };
    if name.is_empty() {
        name = match style {
            Style::Snake => "empty".to_owned(),
            Style::Pascal => "Empty".to_owned(),
        };
    }
    if !name.chars().next().is_some_and(unicode_ident::is_xid_start) {
        name = match style {
            Style::Snake => format!("n{name}"),
            Style::Pascal => format!("N{name}"),
        };
    }
    // Some letters change their class with their case.
    name = name
        .chars()
        .map(|c| if unicode_ident::is_xid_continue(c) { c } else { '_' })
        .collect();
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// A type's name: an identifier that hides nothing of the prelude.
pub(crate) fn type_ident(text: &str) -> String {
    let mut name = ident(text, Style::Pascal);
    if TYPES.contains(&name.trim_end_matches('_')) {
        name = format!("{}Type", name.trim_end_matches('_'));
    }
    name
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let rest: String = letters.collect();
    let shout = !rest.is_empty() && rest.chars().all(|c| !c.is_lowercase());
    let first: String = first.to_uppercase().collect();
    first + &if shout { rest.to_lowercase() } else { rest }
}

/// Splits at everything that an identifier cannot hold and at `aB` and `ABc`; symbols without letters are spelt out.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = text.chars().collect();
    let spell = !letters.iter().any(|c| c.is_alphanumeric());
    for (at, &c) in letters.iter().enumerate() {
        let fits = c.is_alphanumeric() && unicode_ident::is_xid_continue(c);
        if !fits {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            // A sign in front of a number carries meaning, as do symbols when there is nothing else.
            let signs = at == 0 && c == '-' && letters.get(1).is_some_and(char::is_ascii_digit);
            if (spell || signs || symbol_matters(c)) && !matches!(c, '_' | ' ') {
                words.push(spelt(c));
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let after = letters.get(at + 1).copied();
        let rises =
            before.is_some_and(|before| before.is_lowercase() || before.is_numeric()) && c.is_uppercase();
        let ends_shout = before.is_some_and(char::is_uppercase)
            && c.is_uppercase()
            && after.is_some_and(char::is_lowercase);
        if (rises || ends_shout) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Symbols that make a difference even beside letters, such as `c` and `c++`.
fn symbol_matters(c: char) -> bool {
    matches!(c, '+' | '<' | '>' | '=' | '%' | '*' | '!') || (!c.is_ascii() && !c.is_alphanumeric())
}

fn spelt(c: char) -> String {
    let name = match c {
        '<' => "less",
        '>' => "greater",
        '=' => "equal",
        '+' => "plus",
        '-' => "minus",
        '*' => "star",
        '/' => "slash",
        '\\' => "backslash",
        '%' => "percent",
        '!' => "not",
        '?' => "question",
        '&' => "and",
        '|' => "or",
        '^' => "caret",
        '~' => "tilde",
        '@' => "at",
        '#' => "hash",
        '$' => "dollar",
        '.' => "dot",
        ',' => "comma",
        ':' => "colon",
        ';' => "semicolon",
        _ => return format!("u{:x}", u32::from(c)),
    };
    name.to_owned()
}

/// Hands out names of one kind in one place, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    taken: BTreeSet<String>,
}

impl Scope {
    pub(crate) fn with(reserved: &[&str]) -> Self {
        Self {
            taken: reserved.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The name itself where it is free, else the first of `name2`, `name3`, … (`name_2` for snake case).
    pub(crate) fn take(&mut self, name: &str, style: Style) -> String {
        let mut chosen = name.to_owned();
        let mut number = 2u32;
        while !self.taken.insert(chosen.clone()) {
            chosen = match style {
                Style::Snake => format!("{name}_{number}"),
                Style::Pascal => format!("{name}{number}"),
            };
            number += 1;
        }
        chosen
    }

    pub(crate) fn release(&mut self, name: &str) {
        self.taken.remove(name);
    }
}

/// Names a list of JSON names in one scope. `chosen` gives an author's own Rust name. Returns the names in order, and
/// the pairs (index, index of the earlier one) that collided.
pub(crate) fn assign(
    names: &[&str],
    chosen: impl Fn(&str) -> Option<String>,
    style: Style,
    reserved: &[&str],
) -> (Vec<String>, Vec<(usize, usize)>) {
    let mut scope = Scope::with(reserved);
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut assigned = vec![String::new(); names.len()];
    let mut collisions = Vec::new();
    // Chosen names first: they are promised.
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|index| chosen(names[*index]).is_none());
    for index in order {
        let wanted = chosen(names[index]).unwrap_or_else(|| names[index].to_owned());
        let name = ident(&wanted, style);
        let given = scope.take(&name, style);
        if given != name
            && let Some(earlier) = first.get(&name)
        {
            collisions.push((index, *earlier));
        }
        first.entry(name).or_insert(index);
        assigned[index] = given;
    }
    collisions.sort_unstable();
    (assigned, collisions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_an_identifier() {
        for (text, snake, pascal) in [
            ("orderId", "order_id", "OrderId"),
            ("order_id", "order_id", "OrderId"),
            ("HTTPServer2Go", "http_server2_go", "HttpServer2Go"),
            ("self", "self_", "Self_"),
            ("Self", "self_", "Self_"),
            ("type", "type_", "Type"),
            ("r#fn", "r_fn", "RFn"),
            ("1st", "n1st", "N1st"),
            ("", "empty", "Empty"),
            ("_", "empty", "Empty"),
            ("🚀", "u1f680", "U1f680"),
            ("größe", "größe", "Größe"),
            ("名前", "名前", "名前"),
            (">=", "greater_equal", "GreaterEqual"),
            ("-", "minus", "Minus"),
            ("-1", "minus_1", "Minus1"),
            ("PAID-LATE", "paid_late", "PaidLate"),
            ("$id", "id", "Id"),
            ("a b", "a_b", "AB"),
        ] {
            assert_eq!(ident(text, Style::Snake), snake, "{text:?}");
            assert_eq!(ident(text, Style::Pascal), pascal, "{text:?}");
        }
        assert_eq!(type_ident("option"), "OptionType");
        assert_eq!(type_ident("self"), "SelfType");
    }

    #[test]
    fn collisions_are_numbered_and_told() {
        let (names, collisions) = assign(&["userId", "user_id", "x"], |_| None, Style::Snake, &[]);
        assert_eq!(names, ["user_id", "user_id_2", "x"]);
        assert_eq!(collisions, [(1, 0)]);
        let chosen = |name: &str| (name == "user_id").then(|| "legacy".to_owned());
        let (names, collisions) = assign(&["userId", "user_id"], chosen, Style::Snake, &[]);
        assert_eq!(names, ["user_id", "legacy"]);
        assert!(collisions.is_empty());
    }
}
