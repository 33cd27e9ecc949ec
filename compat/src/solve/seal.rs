//! What a writer declares at one object or array, and so what it may emit there.

use std::collections::BTreeSet;

use super::state::State;
use super::{ALL_DEPS, Deps, Lit};
use crate::fast::FastMap;
use crate::ir::{Arena, Id, Node, Sym};

/// Which names and items are declared.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    pub(super) names: BTreeSet<Sym>,
    pub(super) patterns: BTreeSet<Sym>,
    /// All names.
    pub(super) every_name: bool,
    /// The length of the longest tuple.
    pub(super) tuple: u64,
    /// Schemas of `contains`: an item that matches one is declared.
    pub(super) contained: BTreeSet<Id>,
    /// All items.
    pub(super) every_item: bool,
}

/// How far declaration is enforced.
pub(super) enum Seal<'s> {
    /// Not at all.
    Off,
    /// What no alternative whatever declares is forbidden.
    AtMost(&'s Declared),
    /// What the settled assertions do not declare is forbidden.
    Exact,
}

impl Seal<'_> {
    /// What is declared under it, for a state; `None` where anything goes. With the decisions that this rests on.
    pub(super) fn of(&self, arena: &Arena, state: &State) -> Option<(Declared, Deps)> {
        let mut settled = Declared::default();
        for atom in state.atoms.iter().filter(|atom| atom.lit.is_declaring()) {
            settled.add(arena.get(atom.lit.id()));
        }
        let least = |of: &Declared| {
            // What shows that the object is no map.
            let shown = state.atoms.iter().filter(|atom| atom.lit.is_declaring());
            let shown = shown.filter(|atom| {
                let mut one = Declared::default();
                one.add(arena.get(atom.lit.id()));
                !one.is_map() || one.tuple > 0
            });
            let _ = of;
            shown.map(|atom| atom.deps).min_by_key(|deps| deps.count_ones()).unwrap_or(ALL_DEPS)
        };
        match self {
            Self::Off => None,
            Self::Exact => Some((settled, ALL_DEPS)),
            Self::AtMost(at_most) => {
                let mut widest = (*at_most).clone();
                // Only what is settled shows that the object is no map, or the array no list.
                if settled.is_map() {
                    widest.every_name = true;
                }
                if settled.tuple == 0 {
                    widest.every_item = true;
                }
                let deps = least(&settled);
                Some((widest, deps))
            }
        }
    }
}

impl Declared {
    /// Whether no name is declared, so that any is free.
    pub(super) fn is_map(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty() && !self.every_name
    }

    /// Whether no member is forbidden for want of a declaration.
    pub(super) fn any_name(&self) -> bool {
        self.every_name || self.is_map()
    }

    /// Whether no item is forbidden for want of a declaration.
    pub(super) fn any_item(&self) -> bool {
        self.every_item || self.tuple == 0
    }

    fn add(&mut self, node: &Node) {
        match node {
            Node::Property(name, _) | Node::Required(name) => {
                self.names.insert(*name);
            }
            Node::PatternProperty(pattern, _) => {
                self.patterns.insert(*pattern);
            }
            // `true` and `{}` count as absent; `false` only forbids.
            Node::Rest(_, schema) if *schema != Arena::TRUE && *schema != Arena::FALSE => self.every_name = true,
            Node::Item(index, _) => self.tuple = self.tuple.max(index + 1),
            Node::Items(_, schema) if *schema != Arena::TRUE && *schema != Arena::FALSE => self.every_item = true,
            Node::ContainsMin(schema, _) | Node::ContainsMax(schema, _) => {
                self.contained.insert(*schema);
            }
            _ => {}
        }
    }

    /// All that the declaring assertions of a goal could declare for this document, whichever alternatives hold.
    pub(super) fn at_most(arena: &Arena, goal: &[Lit]) -> Self {
        let mut declared = Self::default();
        let mut seen: FastMap<Id, ()> = FastMap::default();
        let mut stack: Vec<Id> = goal.iter().filter(|lit| lit.is_declaring()).map(|lit| lit.id()).collect();
        while let Some(id) = stack.pop() {
            if seen.insert(id, ()).is_some() {
                continue;
            }
            match arena.get(id) {
                Node::And(parts) | Node::Or(parts) | Node::One(parts) => stack.extend(parts.iter()),
                Node::If(condition, then, otherwise) => stack.extend([condition, then, otherwise]),
                Node::When(_, then) => stack.push(*then),
                Node::Ref(definition) => stack.extend(arena.body(*definition)),
                Node::Opaque(_) => {
                    declared.every_name = true;
                    declared.every_item = true;
                }
                node => declared.add(node),
            }
        }
        declared
    }
}
