//! Objects with declared members: one visitor for every generated struct.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};

use crate::check::Check;
use crate::error::{Violation, refuse};
use crate::maybe::Maybe;
use crate::path::Path;
use crate::trace::Located;
use crate::wire::{Seed, Wire};

/// A generated struct: how it takes its members one by one.
pub trait Object: Sized {
    /// What has been read so far.
    type Draft: Default;
    /// The Rust name, for messages.
    const NAME: &'static str;

    /// Takes the member `key`, whose value is next in `map`.
    fn field<'de, A: MapAccess<'de>>(draft: &mut Self::Draft, key: &str, map: &mut A)
    -> Result<(), A::Error>;

    /// All members are read; fails with the name of a required one that is missing.
    fn finish(draft: Self::Draft) -> Result<Self, &'static str>;
}

/// Reads a generated struct.
pub fn decode<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<fn() -> T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object ({})", T::NAME)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        from_map(map)
    }
}

/// Reads a generated struct from members that are already being read.
pub fn from_map<'de, T: Object, A: MapAccess<'de>>(mut map: A) -> Result<T, A::Error> {
    let mut draft = T::Draft::default();
    while let Some(key) = map.next_key_seed(Key)? {
        T::field(&mut draft, &key, &mut map)?;
    }
    T::finish(draft).map_err(missing)
}

/// The place is the object that lacks the member, so no token is noted.
#[cold]
fn missing<E: de::Error>(name: &'static str) -> E {
    crate::trace::note("required");
    E::missing_field(name)
}

/// Reads a member's name without copying it where the input allows.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }

    fn visit_string<E: de::Error>(self, name: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name))
    }
}

/// Reads a member into its place in a draft.
#[inline]
pub fn read<'de, T: Wire, A: MapAccess<'de>>(
    place: &mut Option<T>,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    if place.is_some() {
        return Err(refuse("duplicate member")).at_member(name);
    }
    *place = Some(map.next_value_seed(Seed::<T>::NEW).at_member(name)?);
    Ok(())
}

/// Reads a member that is optional and nullable.
#[inline]
pub fn read_maybe<'de, T: Wire, A: MapAccess<'de>>(
    place: &mut Maybe<T>,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    if !place.is_absent() {
        return Err(refuse("duplicate member")).at_member(name);
    }
    *place = match map.next_value_seed(Seed::<Option<T>>::NEW).at_member(name)? {
        Some(value) => Maybe::Value(value),
        None => Maybe::Null,
    };
    Ok(())
}

/// Reads a member that takes any name that is not declared.
#[inline]
pub fn read_additional<'de, T: Wire, A: MapAccess<'de>>(
    place: &mut std::collections::BTreeMap<String, T>,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    let value = map.next_value_seed(Seed::<T>::NEW).at_member(name)?;
    if place.insert(name.to_owned(), value).is_some() {
        return Err(refuse("duplicate member")).at_member(name);
    }
    Ok(())
}

/// Reads a member that can only be `expected`.
#[inline]
pub fn read_literal<'de, A: MapAccess<'de>>(
    seen: &mut Option<()>,
    expected: &str,
    name: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    if seen.is_some() {
        return Err(refuse("duplicate member")).at_member(name);
    }
    let text = map.next_value_seed(Key).at_member(name)?;
    if text != expected {
        return Err(refuse("const")).at_member(name);
    }
    *seen = Some(());
    Ok(())
}

/// For a builder: takes a value, or remembers why it cannot be taken.
pub fn set<T, V: TryInto<T, Error: Into<Violation>>>(
    error: &mut Option<Violation>,
    name: &str,
    value: V,
) -> Option<T> {
    match value.try_into() {
        Ok(value) => Some(value),
        Err(refused) => {
            error.get_or_insert(refused.into().inside(name));
            None
        }
    }
}

/// For a builder: the first refusal, or the checked value.
pub fn build<T: Object + Check>(error: Option<Violation>, draft: T::Draft) -> Result<T, Violation> {
    if let Some(error) = error {
        return Err(error);
    }
    let value = T::finish(draft).map_err(|_| Violation::new("", "required"))?;
    value.check(&Path::ROOT)?;
    Ok(value)
}
