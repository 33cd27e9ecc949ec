//! The order in which a question is tried: the same text, then the prover; and what it finds is confirmed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use serde_json::Value;

use crate::budget::{Budget, Exhausted, Stopwatch};
use crate::build::{
    BuildError, Builder, Scan, may_be_compared, same_but_for_annotations, shared_definitions,
};
use crate::candidates::candidates;
use crate::empty::places;
use crate::ir::{Arena, Id};
use crate::shrink::shrunk;
use crate::solve::{Limits, Lit, Outcome, Solver, TextWorld};
use crate::validators::Validators;
use crate::{Options, Proof, Reason, Side, Verdict, Witness, Writer};

/// How deep schemas and searches may nest on the caller's stack, and on a large one of their own.
#[derive(Clone, Copy)]
struct Depth {
    schemas: usize,
    frames: usize,
}

/// Fits a thread's two megabytes, unoptimised.
const SHALLOW: Depth = Depth {
    schemas: 60,
    frames: 70,
};
const DEEP: Depth = Depth {
    schemas: 3_000,
    frames: 12_000,
};
/// Only the pages that are used take memory.
const DEEP_STACK: usize = 512 << 20;

/// Whether a reader at `reader` accepts everything that a writer at `writer` emits.
///
/// Both are self-contained schemas. Never panics; takes at most about [`Options::budget`].
pub fn compare(writer: &Value, reader: &Value, options: &Options) -> Verdict {
    let budget = Budget::new(options.budget);
    let scans = (
        Scan::new(writer, options.draft_of_writer(writer)),
        Scan::new(reader, options.draft_of_reader(reader)),
    );
    let mut question = Question {
        writer,
        reader,
        options,
        scans,
        budget,
    };
    if scans.0.depth.max(scans.1.depth) <= SHALLOW.schemas {
        match question.answer(SHALLOW) {
            Attempt::Verdict(verdict) => return verdict,
            Attempt::TooDeep => {}
        }
    }
    if scans.0.depth.max(scans.1.depth) > DEEP.schemas {
        return Verdict::Undecided(Reason::Depth);
    }
    let left = question.budget.left();
    std::thread::scope(|scope| {
        let deep = std::thread::Builder::new().stack_size(DEEP_STACK);
        let running = deep.spawn_scoped(scope, move || {
            // What is left, of this thread's time.
            question.budget = Budget::new(left);
            match question.answer(DEEP) {
                Attempt::Verdict(verdict) => verdict,
                Attempt::TooDeep => Verdict::Undecided(Reason::Depth),
            }
        });
        running
            .ok()
            .and_then(|running| running.join().ok())
            .unwrap_or_else(|| Verdict::Undecided(Reason::Unsupported("the prover failed".to_owned())))
    })
}

/// The share of the time left that making a witness smaller may take.
const SHRINKING: u32 = 4;

enum Attempt {
    Verdict(Verdict),
    TooDeep,
}

struct Question<'a> {
    writer: &'a Value,
    reader: &'a Value,
    options: &'a Options,
    scans: (Scan, Scan),
    budget: Budget,
}

/// What the prover says.
enum Proved {
    Empty,
    Compatible(Proof),
    Document(Rc<Value>),
    Open(Option<Rc<Value>>, String),
    TooDeep,
    Failed(Reason),
}

