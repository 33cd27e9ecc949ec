//! Many places of one text in one pass over it: thousands of findings in a large file must not cost a scan each.

use std::collections::HashMap;
use std::ops::Range;

use super::{Scanner, floor_char, span, unescaped};
use crate::{Location, Part, Target};

/// What [`span`] gives for each of `locations`, in time proportional to the text and their number.
pub fn spans(text: &str, locations: &[&Location]) -> Vec<Range<usize>> {
    /// Below this, a scan each is cheaper than building the tree.
    const FEW: usize = 4;
    if locations.len() <= FEW {
        return locations.iter().map(|location| span(text, location)).collect();
    }
    let mut tree = Tree {
        nodes: vec![Node::default()],
    };
    let wanted: Vec<Option<(usize, Part)>> = locations
        .iter()
        .map(|location| match &location.target {
            Target::Pointer(pointer, part) => Some((tree.insert(pointer.tokens()), *part)),
            Target::File | Target::Bytes(..) => None,
        })
        .collect();
    tree.scan(text);
    locations
        .iter()
        .zip(wanted)
        .map(|(location, wanted)| match wanted {
            None => span(text, location),
            Some((node, part)) => tree.span(text, node, part),
        })
        .collect()
}

/// The wanted pointers as a tree of their tokens.
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    parent: Option<usize>,
    children: HashMap<String, usize>,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
}

/// An object or array on the way that is being read.
struct Frame {
    node: usize,
    start: usize,
    /// The index of the next item; `None` in an object.
    item: Option<usize>,
    is_first: bool,
}

