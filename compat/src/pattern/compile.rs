//! [`Ast`] to an extended regular expression for the strings *in which* the pattern is found.
//!
//! Each part is compiled against what follows it, once for each kind of left context (start of text, after a word
//! character, after another character). So `^`, `$`, `\b` and look-ahead become plain intersections with what follows.

use std::rc::Rc;

use super::ast::Ast;
use super::chars::Chars;
use super::lang::{ANYTHING, EMPTY, Languages, NOTHING, Re};
use super::parse::{NotRegular, word_characters};

/// What follows, by left context: at the start of the text, after a word character, after another character.
type Follow = [Re; 3];
const START: usize = 0;
const WORD: usize = 1;
const OTHER: usize = 2;

/// Copies of a repeated part with assertions inside that are written out.
const UNROLL_LIMIT: u32 = 16;
/// Expressions that compiling one pattern may add.
const SIZE_LIMIT: usize = 50_000;

pub(super) fn compile(languages: &mut Languages, ast: &Ast) -> Result<Re, NotRegular> {
    let limit = languages.len() + SIZE_LIMIT;
    let mut compiler = Compiler {
        languages,
        limit,
        word: None,
    };
    if ast.has_word_boundary() {
        compiler.word = Some(compiler.word_class());
    }
    let found = compiler.follow(ast, [ANYTHING; 3])?;
    if found[START] == found[WORD] && found[WORD] == found[OTHER] {
        return Ok(compiler.languages.concat(ANYTHING, found[START]));
    }
    let mut parts = vec![found[START]];
    if found[WORD] == found[OTHER] {
        let any = compiler.languages.class(Chars::all());
        let after = compiler.languages.concat(ANYTHING, found[WORD]);
        parts.push(compiler.languages.concat(any, after));
    } else {
        let word = compiler.word_class();
        for (context, chars) in [(WORD, (*word).clone()), (OTHER, word.complement())] {
            let last = compiler.languages.class(chars);
            let after = compiler.languages.concat(last, found[context]);
            parts.push(compiler.languages.concat(ANYTHING, after));
        }
    }
    Ok(compiler.languages.or(parts))
}

struct Compiler<'l> {
    languages: &'l mut Languages,
    limit: usize,
    word: Option<Rc<Chars>>,
}

