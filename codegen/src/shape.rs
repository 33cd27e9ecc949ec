//! What is to be emitted, free of JSON Schema and of Rust syntax: types, and positions that use them.

use diagnostics::JsonPointer;
use serde_json::Value;

/// Names a type of a [`Module`]'s or the domain's shared list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TypeRef {
    /// A type of the module that is being emitted.
    Local(usize),
    /// A type that contracts of the domain share.
    Shared(usize),
}

/// A position: its type, and what must hold there beyond the type.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) expr: Expr,
    pub(crate) checks: Vec<Check>,
    /// Whether the value is classified and the type does not hide it by itself.
    pub(crate) classified: bool,
}

impl Slot {
    pub(crate) fn plain(expr: Expr) -> Self {
        Self {
            expr,
            checks: Vec::new(),
            classified: false,
        }
    }

    /// A slot of the shared module, as other modules write it.
    pub(crate) fn seen_from_outside(&self) -> Self {
        let boxed = |slot: &Slot| Box::new(slot.seen_from_outside());
        let expr = match &self.expr {
            Expr::Named(TypeRef::Local(id)) => Expr::Named(TypeRef::Shared(*id)),
            Expr::Array(item) => Expr::Array(boxed(item)),
            Expr::Tuple(slots) => Expr::Tuple(slots.iter().map(Self::seen_from_outside).collect()),
            Expr::Map(value) => Expr::Map(boxed(value)),
            Expr::Nullable(inner) => Expr::Nullable(boxed(inner)),
            other => other.clone(),
        };
        Self {
            expr,
            checks: self.checks.clone(),
            classified: self.classified,
        }
    }
}

/// A type as it is written at a position.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// Any JSON value.
    Any,
    Null,
    Bool,
    /// A string without constraints.
    String,
    Formatted(Formatted),
    Machine(Machine),
    /// An integer of any size.
    Integer,
    Number,
    Named(TypeRef),
    Array(Box<Slot>),
    Tuple(Vec<Slot>),
    Map(Box<Slot>),
    Nullable(Box<Slot>),
}

/// Strings with a type of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Formatted {
    Timestamp,
    Date,
    Time,
    Duration,
    Uuid,
}

/// Machine integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

impl Machine {
    pub(crate) fn range(self) -> (i128, i128) {
        match self {
            Self::I8 => (i8::MIN.into(), i8::MAX.into()),
            Self::I16 => (i16::MIN.into(), i16::MAX.into()),
            Self::I32 => (i32::MIN.into(), i32::MAX.into()),
            Self::I64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U8 => (0, u8::MAX.into()),
            Self::U16 => (0, u16::MAX.into()),
            Self::U32 => (0, u32::MAX.into()),
            Self::U64 => (0, u64::MAX.into()),
        }
    }

    pub(crate) fn of_format(format: &str) -> Option<Self> {
        Some(match format {
            "int8" => Self::I8,
            "int16" => Self::I16,
            "int32" => Self::I32,
            "int64" => Self::I64,
            "uint8" => Self::U8,
            "uint16" => Self::U16,
            "uint32" => Self::U32,
            "uint64" => Self::U64,
            _ => return None,
        })
    }
}

/// A limit of a number: its text, and whether it is itself outside.
pub(crate) type Limit = Option<(String, bool)>;

/// What a generated check asks.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// Of a machine integer.
    Range {
        minimum: i128,
        maximum: i128,
    },
    /// Of any number.
    Decimal {
        minimum: Limit,
        maximum: Limit,
        multiple: Vec<String>,
    },
    /// Of an array or a map.
    Count {
        minimum: usize,
        maximum: usize,
    },
    Unique,
    Listed(Vec<Value>),
    Length {
        minimum: usize,
        maximum: usize,
    },
    Patterns(Vec<String>),
    /// Of the names of a map.
    Keys(Vec<String>),
    /// Left to the validator: these places of the schema.
    Residual(Vec<JsonPointer>),
    /// Nothing is valid here.
    Never,
}

/// A type to emit.
#[derive(Clone, Debug)]
pub(crate) struct TypeDef {
    pub(crate) name: String,
    /// Where it comes from, for docs.
    pub(crate) pointer: JsonPointer,
    pub(crate) docs: Docs,
    /// Whether every value of it is classified.
    pub(crate) classified: bool,
    pub(crate) shape: Shape,
}

/// What the docs of an item say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Docs {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    /// Lines about constraints.
    pub(crate) facts: Vec<String>,
    /// The lines of an example, harmless already.
    pub(crate) example: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Struct(Struct),
    Enum {
        variants: Vec<EnumVariant>,
        open: bool,
    },
    Tagged {
        tag: String,
        variants: Vec<Variant>,
        open: bool,
    },
    ByType {
        variants: Vec<Variant>,
    },
    Untagged {
        keyword: &'static str,
        variants: Vec<Variant>,
        checks: Vec<Check>,
    },
    Text(TextShape),
    /// A type of its own around a position.
    Newtype(Slot),
}

#[derive(Clone, Debug)]
pub(crate) struct Struct {
    pub(crate) fields: Vec<Field>,
    /// Required members with one possible value.
    pub(crate) literals: Vec<(String, String)>,
    pub(crate) extra: Extra,
    /// Members that must not be there.
    pub(crate) forbidden: Vec<String>,
    pub(crate) checks: Vec<Check>,
}

/// Members without a field.
#[derive(Clone, Debug)]
pub(crate) enum Extra {
    /// Kept, unchecked.
    Open,
    /// Kept by a tolerant reader, refused by a strict one.
    Closed,
    /// Of one type, in a field of this name; their names may be constrained.
    Typed {
        slot: Box<Slot>,
        rust: String,
        keys: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// Optional and nullable; the slot is that of the value.
    Maybe,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) json: String,
    pub(crate) rust: String,
    pub(crate) slot: Slot,
    pub(crate) presence: Presence,
    pub(crate) docs: Docs,
}

#[derive(Clone, Debug)]
pub(crate) struct EnumVariant {
    pub(crate) text: String,
    pub(crate) rust: String,
    pub(crate) docs: Docs,
}

#[derive(Clone, Debug)]
pub(crate) struct Variant {
    pub(crate) rust: String,
    /// The values of the tag, where there is one.
    pub(crate) tags: Vec<String>,
    /// The JSON types, as the names of `serde_json::Value` variants, where they decide.
    pub(crate) kinds: Vec<&'static str>,
    pub(crate) slot: Slot,
    pub(crate) docs: Docs,
}

#[derive(Clone, Debug)]
pub(crate) struct TextShape {
    pub(crate) minimum: usize,
    pub(crate) maximum: usize,
    pub(crate) patterns: Vec<String>,
    /// The name of a `Format` variant.
    pub(crate) format: Option<&'static str>,
}

/// The types of one module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Module {
    /// By id; `None` where a place turned out to need no type of its own.
    pub(crate) types: Vec<Option<TypeDef>>,
}
