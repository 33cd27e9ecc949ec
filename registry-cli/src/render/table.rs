//! Aligned columns without borders, for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};

use super::text::shorten;
use crate::terminal::Style;

/// The longest cell that is shown whole.
const CELL: usize = 400;

/// Lays out `rows` under `heading`. On a terminal the last column wraps within the window; elsewhere every row is one
/// line, fit for `grep`.
pub(crate) fn layout(heading: &[&str], rows: &[Vec<String>], style: Style) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(heading.iter().map(|name| (*name).to_owned()));
    for row in rows {
        table.add_row(row.iter().map(|cell| shorten(cell, CELL)));
    }
    let last = heading.len() - 1;
    for column in 0..heading.len() {
        let Some(column_mut) = table.column_mut(column) else {
            continue;
        };
        column_mut.set_padding((0, if column == last { 0 } else { 2 }));
        if column < last {
            column_mut.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    match style.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
            if let Some(column) = table.column_mut(last) {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(20)));
            }
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    let mut lines = table.lines().map(|line| line.trim_end().to_owned());
    let heading = lines
        .next()
        .map(|line| style.ansi("1", &line))
        .unwrap_or_default();
    let mut out = heading;
    for line in lines {
        out.push('\n');
        out.push_str(&line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::Paint;

    fn rows() -> Vec<Vec<String>> {
        vec![
            vec![
                "a".to_owned(),
                "string".to_owned(),
                "one two three four five six seven".to_owned(),
            ],
            vec!["longer".to_owned(), "x".to_owned(), "\u{1b}[31m".to_owned()],
        ]
    }

    #[test]
    fn columns_are_aligned_and_safe() {
        insta::assert_snapshot!(layout(&["NAME", "TYPE", "TEXT"], &rows(), Style::FILE));
    }

    #[test]
    fn the_last_column_wraps_in_a_window() {
        let style = Style {
            paint: Paint::Plain,
            width: Some(38),
        };
        insta::assert_snapshot!(layout(&["NAME", "TYPE", "TEXT"], &rows(), style));
    }
}
