//! The six types of JSON, and what a node's shape says about types.

use serde_json::Value;

use super::{Arena, Facts, Node, Plain};

/// A JSON type. Integers are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Type {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    /// In the order in which examples are most telling.
    pub(crate) const ALL: [Self; 6] = [
        Self::String,
        Self::Number,
        Self::Object,
        Self::Array,
        Self::Boolean,
        Self::Null,
    ];

    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }
}

/// A set of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const ALL: Self = Self(0b11_1111);

    pub(crate) const fn only(ty: Type) -> Self {
        Self(1 << ty as u8)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) const fn complement(self) -> Self {
        Self(!self.0 & Self::ALL.0)
    }

    pub(crate) const fn has(self, ty: Type) -> bool {
        self.0 & (1 << ty as u8) != 0
    }
}

pub(super) fn facts(arena: &Arena, node: &Node) -> Facts {
    let of = |id: &super::Id| arena.facts(*id);
    let about = |ty: Type, declares: bool| Facts {
        holds: Types::ALL,
        fails: Types::only(ty),
        declares,
    };
    match node {
        Node::True | Node::Anything => Facts {
            holds: Types::ALL,
            fails: Types::NONE,
            declares: false,
        },
        Node::False => Facts {
            holds: Types::NONE,
            fails: Types::ALL,
            declares: false,
        },
        Node::Not(id) => Facts {
            holds: of(id).fails,
            fails: of(id).holds,
            declares: false,
        },
        Node::And(parts) => parts.iter().map(of).fold(
            Facts {
                holds: Types::ALL,
                fails: Types::NONE,
                declares: false,
            },
            |all, part| Facts {
                holds: all.holds.and(part.holds),
                fails: all.fails.or(part.fails),
                declares: all.declares || part.declares,
            },
        ),
        Node::Or(parts) => parts.iter().map(of).fold(
            Facts {
                holds: Types::NONE,
                fails: Types::ALL,
                declares: false,
            },
            |all, part| Facts {
                holds: all.holds.or(part.holds),
                fails: all.fails.and(part.fails),
                declares: all.declares || part.declares,
            },
        ),
        Node::One(parts) => parts.iter().map(of).fold(
            Facts {
                holds: Types::NONE,
                fails: Types::ALL,
                declares: false,
            },
            |all, part| Facts {
                holds: all.holds.or(part.holds),
                fails: Types::ALL,
                declares: all.declares || part.declares,
            },
        ),
        Node::If(condition, then, otherwise) => {
            let (condition, then, otherwise) = (of(condition), of(then), of(otherwise));
            Facts {
                holds: condition
                    .holds
                    .and(then.holds)
                    .or(condition.fails.and(otherwise.holds)),
                fails: condition
                    .holds
                    .and(then.fails)
                    .or(condition.fails.and(otherwise.fails)),
                declares: condition.declares || then.declares || otherwise.declares,
            }
        }
        Node::When(_, then) => Facts {
            holds: Types::ALL,
            fails: of(then).fails.and(Types::only(Type::Object)),
            declares: of(then).declares,
        },
        // A definition may not have its body yet.
        Node::Ref(_) => Facts {
            holds: Types::ALL,
            fails: Types::ALL,
            declares: true,
        },
        Node::Opaque(_) => Facts {
            holds: Types::ALL,
            fails: Types::ALL,
            declares: false,
        },
        Node::Type(types) => Facts {
            holds: *types,
            fails: types.complement(),
            declares: false,
        },
        Node::Enum(values) => {
            let holds = values.iter().fold(Types::NONE, |types, value| {
                types.or(Types::only(arena.values.type_of(*value)))
            });
            let has = |plain: Plain| values.iter().any(|value| *arena.values.get(*value) == plain);
            let mut fails = Types::ALL;
            if has(Plain::Null) {
                fails = fails.and(Types::only(Type::Null).complement());
            }
            if has(Plain::Bool(true)) && has(Plain::Bool(false)) {
                fails = fails.and(Types::only(Type::Boolean).complement());
            }
            Facts {
                holds,
                fails,
                declares: false,
            }
        }
        Node::Integer | Node::IntegerSpelling | Node::Min(..) | Node::Max(..) | Node::MultipleOf(_) => {
            about(Type::Number, false)
        }
        Node::MinLength(_) | Node::MaxLength(_) | Node::Pattern(_) | Node::Format(_) => {
            about(Type::String, false)
        }
        Node::Item(..) | Node::Items(..) | Node::ContainsMin(..) | Node::ContainsMax(..) => {
            about(Type::Array, true)
        }
        Node::MinItems(_) | Node::MaxItems(_) | Node::Unique => about(Type::Array, false),
        Node::Property(..) | Node::PatternProperty(..) | Node::Rest(..) | Node::Required(_) => {
            about(Type::Object, true)
        }
        Node::Names(_) | Node::MinProperties(_) | Node::MaxProperties(_) => about(Type::Object, false),
    }
}
