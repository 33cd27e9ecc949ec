//! Where decoding stopped: noted on the way out of nested values, so that the way in costs nothing.
//!
//! `serde` errors carry no path. Each level that decodes a member or an item adds its token when it passes an error
//! on; the outermost call collects them. The note lives in the thread because errors of foreign deserializers cannot
//! carry it.

use std::cell::{Cell, RefCell};

#[derive(Default)]
pub(crate) struct Trace {
    /// Innermost token first.
    tokens: Vec<String>,
    keyword: Option<&'static str>,
}

pub(crate) struct Place {
    pub(crate) pointer: String,
    pub(crate) keyword: Option<&'static str>,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
    static NUMBERS: Cell<Numbers> = const { Cell::new(Numbers::Exact) };
}

/// How integers are read. `serde_json` hands over every digit only as a string of its own; the plain way is several
/// times faster and exact for all integers written as such, in 64 bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// By their digits.
    Exact,
    /// The plain way, until a number turns up that it cannot read.
    Plain,
    /// Such a number turned up: what was read is void.
    Void,
}

/// Runs `read` the plain way, and once more by digits when that does not do.
pub(crate) fn plain_first<T>(read: impl Fn() -> T) -> T {
    clear();
    NUMBERS.set(Numbers::Plain);
    let value = read();
    if NUMBERS.replace(Numbers::Exact) != Numbers::Void {
        return value;
    }
    clear();
    read()
}

pub(crate) fn numbers_are_plain() -> bool {
    NUMBERS.get() != Numbers::Exact
}

#[cold]
pub(crate) fn numbers_are_void() {
    NUMBERS.set(Numbers::Void);
}

/// A new failure begins here: what was noted before belongs to one that was overcome.
pub(crate) fn note(keyword: &'static str) {
    TRACE.with_borrow_mut(|trace| {
        trace.tokens.clear();
        trace.keyword = Some(keyword);
    });
}

/// Forgets what an attempt left behind.
pub(crate) fn clear() {
    TRACE.with_borrow_mut(|trace| {
        trace.tokens.clear();
        trace.keyword = None;
    });
}

pub(crate) fn take() -> Place {
    TRACE.with_borrow_mut(|trace| {
        let pointer = trace
            .tokens
            .drain(..)
            .rev()
            .fold(String::new(), |mut pointer, token| {
                pointer.push('/');
                pointer.push_str(&token);
                pointer
            });
        Place {
            pointer,
            keyword: trace.keyword.take(),
        }
    })
}

#[cold]
fn push(token: String) {
    TRACE.with_borrow_mut(|trace| trace.tokens.push(token));
}

/// Notes where an error passed.
pub trait Located: Sized {
    /// The error, if any, came from member `name`.
    #[must_use]
    fn at_member(self, name: &str) -> Self;
    /// The error, if any, came from item `index`.
    #[must_use]
    fn at_item(self, index: usize) -> Self;
}

impl<T, E> Located for Result<T, E> {
    #[inline]
    fn at_member(self, name: &str) -> Self {
        if self.is_err() {
            push(name.replace('~', "~0").replace('/', "~1"));
        }
        self
    }

    #[inline]
    fn at_item(self, index: usize) -> Self {
        if self.is_err() {
            push(index.to_string());
        }
        self
    }
}
