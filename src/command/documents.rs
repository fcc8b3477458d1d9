//! What clap can tell of the command line: help, completions, the manual page.

use clap::CommandFactory;

use crate::cli::Cli;

/// The help text.
pub(super) fn help() -> String {
    Cli::command().render_long_help().to_string()
}

/// A completion script.
pub(super) fn completions(shell: clap_complete::Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vpce-scout", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual pages of the program and its commands, one after the other, in roff.
pub(super) fn manual() -> std::io::Result<String> {
    let mut pages = Vec::new();
    let mut program = Cli::command();
    program.build();
    clap_mangen::Man::new(program.clone()).render(&mut pages)?;
    for command in program
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
    {
        clap_mangen::Man::new(command.clone()).render(&mut pages)?;
    }
    Ok(String::from_utf8_lossy(&pages).into_owned())
}
