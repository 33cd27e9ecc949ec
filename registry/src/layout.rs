//! The layout template: how the path of a contract says its domain, aggregate, event and major version.
//!
//! A template is path components separated by `/`. A component is `**` (any number of folders) or text with the
//! placeholders `{domain}`, `{aggregate}`, `{event}`, `{major}` and `*` (any text, not remembered). Matching takes time
//! proportional to path length times template length, whatever the template.

use crate::error::{ErrorKind, RegistryError};

/// The house layout.
pub const DEFAULT: &str = "{domain}/{aggregate}/{event}.v{major}.json";

/// A parsed layout template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    components: Vec<Component>,
    pub(crate) has_major: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    AnyFolders,
    Parts(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Any,
    Hole(Placeholder),
}

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Placeholder {
    Domain,
    Aggregate,
    Event,
    Major,
}

/// What a path says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathFacts {
    /// `{domain}`.
    pub domain: Option<String>,
    /// `{aggregate}`.
    pub aggregate: Option<String>,
    /// `{event}`.
    pub event: String,
    /// `{major}`.
    pub major: Option<u64>,
}

fn bad(template: &str, why: &str) -> RegistryError {
    RegistryError::new(ErrorKind::Layout, format!("the layout {template:?} {why}")).with_help(format!(
        "the default is \"{DEFAULT}\"; `**` stands for any number of folders, `*` for any text"
    ))
}

impl Layout {
    /// Parses a template.
    pub fn parse(template: &str) -> Result<Self, RegistryError> {
        let mut components = Vec::new();
        let mut seen = Vec::new();
        if template.starts_with('/') || template.contains('\\') {
            return Err(bad(
                template,
                "must be relative to the root, with `/` between folders",
            ));
        }
        for text in template.split('/') {
            match text {
                "" => return Err(bad(template, "has an empty component")),
                "." | ".." => return Err(bad(template, "must not contain `.` or `..`")),
                "**" => {
                    if components.last() != Some(&Component::AnyFolders) {
                        components.push(Component::AnyFolders);
                    }
                }
                _ if text.contains("**") => {
                    return Err(bad(
                        template,
                        "uses `**` beside other text: it stands for whole folders",
                    ));
                }
                _ => components.push(Component::Parts(parse_component(template, text, &mut seen)?)),
            }
        }
        if !seen.contains(&Placeholder::Event) {
            return Err(bad(
                template,
                "has no {event}: nothing would tell one contract from another",
            ));
        }
        if components.last() == Some(&Component::AnyFolders) {
            return Err(bad(
                template,
                "ends in `**`: its last component must name the file",
            ));
        }
        Ok(Self {
            components,
            has_major: seen.contains(&Placeholder::Major),
        })
    }

    /// What the template reads from `path` (relative to the root); `None` if the path does not have this form.
    pub fn read(&self, path: &str) -> Option<PathFacts> {
        let parts: Vec<&str> = path.split('/').collect();
        let mut facts = PathFacts::default();
        // Greedy with one point of return, as for `*` in a glob: the last `**` takes one folder more.
        let (mut at, mut component) = (0, 0);
        let mut retry: Option<(usize, usize, PathFacts)> = None;
        loop {
            let fits = match self.components.get(component) {
                Some(Component::AnyFolders) => {
                    component += 1;
                    retry = Some((at, component, facts.clone()));
                    continue;
                }
                Some(Component::Parts(pattern)) => parts
                    .get(at)
                    .is_some_and(|text| read_component(pattern, text, &mut facts)),
                None if at == parts.len() => return Some(facts),
                None => false,
            };
            if fits {
                at += 1;
                component += 1;
                continue;
            }
            let (from, after, saved) = retry.take()?;
            if from >= parts.len() {
                return None;
            }
            facts = saved.clone();
            at = from + 1;
            component = after;
            retry = Some((at, after, saved));
        }
    }

