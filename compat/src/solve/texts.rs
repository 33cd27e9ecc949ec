//! What is known of strings: patterns as automata, or as whole matchers where they are not regular, and formats.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::budget::{Budget, Exhausted};
use crate::ir::Texts;
use crate::pattern::{Languages, Re};
use crate::validators::BACKTRACK_LIMIT;

/// The patterns and formats of one question.
#[derive(Default)]
pub(crate) struct TextWorld {
    pub(crate) languages: Languages,
    matchers: HashMap<String, Option<Validator>>,
    matches: HashMap<String, HashMap<String, Option<bool>>>,
}

impl TextWorld {
    /// The automaton of a pattern, if it is regular.
    pub(crate) fn regular(&mut self, pattern: &str) -> Option<Re> {
        self.languages.pattern(pattern).ok()
    }

    fn matcher(&mut self, key: String, schema: &Value, draft: jsonschema::Draft) -> Option<&Validator> {
        self.matchers
            .entry(key)
            .or_insert_with(|| {
                jsonschema::options()
                    .offline()
                    .with_draft(draft)
                    .should_validate_formats(true)
                    .with_pattern_options(
                        jsonschema::PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT),
                    )
                    .build(schema)
                    .ok()
            })
            .as_ref()
    }
}

impl Texts for TextWorld {
    fn pattern(&mut self, pattern: &str, text: &str, budget: &Budget) -> Result<Option<bool>, Exhausted> {
        if let Some(known) = self.matches.get(pattern).and_then(|texts| texts.get(text)) {
            return Ok(*known);
        }
        let matched = match self.languages.pattern(pattern) {
            Ok(re) => Some(self.languages.matches(re, text, budget)?),
            Err(_) => self
                .matcher(
                    format!("p{pattern}"),
                    &json!({ "pattern": pattern }),
                    jsonschema::Draft::Draft202012,
                )
                .map(|validator| validator.is_valid(&Value::from(text))),
        };
        budget.keep(2 + text.len() / 64)?;
        self.matches
            .entry(pattern.to_owned())
            .or_default()
            .insert(text.to_owned(), matched);
        Ok(matched)
    }

    fn format(&mut self, format: &str, text: &str, budget: &Budget) -> Result<Option<bool>, Exhausted> {
        budget.step()?;
        let (name, draft) = match format {
            "hostname (draft-04)" => ("hostname", jsonschema::Draft::Draft4),
            other => (other, jsonschema::Draft::Draft202012),
        };
        Ok(self
            .matcher(format!("f{format}"), &json!({ "format": name }), draft)
            .map(|validator| validator.is_valid(&Value::from(text))))
    }
}
