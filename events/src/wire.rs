//! How a type reads itself from JSON. Beside `Deserialize` because a contract's `integer` includes `1.0`, because
//! items and members must note where they failed, and because duplicates are refused.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::error::refuse;
use crate::trace::Located;

/// A type that reads itself from JSON as contracts mean it.
pub trait Wire: Sized {
    /// Reads one value.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Reads a `T` where `serde` asks for a seed.
pub struct Seed<T>(PhantomData<fn() -> T>);

impl<T> Seed<T> {
    /// The seed.
    pub const NEW: Self = Self(PhantomData);
}

impl<'de, T: Wire> DeserializeSeed<'de> for Seed<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

macro_rules! by_deserialize {
    ($($type:ty),*) => { $(
        impl Wire for $type {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }
    )* };
}

by_deserialize!(bool, String, ());

impl Wire for Value {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// Reads a string and parses it without copying; a text that does not parse violates `keyword`.
#[doc(hidden)]
pub fn parse<'de, T: std::str::FromStr, D: Deserializer<'de>>(
    deserializer: D,
    keyword: &'static str,
) -> Result<T, D::Error> {
    struct ParseVisitor<T>(&'static str, PhantomData<fn() -> T>);

    impl<T: std::str::FromStr> Visitor<'_> for ParseVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(|_| refuse(self.0))
        }
    }

    deserializer.deserialize_str(ParseVisitor(keyword, PhantomData))
}

macro_rules! tuples {
    ($($length:literal: $($name:ident)+;)*) => { $(
        impl<$($name: Wire),+> Wire for ($($name,)+) {
            fn read<'de, De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
                struct Items<$($name),+>(PhantomData<fn() -> ($($name,)+)>);

                impl<'de, $($name: Wire),+> Visitor<'de> for Items<$($name),+> {
                    type Value = ($($name,)+);

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "an array of {} items", $length)
                    }

                    #[allow(non_snake_case, reason = "one name for a type and its value")]
                    fn visit_seq<Sq: SeqAccess<'de>>(self, mut items: Sq) -> Result<Self::Value, Sq::Error> {
                        let mut index = 0;
                        $(
                            let Some($name) = items.next_element_seed(Seed::<$name>::NEW).at_item(index)? else {
                                return Err(refuse("minItems"));
                            };
                            index += 1;
                        )+
                        if items.next_element::<de::IgnoredAny>().at_item(index)?.is_some() {
                            return Err(refuse("maxItems"));
                        }
                        Ok(($($name,)+))
                    }
                }

                deserializer.deserialize_seq(Items(PhantomData))
            }
        }
    )* };
}

tuples! {
    1: A;
    2: A B;
    3: A B C;
    4: A B C D;
    5: A B C D E;
    6: A B C D E F;
    7: A B C D E F G;
    8: A B C D E F G H;
    9: A B C D E F G H I;
    10: A B C D E F G H I J;
    11: A B C D E F G H I J K;
    12: A B C D E F G H I J K L;
}

impl<T: Wire> Wire for Box<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }
}

/// `None` is `null`: absence is the business of the object that holds the member.
impl<T: Wire> Wire for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nullable<T>(PhantomData<fn() -> T>);

        impl<'de, T: Wire> Visitor<'de> for Nullable<T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                T::read(deserializer).map(Some)
            }
        }

        deserializer.deserialize_option(Nullable(PhantomData))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<fn() -> T>);

        impl<'de, T: Wire> Visitor<'de> for Items<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element_seed(Seed::<T>::NEW).at_item(values.len())? {
                    values.push(value);
                }
                Ok(values)
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

impl<T: Wire> Wire for BTreeMap<String, T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<fn() -> T>);

        impl<'de, T: Wire> Visitor<'de> for Members<T> {
            type Value = BTreeMap<String, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value_seed(Seed::<T>::NEW).at_member(&name)?;
                    if members.insert(name, value).is_some() {
                        return Err(refuse("duplicate member"));
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members(PhantomData))
    }
}
