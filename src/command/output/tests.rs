//! What is written to the terminal or a file.

use super::*;

#[test]
fn colours_reach_a_terminal_whole_and_nothing_else_that_it_acts_on_does() {
    let summary = "\u{1b}[1mScope\u{1b}[0m\n  \u{1b}[32m 1.00 USD\u{1b}[0m";
    assert_eq!(styled_lines(summary), summary);
    assert_eq!(
        styled_lines("a\u{1b}[2Jb\u{1b}]0;x\u{7}\u{202e}c"),
        "a[2Jb]0;xc"
    );
}

#[test]
fn a_terminal_gets_no_character_that_it_would_act_on_and_no_half_of_a_letter() {
    let mut harmless = PrintableWriter(Vec::new());
    harmless
        .write_all("a\u{202e}\u{1b}[2Jb\n\u{fc}".as_bytes())
        .unwrap();
    assert_eq!(harmless.0, "a[2Jb\n\u{fc}".as_bytes());
    let letter = "\u{fc}".as_bytes();
    assert_eq!(harmless.write(&[b'x', letter[0]]).unwrap(), 1);
    assert_eq!(harmless.0.last(), Some(&b'x'));
}