    /// The path that the template gives to `facts`, for new contracts; `None` with `*` or `**` in it, or when a
    /// placeholder has no value.
    pub fn path(&self, facts: &PathFacts) -> Option<String> {
        let mut path = String::new();
        for component in &self.components {
            let Component::Parts(parts) = component else {
                return None;
            };
            if !path.is_empty() {
                path.push('/');
            }
            for part in parts {
                match part {
                    Part::Any => return None,
                    Part::Literal(text) => path.push_str(text),
                    Part::Hole(Placeholder::Domain) => path.push_str(facts.domain.as_deref()?),
                    Part::Hole(Placeholder::Aggregate) => path.push_str(facts.aggregate.as_deref()?),
                    Part::Hole(Placeholder::Event) => path.push_str(&facts.event),
                    Part::Hole(Placeholder::Major) => path.push_str(&facts.major?.to_string()),
                }
            }
        }
        Some(path)
    }
}

fn parse_component(
    template: &str,
    text: &str,
    seen: &mut Vec<Placeholder>,
) -> Result<Vec<Part>, RegistryError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('{') {
            let Some((name, tail)) = tail.split_once('}') else {
                return Err(bad(template, "opens `{` without closing it"));
            };
            let placeholder = match name {
                "domain" => Placeholder::Domain,
                "aggregate" => Placeholder::Aggregate,
                "event" => Placeholder::Event,
                "major" => Placeholder::Major,
                other => {
                    let why = format!(
                        "uses the unknown placeholder {{{other}}}: known are {{domain}}, {{aggregate}}, {{event}} and {{major}}"
                    );
                    return Err(bad(template, &why));
                }
            };
            if seen.contains(&placeholder) {
                return Err(bad(template, &format!("uses {{{name}}} twice")));
            }
            seen.push(placeholder);
            parts.push(Part::Hole(placeholder));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('*') {
            parts.push(Part::Any);
            rest = tail;
        } else {
            let end = rest.find(['{', '*']).unwrap_or(rest.len());
            if rest[..end].contains('}') {
                return Err(bad(template, "closes `}` without opening it"));
            }
            parts.push(Part::Literal(rest[..end].to_owned()));
            rest = &rest[end..];
        }
    }
    let open = |part: &Part| !matches!(part, Part::Literal(_));
    if parts.windows(2).any(|pair| open(&pair[0]) && open(&pair[1])) {
        return Err(bad(
            template,
            "has two placeholders without text between them: where one ends is not clear",
        ));
    }
    Ok(parts)
}

/// Matches one component. Literals are found from the right, so that `{event}.v{major}.json` reads
/// `order.v2.created.v1.json` as the event `order.v2.created`.
fn read_component(pattern: &[Part], text: &str, facts: &mut PathFacts) -> bool {
    let mut end = text.len();
    let mut pending: Option<&Part> = None;
    for part in pattern.iter().rev() {
        let Part::Literal(literal) = part else {
            pending = Some(part);
            continue;
        };
        match pending.take() {
            None => match text[..end].strip_suffix(literal.as_str()) {
                Some(rest) => end = rest.len(),
                None => return false,
            },
            Some(hole) => {
                // The rightmost place that leaves something for the placeholder after it.
                let Some((last, _)) = text[..end].char_indices().next_back() else {
                    return false;
                };
                let Some(at) = text[..last].rfind(literal.as_str()) else {
                    return false;
                };
                if !fill(hole, &text[at + literal.len()..end], facts) {
                    return false;
                }
                end = at;
            }
        }
    }
    match pending {
        None => end == 0,
        Some(hole) => fill(hole, &text[..end], facts),
    }
}

