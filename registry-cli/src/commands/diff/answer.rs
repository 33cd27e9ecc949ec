//! Asks `gate` in the directions that the policy names, and how long that took.

use compat::Verdict;
use gate::bump::Direction;
use gate::compare::{self, Directed};

use super::Policy;
use super::side::Side;

/// The answer in one direction.
pub(super) struct Timed {
    pub(super) directed: Directed,
    pub(super) micros: u128,
}

pub(super) struct Answer {
    pub(super) directions: Vec<Timed>,
}

impl Answer {
    /// Whether every direction that was asked for is proved.
    pub(super) fn is_safe(&self) -> bool {
        self.all(|verdict| matches!(verdict, Verdict::Compatible(_)))
    }

    /// Whether a direction is refuted.
    pub(super) fn is_breaking(&self) -> bool {
        !self.all(|verdict| !matches!(verdict, Verdict::Breaking(_)))
    }

    /// Whether a direction is neither proved nor refuted.
    pub(super) fn is_undecided(&self) -> bool {
        !self.all(|verdict| !matches!(verdict, Verdict::Undecided(_)))
    }

    fn all(&self, holds: impl Fn(&Verdict) -> bool) -> bool {
        self.directions.iter().all(|timed| holds(&timed.directed.verdict))
    }
}

pub(super) fn ask(old: &Side, new: &Side, policy: &Policy) -> Answer {
    let timed = |direction: &Direction| {
        let start = std::time::Instant::now();
        let directed = compare::directed(*direction, &old.contract, &new.contract, &policy.options);
        Timed {
            directed,
            micros: start.elapsed().as_micros(),
        }
    };
    Answer {
        directions: Direction::of(policy.mode).iter().map(timed).collect(),
    }
}
