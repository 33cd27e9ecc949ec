//! Text of a pattern to a tree.
//!
//! The grammar is that of ECMA-262 with the `u` flag, and as lenient as validators are where that flag only forbids:
//! an escaped punctuation mark is itself, and a brace that starts no quantifier is itself.

use super::PatternError;
use super::set::Set;

/// Nesting of groups beyond this is refused, so that recursion stays shallow.
const MAX_NESTING: usize = 100;

#[derive(Debug, Clone)]
pub(super) enum Node {
    Empty,
    Class(Set),
    Start,
    End,
    WordBoundary {
        inside: bool,
    },
    Cat(Vec<Node>),
    Alternatives(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        greedy: bool,
    },
    Capture(usize, Box<Node>),
    Look {
        node: Box<Node>,
        ahead: bool,
        negated: bool,
    },
    Back(usize),
}

#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) node: Node,
    pub(super) captures: usize,
    pub(super) has_back_references: bool,
}

pub(super) fn parse(text: &str) -> Result<Parsed, PatternError> {
    let chars: Vec<char> = text.chars().collect();
    let names = capture_names(&chars);
    let mut parser = Parser {
        chars: &chars,
        at: 0,
        names: &names,
        captures: 0,
        backs: false,
        nesting: 0,
    };
    let node = parser.disjunction()?;
    if parser.at < chars.len() {
        return Err(PatternError::Syntax("a `)` without its `(`"));
    }
    Ok(Parsed {
        node,
        captures: names.len(),
        has_back_references: parser.backs,
    })
}

/// The groups of the pattern in order, with their names: a back-reference may stand before its group.
fn capture_names(chars: &[char]) -> Vec<Option<String>> {
    let mut names = Vec::new();
    let mut in_class = false;
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && chars.get(at + 1) != Some(&'?') => names.push(None),
            '(' if !in_class
                && chars.get(at + 2) == Some(&'<')
                && !matches!(chars.get(at + 3), Some('=' | '!')) =>
            {
                names.push(Some(
                    chars[at + 3..].iter().take_while(|&&char| char != '>').collect(),
                ));
            }
            _ => {}
        }
        at += 1;
    }
    names
}

