use super::{OutOfSteps, Pattern, PatternError};

const TEXTS: [&str; 24] = [
    "",
    "a",
    "b",
    "aa",
    "ab",
    "aba",
    "abab",
    "abc",
    "aaa",
    "a1",
    "1a",
    "12",
    "_",
    "-",
    "a-b",
    "a.b",
    "é",
    "日本",
    "\u{1F600}",
    "\n",
    " a",
    "AB",
    "aXa",
    "2024-02-30",
];

/// Everything of the grammar that JSON Schemas use, judged against an engine that shares nothing with ours.
const PATTERNS: [&str; 62] = [
    "",
    "a",
    "^a",
    "a$",
    "^a$",
    "^$",
    "a|b",
    "^(a|b)*$",
    "^(?:a|b)+$",
    "^(?:ab){2}$",
    "^a{2,}$",
    "^a{1,2}$",
    "^a{0}$",
    "a*?b",
    "^.$",
    "^..$",
    "[ab]",
    "[^ab]",
    "^[a-z]+$",
    "^[^a-z]+$",
    "[]",
    "[^]",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"^\w+$",
    r"\ba",
    r"a\b",
    r"\Ba",
    r"a\B",
    "^(?=a)",
    "^(?!a)",
    "^(?!a).",
    "a(?=b)",
    "a(?!b)",
    "(?<=a)b",
    "(?<!a)b",
    "(?<=ab)a",
    r"^(a)(b)?\2$",
    r"^(.)\1$",
    r"^(?<x>a)\k<x>$",
    r"(?<=(a))\1",
    r"^(a|ab)(c|bcd)?$",
    r"^\p{L}+$",
    r"^\P{L}+$",
    r"\p{Script=Han}",
    r"^\u0061$",
    r"^\x61$",
    r"^\u{1F600}$",
    r"^\uD83D\uDE00$",
    r"^\d{4}-\d{2}-\d{2}$",
    r"^[\w.-]+$",
    r"^a\-b$",
    r"^a\.b$",
    r"^[a\-]+$",
    "^(a*)*$",
    "^(a?){3}$",
    r"^(?:a|\b)*$",
    "^(?=.*a)(?=.*b).*$",
];

#[test]
fn patterns_mean_what_ecma_262_says() {
    for text in PATTERNS {
        let ours = Pattern::compile(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let theirs = regress::Regex::with_flags(text, "u")
            .or_else(|_| regress::Regex::new(text))
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        for subject in TEXTS {
            let found = ours.is_match(subject, &mut 1_000_000);
            assert_eq!(
                found,
                Ok(theirs.find(subject).is_some()),
                "`{text}` on {subject:?}"
            );
        }
    }
}

#[test]
fn catastrophic_patterns_cost_little() {
    let text = "a".repeat(5_000) + "!";
    for pattern in [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "(.*a){10}b$",
        "^(?:(?:a*)*)*$",
    ] {
        let mut steps = 2_000_000;
        let pattern = Pattern::compile(pattern).expect(pattern);
        assert_eq!(pattern.is_match(&text, &mut steps), Ok(false));
    }
    // With a back-reference it may be exponential; the budget ends it.
    let pattern = Pattern::compile(r"^(a+)+\1$").expect("it parses");
    assert_eq!(pattern.is_match(&text, &mut 2_000_000), Err(OutOfSteps));
}

#[test]
fn what_is_no_pattern_is_refused_with_a_reason() {
    for text in [
        "(",
        ")",
        "[",
        "a**",
        "*",
        "a{2,1}",
        r"\",
        r"\1",
        r"\k<x>",
        "(?i)a",
        "(?<x",
        r"\p{Nope}",
        "[b-a]",
        r"\a",
        "^*",
    ] {
        assert!(
            matches!(Pattern::compile(text), Err(PatternError::Syntax(_))),
            "{text}"
        );
    }
    for text in [
        "(?:a{1000}){1000}".to_owned(),
        "a{99999999999}".to_owned(),
        "(".repeat(10_000),
    ] {
        assert_eq!(
            Pattern::compile(&text).err(),
            Some(PatternError::TooLarge),
            "{text:.20}"
        );
    }
}
