//! What every generated type needs and no contract changes, as macros: generated files stay short.

/// `Deserialize` by [`Wire`](crate::Wire).
#[doc(hidden)]
#[macro_export]
macro_rules! __deserialize_by_wire {
    ($name:ident) => {
        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                <Self as $crate::Wire>::read(deserializer)
            }
        }
    };
}

/// `Wire` and `Deserialize` of an [`Object`](crate::object::Object).
#[doc(hidden)]
#[macro_export]
macro_rules! __deserialize_object {
    ($name:ident) => {
        impl $crate::Wire for $name {
            fn read<'de, D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::object::decode(deserializer)
            }
        }

        $crate::__deserialize_by_wire!($name);
    };
}

/// `Debug` that names the type and nothing else.
#[doc(hidden)]
#[macro_export]
macro_rules! __redacted_debug {
    ($name:ident, $label:literal) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_tuple($label).field(&$crate::Redacted).finish()
            }
        }
    };
}

/// Everything but the variants of an enum of strings.
#[doc(hidden)]
#[macro_export]
macro_rules! __closed_enum {
    ($name:ident { $($variant:ident = $text:literal,)* }) => {
        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text on the wire.
            pub const fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Violation;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Violation> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    _ => Err($crate::Violation::new("", "enum")),
                }
            }
        }

        impl $crate::Check for $name {}

        $crate::__any_enum!($name);
    };
}

/// Everything but the variants of an open enum of strings.
#[doc(hidden)]
#[macro_export]
macro_rules! __open_enum {
    ($name:ident { $($variant:ident = $text:literal,)* }) => {
        impl $name {
            /// The text on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(name) => name.__as_str(),
                }
            }

            /// Whether this version of the contract lists the value; writers emit only what is listed.
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::Violation;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::Violation> {
                Ok(match text {
                    $($text => Self::$variant,)*
                    other => Self::Unknown($crate::UnknownName::__new(other)),
                })
            }
        }

        impl $crate::Check for $name {}

        $crate::__any_enum!($name);
    };
}

/// What open and closed enums share.
#[doc(hidden)]
#[macro_export]
macro_rules! __any_enum {
    ($name:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::convert::TryFrom<&str> for $name {
            type Error = $crate::Violation;

            fn try_from(text: &str) -> ::std::result::Result<Self, $crate::Violation> {
                text.parse()
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl $crate::Wire for $name {
            fn read<'de, D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::__private::parse(deserializer, "enum")
            }
        }

        $crate::__deserialize_by_wire!($name);
    };
}

/// For generated code: a `proptest` strategy of an event.
#[cfg(feature = "proptest")]
#[doc(hidden)]
#[macro_export]
macro_rules! __proptest_event {
    ($name:ident) => {
        const _: () = {
            static GENERATOR: $crate::arbitrary::Generator =
                $crate::arbitrary::Generator::new(<$name as $crate::Event>::SCHEMA);

            /// Events that satisfy the contract, not only the types.
            impl $crate::__private::proptest::arbitrary::Arbitrary for $name {
                type Parameters = $crate::arbitrary::Documents;
                type Strategy = $crate::arbitrary::EventStrategy<Self>;

                fn arbitrary_with(documents: Self::Parameters) -> Self::Strategy {
                    $crate::arbitrary::EventStrategy::new(&GENERATOR, documents)
                }
            }
        };
    };
}

/// For generated code: an event from a fuzzer's bytes.
#[cfg(feature = "arbitrary")]
#[doc(hidden)]
#[macro_export]
macro_rules! __arbitrary_event {
    ($name:ident) => {
        const _: () = {
            static GENERATOR: $crate::arbitrary::Generator =
                $crate::arbitrary::Generator::new(<$name as $crate::Event>::SCHEMA);

            /// Events that satisfy the contract, not only the types.
            impl<'a> $crate::__private::arbitrary::Arbitrary<'a> for $name {
                fn arbitrary(
                    bytes: &mut $crate::__private::arbitrary::Unstructured<'a>,
                ) -> $crate::__private::arbitrary::Result<Self> {
                    $crate::arbitrary::from_bytes(&GENERATOR, $crate::arbitrary::Documents::Emitted, bytes)
                }
            }
        };
    };
}
