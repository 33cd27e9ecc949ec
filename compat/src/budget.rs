//! The limits of one question: time, work and memory. Everything that loops asks here whether it may go on.
//!
//! Time is the time that the thread worked, not what a clock on the wall says: a machine that is busy with something else
//! must not turn a verdict into *undecided*, nor a small witness into a large one.

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
    time: Duration,
    watch: Stopwatch,
    /// No look at the thread's clock, which is a system call, is needed before.
    earliest: Cell<Instant>,
    steps: Cell<u32>,
    memory: Cell<u64>,
    spent: Cell<bool>,
}

impl Budget {
    pub(crate) fn new(time: Duration) -> Self {
        // A century is as good as forever and cannot overflow.
        let time = time.min(Duration::from_mins(50_000_000));
        Self {
            time,
            watch: Stopwatch::start(),
            earliest: Cell::new(Instant::now() + time),
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
        if self.spent.get() {
            return Err(Exhausted);
        }
        let now = Instant::now();
        if now >= self.earliest.get() {
            let left = self.left();
            if left.is_zero() {
                self.spent.set(true);
                return Err(Exhausted);
            }
            self.earliest.set(now + left);
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
        self.time.saturating_sub(self.watch.elapsed())
    }
}

/// How long the thread has worked since a moment. Belongs to the thread that started it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Duration);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(worked())
    }

    pub(crate) fn elapsed(self) -> Duration {
        worked().saturating_sub(self.0)
    }
}

/// The processor time of this thread.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
fn worked() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap_or_default(),
        u32::try_from(time.tv_nsec).unwrap_or_default(),
    )
}

/// Where there is none, the wall's.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
fn worked() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
    #[test]
    fn only_work_counts() {
        let budget = Budget::new(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(60));
        assert_eq!(budget.look(), Ok(()), "the thread slept");
        while budget.look().is_ok() {}
        assert_eq!(budget.step(), Err(Exhausted));
        assert_eq!(budget.left(), Duration::ZERO);
    }
}
