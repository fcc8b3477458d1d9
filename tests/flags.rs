//! docs/flags.md is made from the program's own help.
//!
//! `VPCE_SCOUT_TEST_WRITE_FLAGS=1 cargo test --test main flags::` writes it.

use std::{env, fmt::Write as _, fs, path::Path};

use clap::{Arg, Command, CommandFactory};
use vpce_scout::cli::Cli;

const HEADER: &str = "# Flags

Every command with its flags, as `--help` explains them. Made by `cargo test`; do not edit.
Settings that flags overrule are in [operations.md](operations.md#settings).
";

fn page() -> String {
    let mut page = HEADER.to_owned();
    let mut program = Cli::command();
    program.build();
    section(&program, &mut page);
    page
}

fn section(command: &Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let _ = write!(page, "\n## {name}\n");
    if let Some(about) = command.get_about() {
        let _ = write!(page, "\n{about}.\n");
    }
    let own = |arg: &&Arg| {
        let common = arg.is_global_set() && name != "vpce-scout";
        !common && !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version"
    };
    let arguments: Vec<&Arg> = command.get_arguments().filter(own).collect();
    if !arguments.is_empty() {
        page.push_str("\n| flag | meaning |\n|---|---|\n");
    }
    for argument in arguments {
        let _ = writeln!(page, "| `{}` | {} |", flag(argument), meaning(argument));
    }
    for below in command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        section(below, page);
    }
}

fn flag(argument: &Arg) -> String {
    let mut flag = String::new();
    if let Some(short) = argument.get_short() {
        let _ = write!(flag, "-{short}, ");
    }
    if let Some(long) = argument.get_long() {
        let _ = write!(flag, "--{long}");
    }
    if argument.get_action().takes_values() {
        let names = argument.get_value_names().unwrap_or_default();
        let names: Vec<_> = names.iter().map(|name| name.replace('|', "\\|")).collect();
        let optional = argument
            .get_num_args()
            .is_some_and(|it| it.min_values() == 0);
        let (open, close) = if optional { ("[", "]") } else { ("", "") };
        let _ = write!(flag, " {open}{}{close}", names.join(" "));
    }
    flag.trim().to_owned()
}

fn meaning(argument: &Arg) -> String {
    let help = argument
        .get_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut meaning = help.replace('|', "\\|").replace('\n', " ");
    let takes_values = argument.get_action().takes_values();
    let values: Vec<_> = argument
        .get_possible_values()
        .iter()
        .filter(|_| takes_values)
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !values.is_empty() {
        let _ = write!(meaning, ": {}", values.join(", "));
    }
    let defaults = argument
        .get_default_values()
        .iter()
        .filter(|_| takes_values);
    let defaults: Vec<_> = defaults.map(|it| it.to_string_lossy()).collect();
    if !defaults.is_empty() {
        let _ = write!(meaning, " [default: {}]", defaults.join(", "));
    }
    meaning
}

#[test]
fn the_page_of_flags_is_what_the_help_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/flags.md");
    let page = page();
    if env::var_os("VPCE_SCOUT_TEST_WRITE_FLAGS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/flags.md is out of date: run VPCE_SCOUT_TEST_WRITE_FLAGS=1 cargo test --test main flags::"
    );
}
