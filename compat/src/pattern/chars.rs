//! Sets of characters: sorted, disjoint, non-adjacent inclusive ranges of Unicode scalar values.

/// A set of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Chars(Box<[(char, char)]>);

const LAST_BEFORE_SURROGATES: char = '\u{d7ff}';
const FIRST_AFTER_SURROGATES: char = '\u{e000}';

fn next(c: char) -> Option<char> {
    if c == LAST_BEFORE_SURROGATES {
        Some(FIRST_AFTER_SURROGATES)
    } else {
        char::from_u32(u32::from(c) + 1)
    }
}

fn previous(c: char) -> Option<char> {
    if c == FIRST_AFTER_SURROGATES {
        Some(LAST_BEFORE_SURROGATES)
    } else {
        u32::from(c).checked_sub(1).and_then(char::from_u32)
    }
}

impl Chars {
    pub(super) fn all() -> Self {
        Self(Box::new([('\0', char::MAX)]))
    }

    pub(super) fn one(c: char) -> Self {
        Self(Box::new([(c, c)]))
    }

    pub(super) fn from_ranges(mut ranges: Vec<(char, char)>) -> Self {
        ranges.retain(|(low, high)| low <= high);
        ranges.sort_unstable();
        let mut merged: Vec<(char, char)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1 || next(last.1) == Some(low) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged.into())
    }

    pub(super) fn ranges(&self) -> &[(char, char)] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < c);
        self.0.get(at).is_some_and(|(low, _)| *low <= c)
    }

    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut from = Some('\0');
        for (low, high) in &*self.0 {
            if let (Some(start), Some(end)) = (from, previous(*low))
                && start <= end
            {
                ranges.push((start, end));
            }
            from = next(*high);
        }
        if let Some(start) = from {
            ranges.push((start, char::MAX));
        }
        Self(ranges.into())
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&*other.0).copied().collect())
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut left, mut right) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(left), other.0.get(right)) {
            let (low, high) = (a.0.max(b.0), a.1.min(b.1));
            if low <= high {
                ranges.push((low, high));
            }
            if a.1 < b.1 {
                left += 1;
            } else {
                right += 1;
            }
        }
        Self(ranges.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complement_skips_surrogates_and_is_its_own_inverse() {
        let set = Chars::from_ranges(vec![('a', 'z'), ('\u{d7ff}', '\u{d7ff}'), ('0', '9')]);
        assert_eq!(set.complement().complement(), set);
        assert!(set.intersection(&set.complement()).is_empty());
        assert_eq!(set.union(&set.complement()), Chars::all());
        assert!(set.complement().contains('\u{e000}'));
        assert!(!set.complement().contains('m'));
    }
}