impl Question<'_> {
    fn answer(&self, depth: Depth) -> Attempt {
        // A bug in the prover is no reason to bring down whoever asks.
        match catch_unwind(AssertUnwindSafe(|| self.answer_within(depth))) {
            Ok(attempt) => attempt,
            Err(_) => Attempt::Verdict(Verdict::Undecided(Reason::Unsupported(
                "the prover failed".to_owned(),
            ))),
        }
    }

    fn answer_within(&self, depth: Depth) -> Attempt {
        let same = self.says_the_same();
        if same && self.options.writer == Writer::Open {
            return Attempt::Verdict(Verdict::Compatible(Proof::Identical));
        }
        let proved = match self.prove(depth, same) {
            Ok(proved) => proved,
            Err(Exhausted) => Proved::Failed(Reason::Budget),
        };
        let validators = Validators::new(self.writer, self.reader, self.options, &self.budget);
        let confirmed = |document: &Value| validators.confirm(document) == Ok(true);
        Attempt::Verdict(match proved {
            Proved::TooDeep => return Attempt::TooDeep,
            Proved::Empty => Verdict::Undecided(self.empty_writer(depth)),
            Proved::Compatible(proof) => Verdict::Compatible(proof),
            Proved::Failed(reason) => Verdict::Undecided(reason),
            Proved::Document(document) => match validators.confirm(&document) {
                Ok(true) => self.breaking(&validators, &document),
                Ok(false) => {
                    let why = format!("the witness {document} was not confirmed");
                    self.refute(&validators, Some(&document), why)
                }
                Err(reason) => Verdict::Undecided(reason),
            },
            Proved::Open(Some(document), _) if confirmed(&document) => self.breaking(&validators, &document),
            Proved::Open(document, why) => self.refute(&validators, document.as_deref(), why),
        })
    }

    /// The verdict that a confirmed document proves, with a smaller one if that is confirmed, too.
    fn breaking(&self, validators: &Validators<'_>, document: &Value) -> Verdict {
        let most = self.budget.left() / SHRINKING;
        let start = Stopwatch::start();
        Verdict::Breaking(Witness {
            document: shrunk(document, &mut |smaller| {
                start.elapsed() < most && validators.confirm(smaller) == Ok(true)
            }),
        })
    }

    /// Which places of the writer's schema leave it nothing to emit.
    fn empty_writer(&self, depth: Depth) -> Reason {
        let accepts_nothing = self.emits_nothing(self.writer, Writer::Open, depth) == Some(true);
        let assumed = if accepts_nothing {
            Writer::Open
        } else {
            Writer::Declared
        };
        let most = self.budget.left() / SHRINKING;
        let start = Stopwatch::start();
        Reason::EmptyWriter {
            places: places(self.writer, &mut |schema| {
                let in_time = start.elapsed() < most;
                in_time.then(|| self.emits_nothing(schema, assumed, depth))?
            }),
            undeclared: !accepts_nothing,
        }
    }

    /// Whether a writer at `schema` emits nothing, if that is known.
    fn emits_nothing(&self, schema: &Value, assumed: Writer, depth: Depth) -> Option<bool> {
        let draft = self.options.draft_of_writer(self.writer);
        let scan = Scan::new(schema, draft);
        let mut arena = Arena::new();
        let mut builder = Builder::new(&mut arena, &self.budget, self.options.formats, depth.schemas);
        builder.metaschemas = scan.metaschemas;
        builder.evaluation_matters = scan.unevaluated;
        // A part left out may leave a reference without target: then it was needed.
        let Ok(writer) = builder.document(schema, draft, Side::Writer, &scan, &[]) else {
            return Some(false);
        };
        let limits = Limits { frames: depth.frames };
        let mut solver = Solver::new(&mut arena, &self.budget, TextWorld::default(), limits);
        let emitted = match assumed {
            Writer::Open => Lit::holds(writer),
            Writer::Declared => Lit::declares(writer),
        };
        let outcome = solver.solve(vec![emitted]).ok()?;
        Some(matches!(outcome, Outcome::Unsat))
    }

    /// Whether both schemas assert the same word for word.
    fn says_the_same(&self) -> bool {
        let draft = self.options.draft_of_writer(self.writer);
        draft == self.options.draft_of_reader(self.reader)
            && (self.writer == self.reader
                || (may_be_compared(self.writer, self.reader, draft)
                    && same_but_for_annotations(self.writer, self.reader, self.options.formats)))
    }

    /// The prover does not know: perhaps some plain document shows that it breaks.
    fn refute(&self, validators: &Validators<'_>, near: Option<&Value>, why: String) -> Verdict {
        let near: Vec<Value> = near.cloned().into_iter().collect();
        for document in candidates([self.writer, self.reader], &near, &self.budget) {
            if self.budget.look().is_err() {
                break;
            }
            match validators.confirm(&document) {
                Ok(true) => return self.breaking(validators, &document),
                Ok(false) => {}
                Err(reason) => return Verdict::Undecided(reason),
            }
        }
        Verdict::Undecided(Reason::Unsupported(why))
    }

    /// Asks the prover; with `same`, only whether the writer emits anything.
    fn prove(&self, depth: Depth, same: bool) -> Result<Proved, Exhausted> {
        let mut arena = Arena::new();
        let (writer, reader) = match self.build(&mut arena, depth) {
            Ok(built) => built,
            Err(BuildError::Exhausted) => return Err(Exhausted),
            Err(BuildError::Depth) => return Ok(Proved::TooDeep),
            Err(BuildError::Invalid(side, pointer, message)) => {
                return Ok(Proved::Failed(Reason::InvalidSchema {
                    side,
                    pointer,
                    message,
                }));
            }
        };
        let limits = Limits { frames: depth.frames };
        let mut solver = Solver::new(&mut arena, &self.budget, TextWorld::default(), limits);
        let emitted = match self.options.writer {
            Writer::Open => Lit::holds(writer),
            Writer::Declared => Lit::declares(writer),
        };
        if same {
            let empty = matches!(solver.solve(vec![emitted])?, Outcome::Unsat);
            return Ok(if empty {
                Proved::Empty
            } else {
                Proved::Compatible(Proof::Identical)
            });
        }
        let outcome = solver.solve(vec![emitted, Lit::fails(reader)])?;
        let too_deep = solver.hit_limits;
        Ok(match outcome {
            Outcome::Sat(document) => Proved::Document(document),
            Outcome::Maybe(..) if too_deep => Proved::TooDeep,
            Outcome::Maybe(document, why) => Proved::Open(document, why.to_string()),
            Outcome::Unsat => {
                // A writer that emits nothing proves nothing.
                let empty = self.options.writer == Writer::Declared
                    && matches!(solver.solve(vec![emitted])?, Outcome::Unsat);
                if empty {
                    Proved::Empty
                } else {
                    Proved::Compatible(Proof::Exhausted)
                }
            }
        })
    }

    fn build(&self, arena: &mut Arena, depth: Depth) -> Result<(Id, Id), BuildError> {
        let drafts = (
            self.options.draft_of_writer(self.writer),
            self.options.draft_of_reader(self.reader),
        );
        let alike = shared_definitions(self.writer, self.reader, drafts, self.options.formats);
        let mut builder = Builder::new(arena, &self.budget, self.options.formats, depth.schemas);
        builder.metaschemas = self.scans.0.metaschemas || self.scans.1.metaschemas;
        builder.evaluation_matters = self.scans.0.unevaluated || self.scans.1.unevaluated;
        let writer = builder.document(self.writer, drafts.0, Side::Writer, &self.scans.0, &[])?;
        let reader = builder.document(self.reader, drafts.1, Side::Reader, &self.scans.1, &alike)?;
        Ok((writer, reader))
    }
}
