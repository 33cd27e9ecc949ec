//! Members that a reader's contract does not declare: kept, written again, never printed.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, MapAccess};
use serde::ser::SerializeMap;
use serde_json::Value;

use crate::error::refuse;
use crate::trace::Located;
use crate::wire::Seed;

/// Undeclared members of an object, as received. There is no way to add one: a writer emits what its contract
/// declares.
#[derive(Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::box_collection,
    reason = "nearly always absent: one word in every struct instead of three"
)]
pub struct UnknownFields(Option<Box<BTreeMap<String, Value>>>);

impl UnknownFields {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |fields| fields.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names and values. Values may be classified: they are not to be printed.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .flat_map(|fields| fields.iter().map(|(name, value)| (name.as_str(), value)))
    }

    /// Whether there is one of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.as_ref().is_some_and(|fields| fields.contains_key(name))
    }

    /// For generated code: reads the value that belongs to `key`.
    #[doc(hidden)]
    pub fn __read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let value = map.next_value_seed(Seed::<Value>::NEW).at_member(key)?;
        self.insert(key, value)
    }

    pub(crate) fn insert<E: de::Error>(&mut self, key: &str, value: Value) -> Result<(), E> {
        let fields = self.0.get_or_insert_default();
        if fields.insert(key.to_owned(), value).is_some() {
            return Err(refuse("duplicate member"));
        }
        Ok(())
    }

    /// For generated code: writes the members.
    #[doc(hidden)]
    pub fn __write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} redacted>", self.len())
    }
}
