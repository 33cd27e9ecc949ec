//! A progress line on standard error, when that is a terminal and the work takes longer than a second.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shorter work shows nothing: a line that flashes up tells nobody anything.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Shows itself until dropped.
pub(crate) struct Progress {
    steps: Option<Sender<Step>>,
    thread: Option<JoinHandle<()>>,
}

enum Step {
    Phase(&'static str),
    Total(u64),
    Done(u64),
}

impl Progress {
    /// Starts counting the time; silent where standard error is no terminal.
    pub(crate) fn start(phase: &'static str) -> Self {
        if !io::stderr().is_terminal() {
            return Self {
                steps: None,
                thread: None,
            };
        }
        let (steps, received) = mpsc::channel();
        let thread = thread::spawn(move || {
            let (mut phase, mut total, mut done) = (phase, 0, 0);
            let mut take = |step| match step {
                Step::Phase(next) => (phase, total, done) = (next, 0, 0),
                Step::Total(number) => total = number,
                Step::Done(number) => done += number,
            };
            let start = std::time::Instant::now();
            // Collect in silence.
            while let Some(left) = PATIENCE
                .checked_sub(start.elapsed())
                .filter(|left| !left.is_zero())
            {
                match received.recv_timeout(left) {
                    Ok(step) => take(step),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            let bar = ProgressBar::no_length().with_elapsed(PATIENCE);
            show(&bar, phase, total, done);
            bar.enable_steady_tick(TICK);
            while let Ok(step) = received.recv() {
                match step {
                    Step::Phase(next) => (phase, total, done) = (next, 0, 0),
                    Step::Total(number) => total = number,
                    Step::Done(number) => done += number,
                }
                show(&bar, phase, total, done);
            }
            bar.finish_and_clear();
        });
        Self {
            steps: Some(steps),
            thread: Some(thread),
        }
    }

    /// The next part of the work, of unknown length.
    pub(crate) fn phase(&self, phase: &'static str) {
        self.send(Step::Phase(phase));
    }

    /// How many pieces this part has.
    pub(crate) fn total(&self, pieces: usize) {
        self.send(Step::Total(u64::try_from(pieces).unwrap_or(u64::MAX)));
    }

    /// One more piece is done.
    pub(crate) fn advance(&self) {
        self.send(Step::Done(1));
    }

    fn send(&self, step: Step) {
        if let Some(steps) = &self.steps {
            // The thread ends only after this end does.
            let _ = steps.send(step);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.steps = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(bar: &ProgressBar, phase: &'static str, total: u64, done: u64) {
    let template = if total > 0 {
        bar.set_length(total);
        "{spinner} {msg} [{bar:32}] {human_pos}/{human_len} {elapsed}"
    } else {
        "{spinner} {msg} {elapsed}"
    };
    if bar.message() != phase || bar.position() == 0 {
        bar.set_style(
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_spinner())
                .progress_chars("=> "),
        );
        bar.set_message(phase);
    }
    bar.set_position(done);
}
