//! Record headers as one column, without loss: names may repeat, values are bytes or absent.

/// The headers of a record, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(String, Option<Vec<u8>>)>);

impl Headers {
    /// The same headers and one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.push(name, Some(value.as_ref()));
        self
    }

    /// Adds a header at the end.
    pub fn push(&mut self, name: &str, value: Option<&[u8]>) {
        self.0.push((name.to_owned(), value.map(<[u8]>::to_vec)));
    }

    /// The last header of that name, if it has a value of UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().rev().find(|(own, _)| own == name)?;
        std::str::from_utf8(value.as_deref()?).ok()
    }

    /// The last header of that name, as a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// Removes every header whose name does not satisfy `keep`.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// As one column: for each header the length and text of its name, then the length and bytes of its value, or
    /// −1 for none; lengths are 32 bits, big-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let length = |length: usize| i32::try_from(length).expect("Kafka's headers are shorter than 2 GiB");
        for (name, value) in self.iter() {
            bytes.extend(length(name.len()).to_be_bytes());
            bytes.extend(name.as_bytes());
            bytes.extend(value.map_or(-1, |value| length(value.len())).to_be_bytes());
            bytes.extend(value.unwrap_or_default());
        }
        bytes
    }

    /// Reads a column; `None` if it was not written by [`Headers::to_bytes`].
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut headers = Self::default();
        while !bytes.is_empty() {
            let name = usize::try_from(length(&mut bytes)?).ok()?;
            let (name, rest) = bytes.split_at_checked(name)?;
            bytes = rest;
            let value = match length(&mut bytes)? {
                -1 => None,
                length => {
                    let (value, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
                    bytes = rest;
                    Some(value)
                }
            };
            headers.push(std::str::from_utf8(name).ok()?, value);
        }
        Some(headers)
    }
}

fn length(bytes: &mut &[u8]) -> Option<i32> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(i32::from_be_bytes(*length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_the_column() {
        let mut headers = Headers::default()
            .with("a", "1")
            .with("a", [0xff, 0])
            .with("", "");
        headers.push("none", None);
        let bytes = headers.to_bytes();
        assert_eq!(Headers::from_bytes(&bytes), Some(headers));
        assert_eq!(Headers::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Headers::from_bytes(&[0xff; 9]), None);
    }
}
