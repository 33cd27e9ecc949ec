//! Schemas as draft-independent, interned logic: equal assertions are one node, whichever schema they come from.
//!
//! A node says nothing about documents of a type it does not concern, as in JSON Schema: [`Node::MinLength`] holds for
//! every number. Annotations are gone, with one exception: which members a schema *declares* matters, so
//! `properties: {"a": true}` stays a node although it asserts nothing.

mod eval;
mod types;
mod value;

use std::collections::HashMap;
use std::rc::Rc;

use crate::budget::{Budget, Exhausted};
use crate::decimal::Decimal;

pub(crate) use eval::{Texts, equal, evaluate};
pub(crate) use types::{Type, Types};
pub(crate) use value::{Plain, ValueId, Values};

/// An interned node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(crate) u32);

/// An interned text: a member name, a pattern, a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sym(u32);

/// A recursive definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Definition(pub(crate) u32);

/// The names that `additionalProperties` leaves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Except {
    /// Sorted.
    pub(crate) names: Vec<Sym>,
    /// Patterns; sorted.
    pub(crate) patterns: Vec<Sym>,
}

/// One assertion.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// Holds for every document.
    True,
    /// Holds for every document too, but was written with intent: not `true` and not `{}`. Matters to declaration only.
    Anything,
    /// Holds for none.
    False,
    /// The operand does not hold.
    Not(Id),
    /// All hold. Sorted, no duplicates.
    And(Rc<[Id]>),
    /// At least one holds. Sorted, no duplicates.
    Or(Rc<[Id]>),
    /// Exactly one holds. Sorted, duplicates kept.
    One(Rc<[Id]>),
    /// The second if the first holds, else the third.
    If(Id, Id, Id),
    /// An object with the member satisfies the schema.
    When(Sym, Id),
    /// What the definition says.
    Ref(Definition),
    /// The document is of one of the types.
    Type(Types),
    /// Equal to one of the values. Sorted, no duplicates.
    Enum(Rc<[ValueId]>),

    /// A number without fractional part.
    Integer,
    /// A number written without fraction and exponent: draft-04's integers.
    IntegerSpelling,
    /// At least, or more than if exclusive.
    Min(Decimal, bool),
    /// At most, or less than if exclusive.
    Max(Decimal, bool),
    /// An integer times a positive number.
    MultipleOf(Decimal),

    /// At least so many characters.
    MinLength(u64),
    /// At most so many characters.
    MaxLength(u64),
    /// The pattern is found in the string.
    Pattern(Sym),
    /// A string of a known format, named as [`build`](crate::build) names it.
    Format(Sym),

    /// The item at an index, if there is one.
    Item(u64, Id),
    /// Every item from an index on.
    Items(u64, Id),
    /// At least so many items satisfy the schema.
    ContainsMin(Id, u64),
    /// At most so many items satisfy the schema.
    ContainsMax(Id, u64),
    /// At least so many items.
    MinItems(u64),
    /// At most so many items.
    MaxItems(u64),
    /// No two items are equal.
    Unique,

    /// The member of that name, if there is one.
    Property(Sym, Id),
    /// Every member whose name matches the pattern.
    PatternProperty(Sym, Id),
    /// Every member whose name is not excepted.
    Rest(Rc<Except>, Id),
    /// Every name, as a string.
    Names(Id),
    /// There is a member of that name.
    Required(Sym),
    /// At least so many members.
    MinProperties(u64),
    /// At most so many members.
    MaxProperties(u64),

    /// A construct that is not understood; only equal to itself. The text says what it is.
    Opaque(Sym),
}

/// What is known of a node without looking at it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// The types of the documents for which it may hold.
    pub(crate) holds: Types,
    /// The types of the documents for which it may fail.
    pub(crate) fails: Types,
    /// Whether it, or something that applies to the same document, declares members or items.
    pub(crate) declares: bool,
}

/// Nodes looked at to say what is not understood.
const OPAQUE_SEARCH: usize = 1_000;

/// The nodes of one question.
pub(crate) struct Arena {
    nodes: Vec<Node>,
    facts: Vec<Facts>,
    interned: HashMap<Node, Id>,
    texts: Vec<Rc<str>>,
    symbols: HashMap<Rc<str>, Sym>,
    definitions: Vec<Option<Id>>,
    pub(crate) values: Values,
    /// Whether a draft-04 integer occurs: then the spelling of numbers matters.
    pub(crate) spelling_matters: bool,
}

impl Arena {
    pub(crate) const TRUE: Id = Id(0);
    pub(crate) const FALSE: Id = Id(1);
    pub(crate) const ANYTHING: Id = Id(2);

    pub(crate) fn new() -> Self {
        let mut arena = Self {
            nodes: Vec::new(),
            facts: Vec::new(),
            interned: HashMap::new(),
            texts: Vec::new(),
            symbols: HashMap::new(),
            definitions: Vec::new(),
            values: Values::default(),
            spelling_matters: false,
        };
        arena.push(Node::True);
        arena.push(Node::False);
        arena.push(Node::Anything);
        arena
    }