impl Compiler<'_> {
    fn word_class(&mut self) -> Rc<Chars> {
        if let Some(word) = &self.word {
            return Rc::clone(word);
        }
        let word = self
            .languages
            .word
            .get_or_insert_with(|| Rc::new(word_characters()));
        Rc::clone(word)
    }

    /// `ast`, then `follow`.
    fn follow(&mut self, ast: &Ast, follow: Follow) -> Result<Follow, NotRegular> {
        if self.languages.len() > self.limit {
            return Err(NotRegular);
        }
        Ok(match ast {
            Ast::Empty => follow,
            Ast::Class(chars) => [self.class_then(chars, follow); 3],
            Ast::Concat(parts) => {
                let mut follow = follow;
                for part in parts.iter().rev() {
                    follow = self.follow(part, follow)?;
                }
                follow
            }
            Ast::Alternation(parts) => {
                let mut options: [Vec<Re>; 3] = [Vec::new(), Vec::new(), Vec::new()];
                for part in parts {
                    let compiled = self.follow(part, follow)?;
                    for (option, re) in options.iter_mut().zip(compiled) {
                        option.push(re);
                    }
                }
                options.map(|option| self.languages.or(option))
            }
            Ast::Start => [follow[START], NOTHING, NOTHING],
            Ast::End => follow.map(|re| self.languages.and(vec![re, EMPTY])),
            Ast::WordBoundary { negated } => {
                let word = self.word_class();
                let not_word = word.complement();
                let starts_word = self.starting_with((*word).clone());
                let starts_other = self.starting_with(not_word);
                let no_word = self.languages.or(vec![EMPTY, starts_other]);
                let (after_word, after_other) = if *negated {
                    (starts_word, no_word)
                } else {
                    (no_word, starts_word)
                };
                [
                    self.languages.and(vec![follow[START], after_other]),
                    self.languages.and(vec![follow[WORD], after_word]),
                    self.languages.and(vec![follow[OTHER], after_other]),
                ]
            }
            Ast::LookAhead { sub, negated } => {
                let ahead = self.follow(sub, [ANYTHING; 3])?;
                let mut both = follow;
                for (re, ahead) in both.iter_mut().zip(ahead) {
                    let ahead = if *negated {
                        self.languages.not(ahead)
                    } else {
                        ahead
                    };
                    *re = self.languages.and(vec![*re, ahead]);
                }
                both
            }
            Ast::Repeat { sub, min, max } if sub.has_assertion() => self.unroll(sub, *min, *max, follow)?,
            Ast::Repeat { .. } => {
                let whole = self.plain(ast)?;
                self.plain_then(whole, follow)
            }
        })
    }

    fn starting_with(&mut self, chars: Chars) -> Re {
        let class = self.languages.class(chars);
        self.languages.concat(class, ANYTHING)
    }

    fn class_then(&mut self, chars: &Chars, follow: Follow) -> Re {
        if follow[WORD] == follow[OTHER] {
            let class = self.languages.class(chars.clone());
            return self.languages.concat(class, follow[WORD]);
        }
        let word = self.word_class();
        let inside = self.languages.class(chars.intersection(&word));
        let outside = self.languages.class(chars.intersection(&word.complement()));
        let inside = self.languages.concat(inside, follow[WORD]);
        let outside = self.languages.concat(outside, follow[OTHER]);
        self.languages.or(vec![inside, outside])
    }

    /// A part without assertions.
    fn plain(&mut self, ast: &Ast) -> Result<Re, NotRegular> {
        Ok(match ast {
            Ast::Empty => EMPTY,
            Ast::Class(chars) => self.languages.class(chars.clone()),
            Ast::Concat(parts) => {
                let mut whole = EMPTY;
                for part in parts.iter().rev() {
                    let part = self.plain(part)?;
                    whole = self.languages.concat(part, whole);
                }
                whole
            }
            Ast::Alternation(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.plain(part))
                    .collect::<Result<_, _>>()?;
                self.languages.or(parts)
            }
            Ast::Repeat { sub, min, max } => {
                let sub = self.plain(sub)?;
                self.languages.repeat(sub, u64::from(*min), max.map(u64::from))
            }
            Ast::Start | Ast::End | Ast::WordBoundary { .. } | Ast::LookAhead { .. } => {
                return Err(NotRegular);
            }
        })
    }

    fn plain_then(&mut self, whole: Re, follow: Follow) -> Follow {
        if follow[START] == follow[WORD] && follow[WORD] == follow[OTHER] {
            return [self.languages.concat(whole, follow[START]); 3];
        }
        let consumed = if follow[WORD] == follow[OTHER] {
            let something = self.starting_with(Chars::all());
            let nonempty = self.languages.and(vec![whole, something]);
            self.languages.concat(nonempty, follow[WORD])
        } else {
            let word = self.word_class();
            let ends = [(WORD, (*word).clone()), (OTHER, word.complement())].map(|(context, chars)| {
                let last = self.languages.class(chars);
                let ending = self.languages.concat(ANYTHING, last);
                let ending = self.languages.and(vec![whole, ending]);
                self.languages.concat(ending, follow[context])
            });
            self.languages.or(ends.to_vec())
        };
        let nullable = self.languages.is_nullable(whole);
        follow.map(|re| {
            if nullable {
                self.languages.or(vec![re, consumed])
            } else {
                consumed
            }
        })
    }

    /// A repeated part with assertions inside.
    fn unroll(
        &mut self,
        sub: &Ast,
        min: u32,
        max: Option<u32>,
        follow: Follow,
    ) -> Result<Follow, NotRegular> {
        if sub.may_be_empty() || min > UNROLL_LIMIT || max.is_some_and(|max| max > UNROLL_LIMIT) {
            return Err(NotRegular);
        }
        let mut rest = follow;
        if let Some(max) = max {
            for _ in min..max {
                rest = self.once_or_stop(sub, rest, follow)?;
            }
        } else {
            // rest = follow | sub rest, well defined because `sub` consumes something.
            let names = follow.map(|re| {
                let nullable = self.languages.is_nullable(re);
                self.languages.name(nullable)
            });
            let bodies = self.once_or_stop(sub, names, follow)?;
            for (name, body) in names.into_iter().zip(bodies) {
                self.languages.define(name, body);
            }
            rest = names;
        }
        for _ in 0..min {
            rest = self.follow(sub, rest)?;
        }
        Ok(rest)
    }

    fn once_or_stop(&mut self, sub: &Ast, rest: Follow, stop: Follow) -> Result<Follow, NotRegular> {
        let once = self.follow(sub, rest)?;
        let mut both = once;
        for (re, stop) in both.iter_mut().zip(stop) {
            *re = self.languages.or(vec![*re, stop]);
        }
        Ok(both)
    }
}
