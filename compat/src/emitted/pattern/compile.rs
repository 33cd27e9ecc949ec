//! Tree of a pattern to a program for the backtracking machine in `run`.

use super::PatternError;
use super::parse::{Node, Parsed};
use super::set::Set;

/// Counted repetitions are unfolded; beyond this many instructions a pattern is refused.
const MAX_INSTRUCTIONS: usize = 200_000;

#[derive(Debug)]
pub(super) enum Instruction {
    /// One character of the set, read forwards or backwards (inside a look-behind).
    Class {
        set: usize,
        backwards: bool,
    },
    Start,
    End,
    WordBoundary {
        inside: bool,
    },
    /// Try the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    /// Remember the position at which an iteration starts, and refuse an iteration that consumed nothing
    /// (ECMA-262, `RepeatMatcher`). Only in programs with back-references: others visit nothing twice anyway.
    Mark(usize),
    Progress(usize),
    Back {
        group: usize,
        backwards: bool,
    },
    /// A look-around: its body stands at `body` and ends in `Match`.
    Look {
        body: usize,
        negated: bool,
        next: usize,
    },
    Match,
}

#[derive(Debug)]
pub(super) struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) sets: Vec<Set>,
    pub(super) captures: usize,
    pub(super) marks: usize,
    pub(super) has_back_references: bool,
}

pub(super) fn compile(parsed: &Parsed) -> Result<Program, PatternError> {
    let mut compiler = Compiler {
        program: Program {
            instructions: Vec::new(),
            sets: Vec::new(),
            captures: parsed.captures,
            marks: 0,
            has_back_references: parsed.has_back_references,
        },
    };
    compiler.node(&parsed.node, false)?;
    compiler.push(Instruction::Match)?;
    Ok(compiler.program)
}

struct Compiler {
    program: Program,
}

impl Compiler {
    fn push(&mut self, instruction: Instruction) -> Result<usize, PatternError> {
        let at = self.here();
        if at >= MAX_INSTRUCTIONS {
            return Err(PatternError::TooLarge);
        }
        self.program.instructions.push(instruction);
        Ok(at)
    }

    fn here(&self) -> usize {
        self.program.instructions.len()
    }

    fn node(&mut self, node: &Node, backwards: bool) -> Result<(), PatternError> {
        match node {
            Node::Empty => {}
            Node::Class(set) => {
                let set = self.set(set);
                self.push(Instruction::Class { set, backwards })?;
            }
            Node::Start => {
                self.push(Instruction::Start)?;
            }
            Node::End => {
                self.push(Instruction::End)?;
            }
            Node::WordBoundary { inside } => {
                self.push(Instruction::WordBoundary { inside: *inside })?;
            }
            Node::Cat(nodes) if backwards => {
                for node in nodes.iter().rev() {
                    self.node(node, backwards)?;
                }
            }
            Node::Cat(nodes) => {
                for node in nodes {
                    self.node(node, backwards)?;
                }
            }
            Node::Alternatives(nodes) => self.alternatives(nodes, backwards)?,
            Node::Repeat {
                node,
                min,
                max,
                greedy,
            } => self.repeat(node, *min, *max, *greedy, backwards)?,
            Node::Capture(index, node) => {
                let (first, second) = if backwards { (1, 0) } else { (0, 1) };
                self.push(Instruction::Save(2 * index + first))?;
                self.node(node, backwards)?;
                self.push(Instruction::Save(2 * index + second))?;
            }
            Node::Look { node, ahead, negated } => {
                let look = self.push(Instruction::Look {
                    body: 0,
                    negated: *negated,
                    next: 0,
                })?;
                self.node(node, !ahead)?;
                self.push(Instruction::Match)?;
                let next = self.here();
                self.program.instructions[look] = Instruction::Look {
                    body: look + 1,
                    negated: *negated,
                    next,
                };
            }
            Node::Back(group) => {
                self.push(Instruction::Back {
                    group: *group,
                    backwards,
                })?;
            }
        }
        Ok(())
    }

    /// Unfolded repetitions repeat their sets: keep one of each run.
    fn set(&mut self, set: &Set) -> usize {
        let sets = &mut self.program.sets;
        let recent = sets.len().saturating_sub(8);
        if let Some(at) = sets[recent..].iter().position(|known| known == set) {
            return recent + at;
        }
        sets.push(set.clone());
        sets.len() - 1
    }

    fn alternatives(&mut self, nodes: &[Node], backwards: bool) -> Result<(), PatternError> {
        let mut jumps = Vec::new();
        let (last, others) = nodes.split_last().expect("the parser makes no empty list");
        for node in others {
            let split = self.push(Instruction::Split(0, 0))?;
            self.node(node, backwards)?;
            jumps.push(self.push(Instruction::Jump(0))?);
            self.program.instructions[split] = Instruction::Split(split + 1, self.here());
        }
        self.node(last, backwards)?;
        let end = self.here();
        for jump in jumps {
            self.program.instructions[jump] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn repeat(
        &mut self,
        node: &Node,
        min: u32,
        max: Option<u32>,
        greedy: bool,
        backwards: bool,
    ) -> Result<(), PatternError> {
        let order = |into, past| {
            if greedy {
                Instruction::Split(into, past)
            } else {
                Instruction::Split(past, into)
            }
        };
        for _ in 0..min {
            let before = self.here();
            self.node(node, backwards)?;
            if self.here() == before {
                // The body is empty: any number of it is too.
                return Ok(());
            }
        }
        match max {
            None => {
                let split = self.push(Instruction::Split(0, 0))?;
                self.iteration(node, backwards)?;
                self.push(Instruction::Jump(split))?;
                self.program.instructions[split] = order(split + 1, self.here());
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in min..max {
                    splits.push(self.push(Instruction::Split(0, 0))?);
                    self.iteration(node, backwards)?;
                }
                let end = self.here();
                for split in splits {
                    self.program.instructions[split] = order(split + 1, end);
                }
            }
        }
        Ok(())
    }

    fn iteration(&mut self, node: &Node, backwards: bool) -> Result<(), PatternError> {
        if !self.program.has_back_references {
            return self.node(node, backwards);
        }
        let mark = self.program.marks;
        self.program.marks += 1;
        self.push(Instruction::Mark(mark))?;
        self.node(node, backwards)?;
        self.push(Instruction::Progress(mark))?;
        Ok(())
    }
}
