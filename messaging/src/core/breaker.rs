//! Stops a subscriber that dead-letters more than a set share of its input: when everything is poison, the fault is
//! more likely here (a wrong deployment, a wrong topic) than in every producer.

use std::collections::VecDeque;

/// When the breaker trips.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerLimits {
    /// How many of the last inputs are looked at; 0 turns the breaker off.
    pub window: usize,
    /// Inputs that must have been seen before it can trip.
    pub least: usize,
    /// Share of dead letters (0 to 1) above which it trips.
    pub share: f64,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            window: 1000,
            least: 50,
            share: 0.5,
        }
    }
}

/// The ends of the last inputs.
#[derive(Debug, Clone)]
pub struct Breaker {
    limits: BreakerLimits,
    ends: VecDeque<bool>,
    dead: usize,
}

impl Breaker {
    /// A closed breaker.
    pub const fn new(limits: BreakerLimits) -> Self {
        Self {
            limits,
            ends: VecDeque::new(),
            dead: 0,
        }
    }

    /// Counts one input that ended, `dead` if in the dead-letter topic.
    pub fn count(&mut self, dead: bool) {
        if self.limits.window == 0 {
            return;
        }
        if self.ends.len() == self.limits.window && self.ends.pop_front() == Some(true) {
            self.dead -= 1;
        }
        self.ends.push_back(dead);
        self.dead += usize::from(dead);
    }

    /// `(dead, seen)` of the window if the share is above the limit.
    pub fn tripped(&self) -> Option<(usize, usize)> {
        let seen = self.ends.len();
        #[expect(clippy::cast_precision_loss, reason = "windows are far below 2^52")]
        let above = self.dead as f64 > self.limits.share * seen as f64;
        (seen >= self.limits.least.max(1) && above).then_some((self.dead, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trips_above_the_share_and_only_after_enough_inputs() {
        let mut breaker = Breaker::new(BreakerLimits {
            window: 10,
            least: 4,
            share: 0.5,
        });
        for dead in [true, true, true] {
            breaker.count(dead);
        }
        assert_eq!(breaker.tripped(), None, "three inputs are too few");
        breaker.count(false);
        assert_eq!(breaker.tripped(), Some((3, 4)));
        for _ in 0..10 {
            breaker.count(false);
        }
        assert_eq!(breaker.tripped(), None, "old inputs leave the window");
    }
}
