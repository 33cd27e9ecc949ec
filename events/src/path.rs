//! Where a check is, without allocating while all is well.

use crate::error::Violation;

/// A place in a value that is being checked: a list of tokens on the stack.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    token: Token<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Token<'a> {
    Root,
    Member(&'a str),
    Item(usize),
}

impl<'a> Path<'a> {
    /// The value itself.
    pub const ROOT: Path<'static> = Path {
        parent: None,
        token: Token::Root,
    };

    /// Member `name` of this place.
    #[must_use]
    pub fn member(&'a self, name: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            token: Token::Member(name),
        }
    }

    /// Item `index` of this place.
    #[must_use]
    pub fn item(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            token: Token::Item(index),
        }
    }

    /// A violation of `keyword` here.
    #[cold]
    pub fn violates(&self, keyword: &'static str) -> Violation {
        Violation::new(self.to_pointer(), keyword)
    }

    /// A violation of `keyword` at `pointer` below here.
    #[cold]
    pub fn violates_below(&self, pointer: &str, keyword: &'static str) -> Violation {
        Violation::new(self.to_pointer() + pointer, keyword)
    }

    /// `Ok` when `holds`, else a violation of `keyword`.
    #[inline]
    pub fn require(&self, holds: bool, keyword: &'static str) -> Result<(), Violation> {
        if holds {
            Ok(())
        } else {
            Err(self.violates(keyword))
        }
    }

    fn to_pointer(self) -> String {
        let mut pointer = self.parent.map_or_else(String::new, |parent| parent.to_pointer());
        match self.token {
            Token::Root => {}
            Token::Member(name) => {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Token::Item(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}
