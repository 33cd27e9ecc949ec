//! Unions: by a tag that is read first, by the JSON type, or by the branch that validates.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::error::{Violation, refuse};
use crate::object::Key;
use crate::open::UnknownName;
use crate::trace::{self, Located};
use crate::wire::{Seed, Wire};

/// A generated union whose branches are told apart by the string in one member.
pub trait Tagged: Sized {
    /// The member.
    const TAG: &'static str;
    /// The Rust name, for messages.
    const NAME: &'static str;

    /// Reads the branch of `tag`; `entries` yields all members, the tag first.
    fn branch<'de, A: MapAccess<'de>>(tag: &str, entries: Entries<'de, A>) -> Result<Self, A::Error>;
}

/// Reads a tagged union.
pub fn tagged<'de, T: Tagged, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(UnionVisitor(PhantomData))
}

/// The visitor of [`tagged`].
pub struct UnionVisitor<T>(PhantomData<fn() -> T>);

impl<'de, T: Tagged> Visitor<'de> for UnionVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        from_map(map)
    }
}

/// Reads a tagged union from members that are already being read.
pub fn from_map<'de, T: Tagged, A: MapAccess<'de>>(mut map: A) -> Result<T, A::Error> {
    let mut before = Vec::new();
    while let Some(key) = map.next_key_seed(Key)? {
        if key == T::TAG {
            let tag = map.next_value_seed(Key).at_member(T::TAG)?;
            let entries = Entries {
                tag: Some((T::TAG, tag.clone())),
                before: before.into_iter(),
                pending: Pending::None,
                rest: map,
            };
            return T::branch(&tag, entries);
        }
        let value = map.next_value_seed(Seed::<Value>::NEW).at_member(&key)?;
        before.push((key.into_owned(), value));
    }
    Err(refuse("required"))
}

/// A tag that a union does not list.
#[cold]
pub fn unknown_tag<T: Tagged, E: de::Error>() -> E {
    match Err::<(), E>(refuse("oneOf")).at_member(T::TAG) {
        Err(error) => error,
        Ok(()) => refuse("oneOf"),
    }
}

/// The members of an object whose tag has been read: the tag, what came before it, the rest.
pub struct Entries<'de, A> {
    tag: Option<(&'static str, Cow<'de, str>)>,
    before: std::vec::IntoIter<(String, Value)>,
    pending: Pending<'de>,
    rest: A,
}

enum Pending<'de> {
    None,
    Tag(Cow<'de, str>),
    Value(Value),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Entries<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        if let Some((name, tag)) = self.tag.take() {
            self.pending = Pending::Tag(tag);
            return seed
                .deserialize(de::value::BorrowedStrDeserializer::new(name))
                .map(Some);
        }
        if let Some((name, value)) = self.before.next() {
            self.pending = Pending::Value(value);
            return seed.deserialize(name.into_deserializer()).map(Some);
        }
        self.rest.next_key_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match std::mem::replace(&mut self.pending, Pending::None) {
            Pending::Tag(tag) => seed.deserialize(tag.into_deserializer()),
            Pending::Value(value) => seed.deserialize(value).map_err(foreign),
            Pending::None => self.rest.next_value_seed(seed),
        }
    }
}

/// An error of another deserializer, without its text: it may quote the value.
#[cold]
fn foreign<E: de::Error>(_: serde_json::Error) -> E {
    E::custom("violates the contract")
}

/// Reads a branch from the members of a tagged union.
pub fn entries<'de, T: Wire, A: MapAccess<'de>>(entries: Entries<'de, A>) -> Result<T, A::Error> {
    T::read(de::value::MapAccessDeserializer::new(entries))
}

/// Reads `T` from a value that was buffered.
pub fn from_value<T: Wire, E: de::Error>(value: Value) -> Result<T, E> {
    T::read(value).map_err(foreign)
}

/// Tries a branch of an untagged union: `Some` only when `value` decodes as `T` and `check` holds.
pub fn branch<T: Wire>(value: &Value, check: impl FnOnce(&T) -> Result<(), Violation>) -> Option<T> {
    if let Ok(branch) = T::read(value) {
        check(&branch).is_ok().then_some(branch)
    } else {
        trace::clear();
        None
    }
}

/// No branch of an untagged union holds.
#[cold]
pub fn no_branch<E: de::Error>(keyword: &'static str) -> E {
    refuse(keyword)
}

/// A branch of an open union that this version of the contract does not list: kept, written again, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownBranch {
    tag: UnknownName,
    members: BTreeMap<String, Value>,
}

impl UnknownBranch {
    /// For generated code.
    #[doc(hidden)]
    pub fn __read<'de, A: MapAccess<'de>>(tag: &str, mut entries: Entries<'de, A>) -> Result<Self, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Seed::<Value>::NEW).at_member(&name)?;
            if members.insert(name, value).is_some() {
                return Err(refuse("duplicate member"));
            }
        }
        Ok(Self {
            tag: UnknownName::__new(tag),
            members,
        })
    }

    /// For generated code.
    #[doc(hidden)]
    pub fn __tag(&self) -> &str {
        self.tag.__as_str()
    }
}

impl fmt::Debug for UnknownBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<unknown branch>")
    }
}

impl Serialize for UnknownBranch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}
