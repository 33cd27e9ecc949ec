//! What a writer declares at one object or array, and so what it may emit there.

use std::collections::BTreeSet;

use super::state::{State, Status};
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

/// What is declared in a state; everything else is forbidden.
pub(super) struct Sealed {
    pub(super) declared: Declared,
    /// What alternatives would declare that are ruled out, and by which decisions.
    ruled_out: Vec<(Declared, Deps)>,
    /// The decisions that show that the object is no map.
    object_deps: Deps,
    /// The decisions that show that the array is a tuple.
    tuple_deps: Deps,
}

impl Seal<'_> {
    /// What is declared under it. `None`: nothing is forbidden.
    pub(super) fn of(&self, arena: &Arena, state: &State) -> Option<Sealed> {
        if matches!(self, Self::Off) {
            return None;
        }
        let mut settled = Declared::default();
        let mut object_deps: Option<Deps> = None;
        let mut tuple_deps: Option<Deps> = None;
        let shorter = |known: Option<Deps>, deps: Deps| match known {
            Some(known) if known.count_ones() <= deps.count_ones() => Some(known),
            _ => Some(deps),
        };
        for atom in state.atoms.iter().filter(|atom| atom.lit.is_declaring()) {
            let mut one = Declared::default();
            one.add(arena.get(atom.lit.id()));
            if !one.is_map() {
                object_deps = shorter(object_deps, atom.deps);
            }
            if one.tuple > 0 {
                tuple_deps = shorter(tuple_deps, atom.deps);
            }
            settled.add(arena.get(atom.lit.id()));
        }
        let mut sealed = Sealed {
            declared: settled,
            ruled_out: Vec::new(),
            object_deps: object_deps.unwrap_or(ALL_DEPS),
            tuple_deps: tuple_deps.unwrap_or(ALL_DEPS),
        };
        if let Self::AtMost(at_most) = self {
            // Only what is settled shows that the object is no map, or the array no list.
            let (is_map, is_list) = (sealed.declared.is_map(), sealed.declared.tuple == 0);
            sealed.declared = (*at_most).clone();
            sealed.declared.every_name |= is_map;
            sealed.declared.every_item |= is_list;
        } else {
            sealed.rule_out(arena, state);
        }
        Some(sealed)
    }
}

impl Sealed {
    fn rule_out(&mut self, arena: &Arena, state: &State) {
        for clause in &state.clauses {
            for alternative in &clause.alternatives {
                let declares =
                    |lit: &&Lit| lit.is_declaring() && !lit.is_negative() && arena.facts(lit.id()).declares;
                if !alternative.iter().any(|lit| declares(&lit)) {
                    continue;
                }
                let deps = match state.status_of_all(arena, alternative) {
                    Status::Settled => continue,
                    Status::Dead(deps) => deps | clause.deps,
                    // It may hold all the same: that is looked at where it matters.
                    Status::Open => clause.deps,
                };
                let declaring: Vec<Lit> = alternative.iter().filter(declares).copied().collect();
                self.ruled_out.push((Declared::at_most(arena, &declaring), deps));
            }
        }
    }

    /// The decisions by which a name is not declared. `matches` tells whether a pattern might match it.
    pub(super) fn why_no_name(&self, name: Option<Sym>, mut matches: impl FnMut(Sym) -> bool) -> Deps {
        let mut deps = self.object_deps;
        for (declared, ruled_out_by) in &self.ruled_out {
            if declared.every_name
                || name.is_some_and(|name| declared.names.contains(&name))
                || declared.patterns.iter().any(|pattern| matches(*pattern))
            {
                deps |= ruled_out_by;
            }
        }
        deps
    }

    /// The decisions by which the tuple ends where it does.
    pub(super) fn why_no_item(&self) -> Deps {
        let mut deps = self.tuple_deps;
        for (declared, ruled_out_by) in &self.ruled_out {
            if declared.every_item || declared.tuple > self.declared.tuple || !declared.contained.is_empty() {
                deps |= ruled_out_by;
            }
        }
        deps
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
            Node::Rest(_, schema) if *schema != Arena::TRUE && *schema != Arena::FALSE => {
                self.every_name = true;
            }
            Node::Item(index, _) => self.tuple = self.tuple.max(index + 1),
            Node::Items(_, schema) if *schema != Arena::TRUE && *schema != Arena::FALSE => {
                self.every_item = true;
            }
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
        let mut stack: Vec<Id> = goal
            .iter()
            .filter(|lit| lit.is_declaring())
            .map(|lit| lit.id())
            .collect();
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
