//! Sets of characters, as sorted ranges of code points.

/// Ranges are inclusive, sorted, and neither overlap nor touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Set {
    ranges: Vec<(u32, u32)>,
}

const LAST: u32 = char::MAX as u32;

impl Set {
    pub(super) fn from_ranges(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self { ranges: merged }
    }

    pub(super) fn one(char: char) -> Self {
        Self {
            ranges: vec![(u32::from(char), u32::from(char))],
        }
    }

    pub(super) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges
    }

    pub(super) fn complement(&self) -> Self {
        let mut ranges = Vec::with_capacity(self.ranges.len() + 1);
        let mut from = 0;
        for &(start, end) in &self.ranges {
            if start > from {
                ranges.push((from, start - 1));
            }
            from = end + 1;
        }
        if from <= LAST {
            ranges.push((from, LAST));
        }
        Self { ranges }
    }

    pub(super) fn contains(&self, char: char) -> bool {
        let code = u32::from(char);
        let at = self.ranges.partition_point(|&(_, end)| end < code);
        self.ranges.get(at).is_some_and(|&(start, _)| start <= code)
    }

    /// `\d`: ASCII only, in every mode (ECMA-262, `CharacterClassEscape`).
    pub(super) fn digits() -> Self {
        Self::from_ranges(vec![(0x30, 0x39)])
    }

    /// `\w` without the `i` flag: ASCII only.
    pub(super) fn word() -> Self {
        Self::from_ranges(vec![(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
    }

    /// `\s`: `WhiteSpace` and `LineTerminator` of ECMA-262.
    pub(super) fn space() -> Self {
        Self::from_ranges(vec![
            (0x09, 0x0D),
            (0x20, 0x20),
            (0xA0, 0xA0),
            (0x1680, 0x1680),
            (0x2000, 0x200A),
            (0x2028, 0x2029),
            (0x202F, 0x202F),
            (0x205F, 0x205F),
            (0x3000, 0x3000),
            (0xFEFF, 0xFEFF),
        ])
    }

    /// `.` without the `s` flag: all but line terminators.
    pub(super) fn dot() -> Self {
        Self::from_ranges(vec![(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)]).complement()
    }

    /// `\p{…}`, by the tables of `regex-syntax`; `None` when it has no such property.
    pub(super) fn property(name: &str) -> Option<Self> {
        if !name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '='))
        {
            return None;
        }
        let hir = regex_syntax::parse(&format!(r"\p{{{name}}}")).ok()?;
        match hir.kind() {
            regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
                Some(Self::from_ranges(
                    class
                        .iter()
                        .map(|range| (u32::from(range.start()), u32::from(range.end())))
                        .collect(),
                ))
            }
            regex_syntax::hir::HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                Some(Self::one(text.chars().next()?))
            }
            _ => None,
        }
    }
}
