//! A `proptest` strategy over events. Shrinks by making choices simpler, so that every smaller value satisfies the
//! contract as well.

use std::fmt;
use std::marker::PhantomData;

use proptest::prelude::Rng as _;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::{TestRng, TestRunner};

use super::{Choices, Documents, Generator};
use crate::event::Event;

/// Events that satisfy their contract.
pub struct EventStrategy<T> {
    generator: &'static Generator,
    documents: Documents,
    event: PhantomData<fn() -> T>,
}

impl<T> EventStrategy<T> {
    /// The strategy of a generator.
    pub const fn new(generator: &'static Generator, documents: Documents) -> Self {
        Self {
            generator,
            documents,
            event: PhantomData,
        }
    }
}

impl<T> Clone for EventStrategy<T> {
    fn clone(&self) -> Self {
        Self::new(self.generator, self.documents)
    }
}

impl<T: Event> fmt::Debug for EventStrategy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventStrategy({}, {:?})", T::TYPE, self.documents)
    }
}

impl<T: Event + fmt::Debug> Strategy for EventStrategy<T> {
    type Tree = EventTree<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut recording = Recording {
            rng: runner.new_rng(),
            choices: Vec::new(),
        };
        match self.generator.event::<T>(self.documents, &mut recording) {
            Some(event) => Ok(EventTree {
                strategy: self.clone(),
                best: (recording.choices.clone(), event.clone()),
                current: (recording.choices, event),
                chunk: usize::MAX,
                at: 0,
                tries: 0,
                proposed: false,
            }),
            None => Err(format!("no value was found that satisfies {}", T::TYPE).into()),
        }
    }
}

/// An event and the choices that led to it.
pub struct EventTree<T> {
    strategy: EventStrategy<T>,
    /// The simplest that is known to fail.
    best: (Vec<u64>, T),
    current: (Vec<u64>, T),
    /// How many choices are made simple at once, and from which on; 0 when single choices are made smaller.
    chunk: usize,
    at: usize,
    /// How the choice at `at` has been made smaller already.
    tries: u8,
    /// Whether `current` is a proposal that was not taken back.
    proposed: bool,
}

impl<T: Event> EventTree<T> {
    /// Takes the choices as the current ones, if they lead to an event.
    fn propose(&mut self, mut choices: Vec<u64>) -> bool {
        let mut replay = Replay {
            choices: &choices,
            used: 0,
        };
        let strategy = &self.strategy;
        let Some(event) = strategy.generator.attempt::<T>(strategy.documents, &mut replay) else {
            return false;
        };
        let used = replay.used.min(choices.len());
        choices.truncate(used);
        self.current = (choices, event);
        self.proposed = true;
        true
    }

    /// Makes single choices smaller: by half, then by one.
    fn decrease(&mut self) -> bool {
        while let Some(choice) = self.best.0.get(self.at).copied() {
            if choice == 0 || self.tries > 1 {
                self.at += 1;
                self.tries = 0;
                continue;
            }
            let smaller = if self.tries == 0 { choice / 2 } else { choice - 1 };
            self.tries += 1;
            let mut choices = self.best.0.clone();
            choices[self.at] = smaller;
            if self.propose(choices) {
                return true;
            }
        }
        false
    }
}

impl<T: Event + fmt::Debug> fmt::Debug for EventTree<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EventTree").field(&self.current.1).finish()
    }
}

impl<T: Event + fmt::Debug> ValueTree for EventTree<T> {
    type Value = T;

    fn current(&self) -> T {
        self.current.1.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.current.clone();
        if std::mem::take(&mut self.proposed) {
            self.tries = 0;
        }
        self.chunk = self.chunk.min(self.best.0.len());
        while self.chunk > 0 {
            while self.at < self.best.0.len() {
                let end = self.best.0.len().min(self.at + self.chunk);
                let mut choices = self.best.0.clone();
                let simple = choices[self.at..end].iter().all(|choice| *choice == 0);
                choices[self.at..end].fill(0);
                self.at = end;
                if !simple && self.propose(choices) {
                    return true;
                }
            }
            self.chunk /= 2;
            self.at = 0;
        }
        self.decrease()
    }

    fn complicate(&mut self) -> bool {
        self.current = self.best.clone();
        std::mem::take(&mut self.proposed)
    }
}

struct Recording {
    rng: TestRng,
    choices: Vec<u64>,
}

impl Choices for Recording {
    fn below(&mut self, limit: u64) -> u64 {
        let choice = self.rng.next_u64() % limit.max(1);
        self.choices.push(choice);
        choice
    }
}

struct Replay<'c> {
    choices: &'c [u64],
    used: usize,
}

impl Choices for Replay<'_> {
    fn below(&mut self, limit: u64) -> u64 {
        let choice = self.choices.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        choice % limit.max(1)
    }
}
