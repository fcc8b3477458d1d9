//! `docs/flags.md` lists every option of every command, generated from what the program parses.

use std::{fmt::Write as _, fs};

use clap::{Arg, Command, CommandFactory as _};
use vpce_scout::cli::Cli;

const DOCUMENTATION: &str = "docs/flags.md";

#[test]
fn the_flags_in_the_documentation_are_those_that_the_program_parses() {
    let mut text = String::from(
        "# Flags\n\nEvery command with its arguments and flags, as `vpce-scout help COMMAND` shows them. \
         Settings\nwithout a flag are in the file that `vpce-scout scan --print-config` prints.\n",
    );
    let mut program = Cli::command();
    program.build();
    describe(&program, "", &mut text);
    if std::env::var_os("VPCE_SCOUT_TEST_WRITE_SCHEMA").is_some() {
        fs::write(DOCUMENTATION, &text).unwrap();
    }
    let committed = fs::read_to_string(DOCUMENTATION).unwrap_or_default();
    assert!(
        committed == text,
        "{DOCUMENTATION} is not current; VPCE_SCOUT_TEST_WRITE_SCHEMA=1 cargo test flags writes it"
    );
}

/// A section a command, those below it after it. Flags of every command are in the first alone.
fn describe(command: &Command, parent: &str, text: &mut String) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{parent} {}", command.get_name());
    let name = name.trim_start();
    let first = parent.is_empty();
    let shown: Vec<_> = command
        .get_arguments()
        .filter(|it| !it.is_hide_set() && (first || !it.is_global_set()))
        .filter(|it| !matches!(it.get_id().as_str(), "help" | "version"))
        .collect();
    let about = command.get_about().map(ToString::to_string);
    let _ = write!(
        text,
        "\n## {name}\n\n{}.\n",
        wrapped(about.unwrap_or_default().trim_end_matches('.'))
    );
    if !shown.is_empty() {
        text.push_str("\n| flag | meaning | default | values |\n|---|---|---|---|\n");
    }
    for argument in shown {
        row(argument, text);
    }
    for below in command.get_subcommands() {
        describe(below, name, text);
    }
}

/// A text in lines of at most 100 columns.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        // The full stop that follows may be one more.
        let fits = column + 1 + word.len() < 100;
        if column > 0 {
            lines.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        lines.push_str(word);
        column += word.len();
    }
    lines
}

fn row(argument: &Arg, text: &mut String) {
    let values = argument.get_value_names().unwrap_or_default();
    let takes = argument.get_action().takes_values();
    let values = values
        .iter()
        .map(clap::builder::Str::as_str)
        .filter(|_| takes);
    let values = values.collect::<Vec<_>>().join(" ");
    let mut names = Vec::new();
    names.extend(argument.get_short().map(|it| format!("-{it}")));
    names.extend(argument.get_long().map(|it| format!("--{it}")));
    let flag = format!("{} {values}", names.join(", "));
    let possible = argument.get_possible_values();
    let possible = possible.iter().filter(|it| takes && !it.is_hide_set());
    let possible = possible.map(|it| format!("`{}`", it.get_name()));
    let defaults = argument.get_default_values().iter().filter(|_| takes);
    let defaults = defaults.map(|it| format!("`{}`", it.to_string_lossy()));
    let help = argument.get_help().map(ToString::to_string);
    let _ = writeln!(
        text,
        "| `{}` | {} | {} | {} |",
        flag.trim().replace('|', "\\|"),
        help.unwrap_or_default()
            .replace('\n', " ")
            .replace('|', "\\|"),
        defaults.collect::<Vec<_>>().join(", "),
        possible.collect::<Vec<_>>().join(", "),
    );
}