    fn push(&mut self, node: Node) -> Id {
        let id = Id(u32::try_from(self.nodes.len()).expect("the budget stops long before 2^32 nodes"));
        let facts = types::facts(self, &node);
        self.spelling_matters |= matches!(node, Node::IntegerSpelling);
        self.nodes.push(node.clone());
        self.facts.push(facts);
        self.interned.insert(node, id);
        id
    }

    /// The node's id, the same for equal nodes.
    pub(crate) fn node(&mut self, node: Node, budget: &Budget) -> Result<Id, Exhausted> {
        if let Some(known) = self.interned.get(&node) {
            return Ok(*known);
        }
        let size = match &node {
            Node::And(parts) | Node::Or(parts) | Node::One(parts) => parts.len() / 8,
            Node::Enum(values) => values.len() / 8,
            Node::Rest(except, _) => (except.names.len() + except.patterns.len()) / 8,
            _ => 0,
        };
        budget.keep(2 + size)?;
        Ok(self.push(node))
    }

    pub(crate) fn get(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn facts(&self, id: Id) -> Facts {
        self.facts[id.0 as usize]
    }

    pub(crate) fn symbol(&mut self, text: &str) -> Sym {
        if let Some(known) = self.symbols.get(text) {
            return *known;
        }
        let sym = Sym(u32::try_from(self.texts.len()).expect("the budget stops long before 2^32 texts"));
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.symbols.insert(text, sym);
        sym
    }

    pub(crate) fn text(&self, sym: Sym) -> Rc<str> {
        Rc::clone(&self.texts[sym.0 as usize])
    }

    /// What an opaque node is, without the number that keeps it apart from others.
    pub(crate) fn described(&self, opaque: Sym) -> Rc<str> {
        let text = self.text(opaque);
        text.split(" (#").next().unwrap_or(&text).into()
    }

    /// An opaque node below one of these, in words; looks at a few nodes only.
    pub(crate) fn opaque_below(&self, roots: impl Iterator<Item = Id>) -> Option<Rc<str>> {
        let mut stack: Vec<Id> = roots.collect();
        for _ in 0..OPAQUE_SEARCH {
            match self.get(stack.pop()?) {
                Node::Opaque(what) => return Some(self.described(*what)),
                Node::And(parts) | Node::Or(parts) | Node::One(parts) => stack.extend(parts.iter()),
                Node::If(condition, then, otherwise) => stack.extend([condition, then, otherwise]),
                Node::Not(part)
                | Node::When(_, part)
                | Node::Item(_, part)
                | Node::Items(_, part)
                | Node::ContainsMin(part, _)
                | Node::ContainsMax(part, _)
                | Node::Property(_, part)
                | Node::PatternProperty(_, part)
                | Node::Rest(_, part)
                | Node::Names(part) => stack.push(*part),
                _ => {}
            }
        }
        None
    }

    /// A definition to be given a body by [`define`](Self::define).
    pub(crate) fn definition(&mut self) -> Definition {
        let definition =
            Definition(u32::try_from(self.definitions.len()).expect("fewer definitions than nodes"));
        self.definitions.push(None);
        definition
    }

    pub(crate) fn define(&mut self, definition: Definition, body: Id) {
        self.definitions[definition.0 as usize] = Some(body);
    }

    /// The body of a definition. Every definition has one once both schemas are built.
    pub(crate) fn body(&self, definition: Definition) -> Option<Id> {
        self.definitions.get(definition.0 as usize).copied().flatten()
    }

    pub(crate) fn and(&mut self, parts: Vec<Id>, budget: &Budget) -> Result<Id, Exhausted> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match self.get(part) {
                Node::And(inner) => flat.extend_from_slice(inner),
                Node::True | Node::Anything => {}
                _ => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        match flat.len() {
            0 => Ok(Self::TRUE),
            1 => Ok(flat[0]),
            _ => self.node(Node::And(flat.into()), budget),
        }
    }

    pub(crate) fn or(&mut self, mut parts: Vec<Id>, budget: &Budget) -> Result<Id, Exhausted> {
        parts.sort_unstable();
        parts.dedup();
        match parts.len() {
            0 => Ok(Self::FALSE),
            1 => Ok(parts[0]),
            _ => self.node(Node::Or(parts.into()), budget),
        }
    }

    pub(crate) fn one(&mut self, mut parts: Vec<Id>, budget: &Budget) -> Result<Id, Exhausted> {
        parts.sort_unstable();
        match parts.len() {
            0 => Ok(Self::FALSE),
            1 => Ok(parts[0]),
            _ => self.node(Node::One(parts.into()), budget),
        }
    }

    pub(crate) fn not(&mut self, id: Id, budget: &Budget) -> Result<Id, Exhausted> {
        match id {
            Self::TRUE | Self::ANYTHING => Ok(Self::FALSE),
            Self::FALSE => Ok(Self::TRUE),
            _ => self.node(Node::Not(id), budget),
        }
    }
}
