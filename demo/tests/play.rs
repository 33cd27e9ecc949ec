//! The demo runs with nothing installed, and its books are right.

use std::process::Command;

#[test]
fn the_books_are_right_on_the_mock_cluster() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--orders", "40"])
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for expected in [
        "it keeps nothing and has no transactions",
        "failed 3 times and was tried again",
        "4 orders for LAMP-7 are dead letters",
        "4 were redriven",
        "the books are right",
    ] {
        assert!(text.contains(expected), "{expected} is missing:\n{text}");
    }
}
