//! Who is old and who is new: the nouns of a message, and what to do about a break.

pub(super) const NEXT_MAJOR: &str = "or publish the change as a new major version";

/// Which side changed. A reason reads the same either way; whose mistake it is, and what to do, differs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Two schemas of no known order.
    #[default]
    Plain,
    /// The reader's schema is the new one: old events, new readers.
    NewReader,
    /// The writer's schema is the new one: new events, old readers.
    NewWriter,
}

impl Told {
    pub(super) const fn writers(self) -> &'static str {
        match self {
            Self::Plain => "writers",
            Self::NewReader => "old writers",
            Self::NewWriter => "new writers",
        }
    }

    pub(super) const fn readers(self) -> &'static str {
        match self {
            Self::Plain => "readers",
            Self::NewReader => "new readers",
            Self::NewWriter => "old readers",
        }
    }

    /// What would be allowed: on the reader's side where that is what changed, on the writer's where it is not.
    pub(super) fn help(self, reader: &str, writer: &str) -> String {
        match self {
            Self::Plain | Self::NewReader => format!("{reader}, {NEXT_MAJOR}"),
            Self::NewWriter => format!("{writer}, {NEXT_MAJOR}"),
        }
    }

    /// The same for a list that can be marked as open. What the older reader says of it counts.
    pub(super) fn help_open(self, item: &str, list: &str) -> String {
        match self {
            Self::Plain | Self::NewReader => {
                format!("keep the {item}, mark the {list} `\"x-open\": true`, {NEXT_MAJOR}")
            }
            Self::NewWriter => format!(
                "leave the {item} out, {NEXT_MAJOR}; a {list} can grow once all that readers run was released with `\"x-open\": true`"
            ),
        }
    }
}
