//! The backtracking machine: an explicit stack, a step budget, and no pair of instruction and position twice.

use std::collections::{HashMap, HashSet};

use super::OutOfSteps;
use super::compile::{Instruction, Program};
use super::set::Set;

/// Up to this many pairs are kept as bits; beyond, only those that were met (the step budget bounds them).
const MAX_BITS: usize = 1 << 23;

pub(super) fn is_match(program: &Program, text: &str, steps: &mut u64) -> Result<bool, OutOfSteps> {
    let chars: Vec<char> = text.chars().collect();
    let mut machine = Machine {
        program,
        text: &chars,
        word: Set::word(),
        steps,
        looks: HashMap::new(),
    };
    machine.spend(chars.len() as u64)?;
    let mut registers = machine.registers();
    let mut seen = Seen::new(program, chars.len());
    for start in 0..=chars.len() {
        if machine.run(0, start, &mut registers, &mut seen)? {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Machine<'p> {
    program: &'p Program,
    text: &'p [char],
    word: Set,
    steps: &'p mut u64,
    /// Answers of look-arounds: they depend on the position alone when there are no back-references.
    looks: HashMap<(usize, usize), bool>,
}

/// Group bounds, then loop marks.
type Registers = Vec<Option<usize>>;

enum Frame {
    Try(usize, usize),
    Restore(usize, Option<usize>),
}

impl Machine<'_> {
    fn registers(&self) -> Registers {
        vec![None; 2 * self.program.captures + self.program.marks]
    }

    fn spend(&mut self, steps: u64) -> Result<(), OutOfSteps> {
        *self.steps = self.steps.checked_sub(steps).ok_or(OutOfSteps)?;
        Ok(())
    }

    /// Runs from `pc` at `start` until `Match`; on failure `registers` are as they were.
    fn run(
        &mut self,
        pc: usize,
        start: usize,
        registers: &mut Registers,
        seen: &mut Seen,
    ) -> Result<bool, OutOfSteps> {
        let mut stack = vec![Frame::Try(pc, start)];
        while let Some(frame) = stack.pop() {
            match frame {
                Frame::Restore(register, value) => registers[register] = value,
                Frame::Try(pc, at) => {
                    if self.thread(pc, at, registers, &mut stack, seen)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Follows one thread until it matches or dies; what it leaves untried goes on the stack.
    fn thread(
        &mut self,
        mut pc: usize,
        mut at: usize,
        registers: &mut Registers,
        stack: &mut Vec<Frame>,
        seen: &mut Seen,
    ) -> Result<bool, OutOfSteps> {
        let marks = 2 * self.program.captures;
        loop {
            self.spend(1)?;
            if !seen.insert(pc, at) {
                return Ok(false);
            }
            match self.program.instructions[pc] {
                Instruction::Match => return Ok(true),
                Instruction::Class { set, backwards } => match self.read(at, backwards) {
                    Some((char, next)) if self.program.sets[set].contains(char) => {
                        at = next;
                        pc += 1;
                    }
                    _ => return Ok(false),
                },
                Instruction::Start if at == 0 => pc += 1,
                Instruction::End if at == self.text.len() => pc += 1,
                Instruction::Start | Instruction::End => return Ok(false),
                Instruction::WordBoundary { inside } => {
                    let is_word =
                        |char: Option<(char, usize)>| char.is_some_and(|(char, _)| self.word.contains(char));
                    let boundary = is_word(self.read(at, true)) != is_word(self.read(at, false));
                    if boundary == inside {
                        return Ok(false);
                    }
                    pc += 1;
                }
                Instruction::Jump(to) => pc = to,
                Instruction::Split(first, second) => {
                    stack.push(Frame::Try(second, at));
                    pc = first;
                }
                Instruction::Save(register) => {
                    // Without back-references nobody reads them.
                    if self.program.has_back_references {
                        stack.push(Frame::Restore(register, registers[register]));
                        registers[register] = Some(at);
                    }
                    pc += 1;
                }
                Instruction::Mark(mark) => {
                    stack.push(Frame::Restore(marks + mark, registers[marks + mark]));
                    registers[marks + mark] = Some(at);
                    pc += 1;
                }
                Instruction::Progress(mark) => {
                    if registers[marks + mark] == Some(at) {
                        return Ok(false);
                    }
                    pc += 1;
                }
                Instruction::Back { group, backwards } => match self.back(group, at, backwards, registers)? {
                    Some(next) => {
                        at = next;
                        pc += 1;
                    }
                    None => return Ok(false),
                },
                Instruction::Look { body, negated, next } => {
                    if self.look(body, at, registers, stack)? == negated {
                        return Ok(false);
                    }
                    pc = next;
                }
            }
        }
    }

    fn read(&self, at: usize, backwards: bool) -> Option<(char, usize)> {
        if backwards {
            let before = at.checked_sub(1)?;
            Some((self.text[before], before))
        } else {
            Some((*self.text.get(at)?, at + 1))
        }
    }

    /// A group that did not take part matches the empty text.
    fn back(
        &mut self,
        group: usize,
        at: usize,
        backwards: bool,
        registers: &Registers,
    ) -> Result<Option<usize>, OutOfSteps> {
        let (Some(from), Some(to)) = (registers[2 * group], registers[2 * group + 1]) else {
            return Ok(Some(at));
        };
        let length = to.saturating_sub(from);
        self.spend(length as u64)?;
        let (start, end) = if backwards {
            let Some(start) = at.checked_sub(length) else {
                return Ok(None);
            };
            (start, at)
        } else {
            (at, at + length)
        };
        let matches = self
            .text
            .get(start..end)
            .is_some_and(|here| here == &self.text[from..from + length]);
        Ok(matches.then_some(if backwards { start } else { end }))
    }

    fn look(
        &mut self,
        body: usize,
        at: usize,
        registers: &mut Registers,
        stack: &mut Vec<Frame>,
    ) -> Result<bool, OutOfSteps> {
        if let Some(&known) = self.looks.get(&(body, at)) {
            return Ok(known);
        }
        let before = self.program.has_back_references.then(|| registers.clone());
        let found = self.run(body, at, registers, &mut Seen::sparse(self.program))?;
        if let Some(before) = before {
            // What the body captured stays, but is undone when this thread fails later.
            for (register, value) in before.into_iter().enumerate() {
                if registers[register] != value {
                    stack.push(Frame::Restore(register, value));
                }
            }
        } else {
            self.looks.insert((body, at), found);
        }
        Ok(found)
    }
}

/// The pairs of instruction and position that were tried. With back-references a pair may end differently each time.
enum Seen {
    Off,
    Bits { bits: Vec<u64>, width: usize },
    Sparse(HashSet<(usize, usize)>),
}

impl Seen {
    fn new(program: &Program, length: usize) -> Self {
        if program.has_back_references {
            return Self::Off;
        }
        match program.instructions.len().checked_mul(length + 1) {
            Some(pairs) if pairs <= MAX_BITS => Self::Bits {
                bits: vec![0; pairs / 64 + 1],
                width: length + 1,
            },
            _ => Self::Sparse(HashSet::new()),
        }
    }

    fn sparse(program: &Program) -> Self {
        if program.has_back_references {
            Self::Off
        } else {
            Self::Sparse(HashSet::new())
        }
    }

    /// Whether the pair is new.
    fn insert(&mut self, pc: usize, at: usize) -> bool {
        match self {
            Self::Off => true,
            Self::Bits { bits, width } => {
                let pair = pc * *width + at;
                let (word, bit) = (pair / 64, 1u64 << (pair % 64));
                let new = bits[word] & bit == 0;
                bits[word] |= bit;
                new
            }
            Self::Sparse(pairs) => pairs.insert((pc, at)),
        }
    }
}
