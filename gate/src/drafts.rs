//! The two vocabularies of drafts, `registry`'s and `compat`'s: siblings, which do not know each other.

use registry::Draft;

/// The draft as `compat` calls it.
pub const fn to_compat(draft: Draft) -> compat::Draft {
    match draft {
        Draft::Draft4 => compat::Draft::V4,
        Draft::Draft6 => compat::Draft::V6,
        Draft::Draft7 => compat::Draft::V7,
        Draft::Draft201909 => compat::Draft::V201909,
        Draft::Draft202012 => compat::Draft::V202012,
    }
}

/// The draft as `registry` calls it.
pub const fn to_registry(draft: compat::Draft) -> Draft {
    match draft {
        compat::Draft::V4 => Draft::Draft4,
        compat::Draft::V6 => Draft::Draft6,
        compat::Draft::V7 => Draft::Draft7,
        compat::Draft::V201909 => Draft::Draft201909,
        compat::Draft::V202012 => Draft::Draft202012,
    }
}
