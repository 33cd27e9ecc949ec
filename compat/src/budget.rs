//! The limits of one question: time, work and memory. Everything that loops asks here whether it may go on.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The question ran out of time, work or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// Work done between two looks at the clock; reading it costs more than most steps.
const STEPS_PER_LOOK: u32 = 128;

/// Units of memory (about 100 bytes each) that the prover may hold: interned nodes, remembered goals, automaton states.
const MEMORY_UNITS: u64 = 2_000_000;

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    deadline: Instant,
    steps: Cell<u32>,
    memory: Cell<u64>,
    spent: Cell<bool>,
}

impl Budget {
    pub(crate) fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self {
            // A century is as good as forever and cannot overflow.
            deadline: now + time.min(Duration::from_mins(50_000_000)),
            steps: Cell::new(0),
            memory: Cell::new(0),
            spent: Cell::new(false),
        }
    }

    /// Accounts for one step of work.
    pub(crate) fn step(&self) -> Result<(), Exhausted> {
        let steps = self.steps.get() + 1;
        if steps < STEPS_PER_LOOK {
            self.steps.set(steps);
            return if self.spent.get() { Err(Exhausted) } else { Ok(()) };
        }
        self.steps.set(0);
        self.look()
    }

    /// Looks at the clock now.
    pub(crate) fn look(&self) -> Result<(), Exhausted> {
        if self.spent.get() || Instant::now() >= self.deadline {
            self.spent.set(true);
            return Err(Exhausted);
        }
        Ok(())
    }

    /// Accounts for about `units` × 100 bytes that stay in memory until the question is answered.
    pub(crate) fn keep(&self, units: usize) -> Result<(), Exhausted> {
        let held = self.memory.get().saturating_add(units as u64);
        self.memory.set(held);
        if held > MEMORY_UNITS {
            self.spent.set(true);
            return Err(Exhausted);
        }
        self.step()
    }

    /// The time left, zero when spent.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