fn fill(part: &Part, text: &str, facts: &mut PathFacts) -> bool {
    if text.is_empty() {
        return false;
    }
    match part {
        Part::Any | Part::Literal(_) => {}
        Part::Hole(Placeholder::Domain) => facts.domain = Some(text.to_owned()),
        Part::Hole(Placeholder::Aggregate) => facts.aggregate = Some(text.to_owned()),
        Part::Hole(Placeholder::Event) => text.clone_into(&mut facts.event),
        Part::Hole(Placeholder::Major) => {
            let canonical =
                text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
            match text.parse() {
                Ok(major) if canonical => facts.major = Some(major),
                _ => return false,
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str, path: &str) -> Option<String> {
        let facts = Layout::parse(template).unwrap().read(path)?;
        Some(format!(
            "{} {} {} {}",
            facts.domain.as_deref().unwrap_or("-"),
            facts.aggregate.as_deref().unwrap_or("-"),
            facts.event,
            facts
                .major
                .map_or_else(|| "-".to_owned(), |major| major.to_string())
        ))
    }

    #[test]
    fn templates_read_paths() {
        for (template, path, expected) in [
            (
                DEFAULT,
                "ecommerce/order/order.created.v1.json",
                Some("ecommerce order order.created 1"),
            ),
            (DEFAULT, "common/money.v1.json", None),
            (DEFAULT, "a/b/c/x.v1.json", None),
            (DEFAULT, "a/b/x.v01.json", None),
            (DEFAULT, "a/b/x.vone.json", None),
            (DEFAULT, "a/b/.v1.json", None),
            (DEFAULT, "a/b/x.v2.y.v3.json", Some("a b x.v2.y 3")),
            (
                "{event}.v{major}.schema.json",
                "x.v2.schema.json",
                Some("- - x 2"),
            ),
            ("{domain}/{event}.json", "a/x.json", Some("a - x -")),
            ("**/{event}.json", "x.json", Some("- - x -")),
            ("**/{event}.json", "a/b/c/x.json", Some("- - x -")),
            ("{event}.json", "a/x.json", None),
            ("{domain}/**/{event}.json", "a/b/c/x.json", Some("a - x -")),
            (
                "google/events/**/{domain}/v{major}/{event}.json",
                "google/events/cloud/audit/v1/LogEntryData.json",
                Some("audit - LogEntryData 1"),
            ),
            (
                "google/events/**/{domain}/v{major}/{event}.json",
                "google/events/firebase/v1/X.json",
                Some("firebase - X 1"),
            ),
            ("**/a/**/{event}.json", "a/a/b/x.json", Some("- - x -")),
            ("*/{event}.json", "anything/x.json", Some("- - x -")),
            ("{domain}-{event}.json", "a-b-c.json", Some("a-b - c -")),
        ] {
            assert_eq!(read(template, path).as_deref(), expected, "{template} on {path}");
        }
    }

    #[test]
    fn bad_templates_say_why() {
        for (template, why) in [
            ("{domain}.json", "no {event}"),
            ("{evnt}.json", "unknown placeholder {evnt}"),
            ("{event}", ""),
            ("{event}/{event}.json", "twice"),
            ("{domain}{event}.json", "without text between"),
            ("/{event}.json", "relative"),
            ("a//{event}.json", "empty"),
            ("", "empty"),
            ("../{event}.json", ".."),
            ("{event.json", "without closing"),
            ("event}.json", "without opening"),
            ("a**/{event}.json", "whole folders"),
            ("{event}/**", "ends in"),
        ] {
            match Layout::parse(template) {
                Ok(_) => assert_eq!(why, "", "{template} was accepted"),
                Err(error) => assert!(
                    !why.is_empty() && error.to_string().contains(why),
                    "{template}: {error}"
                ),
            }
        }
    }

    #[test]
    fn hostile_paths_take_linear_time() {
        let template = format!("{}{{event}}.json", "**/a/".repeat(30));
        let layout = Layout::parse(&template).unwrap();
        assert_eq!(layout.read(&format!("{}x.jsn", "a/".repeat(20_000))), None);
        let stars = Layout::parse("{event}a*a*a*a*a*a*a*.json").unwrap();
        assert_eq!(stars.read(&format!("{}.jsn", "a".repeat(100_000))), None);
    }

    #[test]
    fn a_path_can_be_made_from_facts() {
        let layout = Layout::parse(DEFAULT).unwrap();
        let path = "ecommerce/order/order.created.v1.json";
        assert_eq!(layout.path(&layout.read(path).unwrap()).as_deref(), Some(path));
    }
}
