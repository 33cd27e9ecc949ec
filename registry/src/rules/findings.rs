//! Where a rule puts what it finds: severity and settings are applied here, not in each rule.

use std::sync::Arc;

use diagnostics::{Diagnostic, Location, Rule, Severity};

use super::NamingStyle;
use crate::config::RuleSettings;

/// The findings of one rule, with the settings that apply to it.
pub struct Findings<'a> {
    rule: &'static Rule,
    severity: Severity,
    settings: Option<&'a RuleSettings>,
    found: &'a mut Vec<Diagnostic>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(
        rule: &'static Rule,
        severity: Severity,
        settings: Option<&'a RuleSettings>,
        found: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self {
            rule,
            severity,
            settings,
            found,
        }
    }

    /// Reports one finding; the answer takes help, label and related places.
    pub fn report(&mut self, location: Location, message: impl Into<String>) -> Report<'_> {
        self.found
            .push(Diagnostic::new(self.rule.id, self.severity, location, message));
        Report(self.found.last_mut().expect("just pushed"))
    }

    /// What the configuration lists under `exceptions` for this rule.
    pub fn exceptions(&self) -> &'a [String] {
        self.settings.map_or(&[], |settings| &settings.exceptions)
    }

    /// What the configuration says under `style` for this rule.
    pub fn style(&self) -> Option<NamingStyle> {
        self.settings.and_then(|settings| settings.style)
    }

    /// What the configuration lists under `words` for this rule.
    pub fn words(&self) -> &'a [String] {
        self.settings.map_or(&[], |settings| &settings.words)
    }

    /// Whether `word` is listed under `exceptions`.
    pub fn is_exception(&self, word: &str) -> bool {
        self.exceptions().iter().any(|exception| exception == word)
    }
}

/// A finding just reported, to which more can be said.
pub struct Report<'a>(&'a mut Diagnostic);

impl Report<'_> {
    /// What to do, one line.
    #[expect(clippy::return_self_not_must_use, reason = "the finding is already recorded")]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The text under the underlined place, where it differs from the message.
    #[expect(clippy::return_self_not_must_use, reason = "the finding is already recorded")]
    pub fn label(self, label: impl Into<String>) -> Self {
        self.0.label = Some(label.into());
        self
    }

    /// Another place that explains it.
    #[expect(clippy::return_self_not_must_use, reason = "the finding is already recorded")]
    pub fn related(self, location: Location, message: impl Into<String>) -> Self {
        self.0.related.push(diagnostics::Related {
            location,
            message: message.into(),
        });
        self
    }

    /// The file of the finding.
    pub fn file(&self) -> Arc<str> {
        Arc::clone(&self.0.location.file)
    }
}