impl Tree {
    fn insert<'t>(&mut self, tokens: impl Iterator<Item = std::borrow::Cow<'t, str>>) -> usize {
        let mut at = 0;
        for token in tokens {
            if let Some(child) = self.nodes[at].children.get(&*token) {
                at = *child;
                continue;
            }
            let child = self.nodes.len();
            self.nodes.push(Node {
                parent: Some(at),
                ..Node::default()
            });
            self.nodes[at].children.insert(token.into_owned(), child);
            at = child;
        }
        at
    }

    /// Fills in where nodes are; of repeated members the last one counts.
    fn scan(&mut self, text: &str) {
        let mut scanner = Scanner {
            bytes: text.as_bytes(),
            at: 0,
        };
        if text.starts_with('\u{feff}') {
            scanner.at = '\u{feff}'.len_utf8();
        }
        scanner.skip_space();
        let mut frames = Vec::new();
        self.value(&mut scanner, 0, &mut frames);
        while let Some(frame) = frames.last_mut() {
            scanner.skip_space();
            let is_first = std::mem::replace(&mut frame.is_first, false);
            if !is_first && scanner.peek() == Some(b',') {
                scanner.at += 1;
                scanner.skip_space();
            } else if !is_first {
                Self::close(&mut self.nodes, &mut scanner, &mut frames);
                continue;
            }
            let node = frame.node;
            let child = if let Some(index) = &mut frame.item {
                if matches!(scanner.peek(), None | Some(b']')) {
                    Self::close(&mut self.nodes, &mut scanner, &mut frames);
                    continue;
                }
                let token = index.to_string();
                *index += 1;
                self.nodes[node].children.get(&token).copied()
            } else {
                if scanner.peek() != Some(b'"') {
                    Self::close(&mut self.nodes, &mut scanner, &mut frames);
                    continue;
                }
                let key = scanner.skip_string();
                scanner.skip_space();
                if scanner.peek() != Some(b':') {
                    Self::close(&mut self.nodes, &mut scanner, &mut frames);
                    continue;
                }
                scanner.at += 1;
                scanner.skip_space();
                let name = unescaped(&scanner.bytes[key.clone()]);
                let child = name.and_then(|name| self.nodes[node].children.get(&*name).copied());
                if let Some(child) = child {
                    self.nodes[child].key = Some(key);
                }
                child
            };
            match child {
                Some(child) => self.value(&mut scanner, child, &mut frames),
                None => scanner.skip_value(),
            }
        }
    }

    /// At the start of the value of `node`: goes into it when something inside is wanted, else past it.
    fn value(&mut self, scanner: &mut Scanner<'_>, node: usize, frames: &mut Vec<Frame>) {
        let start = scanner.at;
        let item = match scanner.peek() {
            Some(b'{') => None,
            Some(b'[') => Some(0),
            _ => {
                scanner.skip_value();
                self.nodes[node].value = Some(start..scanner.at.max(start));
                return;
            }
        };
        if self.nodes[node].children.is_empty() {
            scanner.skip_value();
            self.nodes[node].value = Some(start..scanner.at.max(start));
            return;
        }
        self.nodes[node].value = Some(start..start);
        scanner.at += 1;
        frames.push(Frame {
            node,
            start,
            item,
            is_first: true,
        });
    }

    /// At the end of the innermost open value, or where the text is cut.
    fn close(nodes: &mut [Node], scanner: &mut Scanner<'_>, frames: &mut Vec<Frame>) {
        if matches!(scanner.peek(), Some(b'}' | b']')) {
            scanner.at += 1;
        }
        if let Some(frame) = frames.pop() {
            nodes[frame.node].value = Some(frame.start..scanner.at);
        }
    }

    fn span(&self, text: &str, node: usize, part: Part) -> Range<usize> {
        let exact = &self.nodes[node];
        if let (Part::Key, Some(_), Some(key)) = (part, &exact.value, &exact.key) {
            return key.clone();
        }
        let mut at = node;
        loop {
            match (&self.nodes[at].value, self.nodes[at].parent) {
                (Some(found), _) => return floor_char(text, found.start)..floor_char(text, found.end),
                (None, Some(parent)) => at = parent,
                (None, None) => return 0..0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JsonPointer;

    #[track_caller]
    fn agree(text: &str, pointers: &[&str]) {
        let locations: Vec<Location> = pointers
            .iter()
            .flat_map(|pointer| {
                let pointer = JsonPointer::parse(pointer).unwrap();
                [
                    Location::key("a.json", pointer.clone()),
                    Location::value("a.json", pointer),
                ]
            })
            .chain([Location::file("a.json"), Location::bytes("a.json", 1..3)])
            .collect();
        let each: Vec<_> = locations.iter().map(|location| span(text, location)).collect();
        assert_eq!(spans(text, &locations.iter().collect::<Vec<_>>()), each, "{text}");
    }

    #[test]
    fn one_pass_gives_what_many_give() {
        let pointers = [
            "",
            "/a",
            "/a/0",
            "/a/1",
            "/a/1/b~1c",
            "/a/1/zz",
            "/a/7",
            "/a~0",
            "/é",
            "/é/d",
            "/é/d/e",
            "/é/zz/y",
            "/k/2/x",
        ];
        agree(
            r#" { "a" : [1, {"b\u002fc": "x,]}\""}], "a~": null, "é": {"d": -1.5e3}, "k": [[], {}, {"x": [ ] }] } "#,
            &pointers,
        );
        agree(
            "\u{feff}{\"a\": [], \"é\": {}, \"é\": {\"d\": {\"e\": 1}}}",
            &pointers,
        );
        agree("[[1, 2], {\"a\": 3}]", &["/0", "/0/1", "/1/a", "/0/x", "/-"]);
        agree("7", &pointers);
        agree("", &pointers);
    }

    #[test]
    fn a_large_text_with_many_places_is_one_pass() {
        let members: Vec<String> = (0..100_000)
            .map(|number| format!("\"m{number}\": {{\"type\": \"string\"}}"))
            .collect();
        let text = format!("{{{}}}", members.join(", "));
        let locations: Vec<Location> = (0..100_000)
            .map(|number| {
                Location::value(
                    "a.json",
                    JsonPointer::root().child(&format!("m{number}")).child("type"),
                )
            })
            .collect();
        let found = spans(&text, &locations.iter().collect::<Vec<_>>());
        assert!(found.iter().all(|span| &text[span.clone()] == "\"string\""));
    }
}
