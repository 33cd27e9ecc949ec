//! Patterns with look-ahead. The structure is read here; each atom is left to `regex-syntax`, so that classes and
//! escapes mean what they mean to the engine that runs such patterns. Back references, look-behind, flags, atomic
//! groups and possessive quantifiers are refused.

use super::ast::Ast;
use super::parse::{NotRegular, hir, lower};

/// Groups inside groups beyond which a pattern is refused.
const DEPTH_LIMIT: usize = 50;

pub(super) fn parse(text: &str) -> Result<Ast, NotRegular> {
    let mut parser = Parser { text, at: 0 };
    let ast = parser.alternation(0)?;
    if parser.at == text.len() {
        Ok(ast)
    } else {
        Err(NotRegular)
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn alternation(&mut self, depth: usize) -> Result<Ast, NotRegular> {
        if depth > DEPTH_LIMIT {
            return Err(NotRegular);
        }
        let mut parts = vec![self.concat(depth)?];
        while self.eat("|") {
            parts.push(self.concat(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Ast::Alternation(parts)
        })
    }

    fn concat(&mut self, depth: usize) -> Result<Ast, NotRegular> {
        let mut parts = Vec::new();
        while let Some(c) = self.rest().chars().next() {
            if c == '|' || c == ')' {
                break;
            }
            let (atom, quantifiable) = self.atom(c, depth)?;
            parts.push(self.quantified(atom, quantifiable)?);
        }
        Ok(match parts.len() {
            0 => Ast::Empty,
            1 => parts.remove(0),
            _ => Ast::Concat(parts),
        })
    }

    fn atom(&mut self, first: char, depth: usize) -> Result<(Ast, bool), NotRegular> {
        let start = self.at;
        match first {
            '(' => {
                self.at += 1;
                let look = if self.eat("?=") {
                    Some(false)
                } else if self.eat("?!") {
                    Some(true)
                } else {
                    if !self.eat("?:") && self.rest().starts_with('?') {
                        return Err(NotRegular);
                    }
                    None
                };
                let sub = self.alternation(depth + 1)?;
                if !self.eat(")") {
                    return Err(NotRegular);
                }
                Ok(match look {
                    Some(negated) => (
                        Ast::LookAhead {
                            sub: Box::new(sub),
                            negated,
                        },
                        false,
                    ),
                    None => (sub, true),
                })
            }
            '^' => {
                self.at += 1;
                Ok((Ast::Start, false))
            }
            '$' => {
                self.at += 1;
                Ok((Ast::End, false))
            }
            '[' => {
                self.class()?;
                Ok((lower(&hir(&self.text[start..self.at])?)?, true))
            }
            '\\' => {
                self.escape()?;
                let atom = lower(&hir(&self.text[start..self.at])?)?;
                let quantifiable = !matches!(atom, Ast::WordBoundary { .. });
                Ok((atom, quantifiable))
            }
            '*' | '+' | '?' | '{' | '}' | ']' => Err(NotRegular),
            other => {
                self.at += other.len_utf8();
                Ok((lower(&hir(&self.text[start..self.at])?)?, true))
            }
        }
    }

    /// Moves past `[…]`.
    fn class(&mut self) -> Result<(), NotRegular> {
        let mut escaped = false;
        let mut first = true;
        for (offset, c) in self.text[self.at + 1..].char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                // A class inside a class, or `]` as a first member, is read differently by different engines.
                '[' => return Err(NotRegular),
                ']' if first => return Err(NotRegular),
                ']' => {
                    self.at += 1 + offset + 1;
                    return Ok(());
                }
                '^' if first => continue,
                _ => {}
            }
            first = false;
        }
        Err(NotRegular)
    }

    /// Moves past one escape.
    fn escape(&mut self) -> Result<(), NotRegular> {
        let mut chars = self.text[self.at + 1..].char_indices();
        let (_, kind) = chars.next().ok_or(NotRegular)?;
        let after = self.at + 1 + kind.len_utf8();
        match kind {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B' | 'n' | 'r' | 't' | 'f' | 'v' => self.at = after,
            'x' | 'u' | 'p' | 'P' => {
                let rest = &self.text[after..];
                let length = if rest.starts_with('{') {
                    rest.find('}').ok_or(NotRegular)? + 1
                } else {
                    match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 1,
                    }
                };
                if rest.len() < length || !rest.is_char_boundary(length) {
                    return Err(NotRegular);
                }
                self.at = after + length;
            }
            other if other.is_ascii_punctuation() => self.at = after,
            _ => return Err(NotRegular),
        }
        Ok(())
    }

    fn quantified(&mut self, atom: Ast, quantifiable: bool) -> Result<Ast, NotRegular> {
        let (min, max) = if self.eat("*") {
            (0, None)
        } else if self.eat("+") {
            (1, None)
        } else if self.eat("?") {
            (0, Some(1))
        } else if self.rest().starts_with('{') {
            let end = self.rest().find('}').ok_or(NotRegular)?;
            let body = self.rest()[1..end].to_owned();
            self.at += end + 1;
            let number = |text: &str| text.parse::<u32>().map_err(|_| NotRegular);
            match body.split_once(',') {
                None => (number(&body)?, Some(number(&body)?)),
                Some((low, "")) => (number(low)?, None),
                Some((low, high)) => (number(low)?, Some(number(high)?)),
            }
        } else {
            return Ok(atom);
        };
        if !quantifiable || max.is_some_and(|max| max < min) {
            return Err(NotRegular);
        }
        // Laziness does not change which strings match; possessiveness does.
        self.eat("?");
        if self.rest().starts_with(['*', '+', '?', '{']) {
            return Err(NotRegular);
        }
        Ok(Ast::Repeat {
            sub: Box::new(atom),
            min,
            max,
        })
    }
}
