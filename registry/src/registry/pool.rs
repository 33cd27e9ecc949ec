//! The threads that loading and checking run on.
//!
//! Validators recurse over documents and, at one place in them, over chains of references; a schema of 10,000 references
//! in a row must not overflow. The memory of a stack is only taken when it is used.

use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

const STACK_BYTES: usize = 256 * 1024 * 1024;

static POOL: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().stack_size(STACK_BYTES).build().ok());

/// Runs `work` on threads with deep stacks; on the caller's if the system refuses to give them.
pub(super) fn install<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match &*POOL {
        Some(pool) => pool.install(work),
        None => work(),
    }
}