struct Parser<'t> {
    chars: &'t [char],
    at: usize,
    names: &'t [Option<String>],
    captures: usize,
    backs: bool,
    nesting: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.at += usize::from(found);
        found
    }

    fn take_text(&mut self, expected: &str) -> bool {
        let found = expected
            .chars()
            .enumerate()
            .all(|(ahead, char)| self.chars.get(self.at + ahead) == Some(&char));
        if found {
            self.at += expected.len();
        }
        found
    }

    fn disjunction(&mut self) -> Result<Node, PatternError> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(PatternError::TooLarge);
        }
        let mut alternatives = vec![self.alternative()?];
        while self.take('|') {
            alternatives.push(self.alternative()?);
        }
        self.nesting -= 1;
        Ok(if alternatives.len() == 1 {
            alternatives.pop().expect("there is one")
        } else {
            Node::Alternatives(alternatives)
        })
    }

    fn alternative(&mut self) -> Result<Node, PatternError> {
        let mut terms = Vec::new();
        while let Some(char) = self.peek() {
            if matches!(char, '|' | ')') {
                break;
            }
            let term = self.term()?;
            terms.push(self.quantified(term)?);
        }
        Ok(if terms.is_empty() {
            Node::Empty
        } else {
            Node::Cat(terms)
        })
    }

    fn term(&mut self) -> Result<Node, PatternError> {
        let char = self.peek().expect("the caller looked");
        self.at += 1;
        match char {
            '^' => Ok(Node::Start),
            '$' => Ok(Node::End),
            '.' => Ok(Node::Class(Set::dot())),
            '[' => self.class().map(Node::Class),
            '(' => self.group(),
            '\\' => self.escape(),
            '*' | '+' | '?' => Err(PatternError::Syntax("nothing to repeat")),
            other => Ok(Node::Class(Set::one(other))),
        }
    }

    fn group(&mut self) -> Result<Node, PatternError> {
        let look = |ahead, negated| {
            move |node| Node::Look {
                node: Box::new(node),
                ahead,
                negated,
            }
        };
        let finish: Box<dyn Fn(Node) -> Node> = if self.take_text("?:") {
            Box::new(|node| node)
        } else if self.take_text("?=") {
            Box::new(look(true, false))
        } else if self.take_text("?!") {
            Box::new(look(true, true))
        } else if self.take_text("?<=") {
            Box::new(look(false, false))
        } else if self.take_text("?<!") {
            Box::new(look(false, true))
        } else {
            if self.take_text("?<") {
                while self.peek().is_some_and(|char| char != '>') {
                    self.at += 1;
                }
                if !self.take('>') {
                    return Err(PatternError::Syntax("a group name without its `>`"));
                }
            } else if self.peek() == Some('?') {
                return Err(PatternError::Syntax("a group that ECMA-262 does not know"));
            }
            let index = self.captures;
            self.captures += 1;
            Box::new(move |node| Node::Capture(index, Box::new(node)))
        };
        let node = self.disjunction()?;
        if !self.take(')') {
            return Err(PatternError::Syntax("a `(` without its `)`"));
        }
        Ok(finish(node))
    }

    fn quantified(&mut self, node: Node) -> Result<Node, PatternError> {
        let (min, max) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => match self.braces()? {
                Some(bounds) => bounds,
                None => return Ok(node),
            },
            _ => return Ok(node),
        };
        self.at += 1;
        let greedy = !self.take('?');
        if matches!(self.peek(), Some('*' | '+')) {
            return Err(PatternError::Syntax("nothing to repeat"));
        }
        if matches!(
            node,
            Node::Start | Node::End | Node::WordBoundary { .. } | Node::Look { ahead: false, .. }
        ) {
            return Err(PatternError::Syntax("an assertion cannot be repeated"));
        }
        Ok(Node::Repeat {
            node: Box::new(node),
            min,
            max,
            greedy,
        })
    }

    /// `{n}`, `{n,}`, `{n,m}`; stops at the closing brace. `None`, having read nothing, when the brace is a literal.
    fn braces(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        let start = self.at;
        self.at += 1;
        let min = self.number();
        let max = if self.take(',') { self.number() } else { min };
        let unbounded = self.chars[..self.at].last() == Some(&',');
        let (Some(min), Some('}')) = (min, self.peek()) else {
            self.at = start;
            return Ok(None);
        };
        let max = if unbounded { None } else { max };
        if max.is_some_and(|max| max < min) {
            return Err(PatternError::Syntax("a quantifier whose bounds are out of order"));
        }
        Ok(Some((min, max)))
    }

    /// A run of digits; what does not fit is as good as the largest number.
    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        let mut value: u32 = 0;
        while let Some(digit) = self.peek().and_then(|char| char.to_digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit);
            self.at += 1;
        }
        (self.at > start).then_some(value)
    }

    fn escape(&mut self) -> Result<Node, PatternError> {
        match self.peek() {
            Some('b') => {
                self.at += 1;
                Ok(Node::WordBoundary { inside: false })
            }
            Some('B') => {
                self.at += 1;
                Ok(Node::WordBoundary { inside: true })
            }
            Some('k') => {
                self.at += 1;
                let end = self.chars[self.at..].iter().position(|&char| char == '>');
                let (Some('<'), Some(end)) = (self.peek(), end) else {
                    return Err(PatternError::Syntax("a `\\k` without a name"));
                };
                let name: String = self.chars[self.at + 1..self.at + end].iter().collect();
                self.at += end + 1;
                let index = self
                    .names
                    .iter()
                    .position(|known| known.as_deref() == Some(&name));
                self.back(index.ok_or(PatternError::Syntax(
                    "a back-reference to a group that is not there",
                ))?)
            }
            Some('1'..='9') => {
                let number = self.number().expect("a digit is there") as usize;
                if number > self.names.len() {
                    return Err(PatternError::Syntax(
                        "a back-reference to a group that is not there",
                    ));
                }
                self.back(number - 1)
            }
            _ => self.class_escape().map(Node::Class),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "reads as the last step of its callers")]
    fn back(&mut self, index: usize) -> Result<Node, PatternError> {
        self.backs = true;
        Ok(Node::Back(index))
    }

    /// What follows a backslash and stands for one character, here or inside brackets.
    fn class_escape(&mut self) -> Result<Set, PatternError> {
        let char = self
            .peek()
            .ok_or(PatternError::Syntax("a pattern that ends in a backslash"))?;
        self.at += 1;
        Ok(match char {
            'd' => Set::digits(),
            'D' => Set::digits().complement(),
            'w' => Set::word(),
            'W' => Set::word().complement(),
            's' => Set::space(),
            'S' => Set::space().complement(),
            'p' | 'P' => {
                let end = self.chars[self.at..].iter().position(|&char| char == '}');
                let (Some('{'), Some(end)) = (self.peek(), end) else {
                    return Err(PatternError::Syntax("a `\\p` without a property in braces"));
                };
                let name: String = self.chars[self.at + 1..self.at + end].iter().collect();
                self.at += end + 1;
                let set = Set::property(&name).ok_or(PatternError::Syntax("an unknown Unicode property"))?;
                if char == 'P' { set.complement() } else { set }
            }
            't' => Set::one('\t'),
            'n' => Set::one('\n'),
            'v' => Set::one('\u{0B}'),
            'f' => Set::one('\u{0C}'),
            'r' => Set::one('\r'),
            '0' if !self.peek().is_some_and(|char| char.is_ascii_digit()) => Set::one('\0'),
            'c' => match self.peek() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    self.at += 1;
                    Set::one(char::from(letter as u8 % 32))
                }
                _ => return Err(PatternError::Syntax("a `\\c` without a letter")),
            },
            'x' => Self::code(self.hex(2)),
            'u' => {
                if self.peek() == Some('{') {
                    let end = self.chars[self.at..].iter().position(|&char| char == '}');
                    let digits: String = end
                        .map(|end| self.chars[self.at + 1..self.at + end].iter().collect())
                        .unwrap_or_default();
                    let code = u32::from_str_radix(&digits, 16)
                        .ok()
                        .filter(|&code| code <= u32::from(char::MAX));
                    self.at += end.map_or(0, |end| end + 1);
                    Self::code(Some(
                        code.ok_or(PatternError::Syntax("a `\\u{` without a code point"))?,
                    ))
                } else {
                    self.utf16()?
                }
            }
            other if other.is_ascii_alphanumeric() => return Err(PatternError::Syntax("an unknown escape")),
            other => Set::one(other),
        })
    }

    /// A lone surrogate is no character of any JSON string that Rust can hold: the empty set.
    fn code(code: Option<u32>) -> Set {
        code.and_then(char::from_u32).map_or_else(Set::default, Set::one)
    }

    fn utf16(&mut self) -> Result<Set, PatternError> {
        let high = self
            .hex(4)
            .ok_or(PatternError::Syntax("a `\\u` without four hex digits"))?;
        if (0xD800..0xDC00).contains(&high) && self.chars[self.at..].starts_with(&['\\', 'u']) {
            let back = self.at;
            self.at += 2;
            match self.hex(4) {
                Some(low) if (0xDC00..0xE000).contains(&low) => {
                    return Ok(Self::code(Some(
                        0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00),
                    )));
                }
                _ => self.at = back,
            }
        }
        Ok(Self::code(Some(high)))
    }

    fn hex(&mut self, length: usize) -> Option<u32> {
        let digits: String = self.chars.get(self.at..self.at + length)?.iter().collect();
        let code = digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(&digits, 16).ok())?;
        self.at += length;
        code
    }

    fn class(&mut self) -> Result<Set, PatternError> {
        let negated = self.take('^');
        let mut ranges = Vec::new();
        loop {
            if self.take(']') {
                break;
            }
            let from = self.class_atom()?;
            let dash =
                self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&char| char != ']');
            if !dash {
                ranges.extend_from_slice(from.ranges());
                continue;
            }
            self.at += 1;
            let to = self.class_atom()?;
            match (from.ranges(), to.ranges()) {
                (&[(from, first_end)], &[(to, last_end)]) if from == first_end && to == last_end => {
                    if to < from {
                        return Err(PatternError::Syntax("a range whose ends are out of order"));
                    }
                    ranges.push((from, to));
                }
                // `[\w-.]`: a class is no end of a range, so the dash is itself (annex B).
                (from, to) => {
                    ranges.extend_from_slice(from);
                    ranges.extend_from_slice(to);
                    ranges.push((u32::from('-'), u32::from('-')));
                }
            }
        }
        let set = Set::from_ranges(ranges);
        Ok(if negated { set.complement() } else { set })
    }

    fn class_atom(&mut self) -> Result<Set, PatternError> {
        match self.peek() {
            None => Err(PatternError::Syntax("a `[` without its `]`")),
            Some('\\') => {
                self.at += 1;
                if self.take('b') {
                    Ok(Set::one('\u{08}'))
                } else {
                    self.class_escape()
                }
            }
            Some(char) => {
                self.at += 1;
                Ok(Set::one(char))
            }
        }
    }
}
