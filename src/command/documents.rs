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

/// The manual pages of the program and all its commands, one after the other, in roff.
pub(super) fn manual() -> std::io::Result<String> {
    let mut pages = Vec::new();
    let mut program = Cli::command();
    program.build();
    page(&program, &mut pages)?;
    Ok(String::from_utf8_lossy(&pages).into_owned())
}

/// The page of a command, then those of the commands below it.
fn page(command: &clap::Command, pages: &mut Vec<u8>) -> std::io::Result<()> {
    // `vpce-scout logging enable` is the page vpce-scout-logging-enable.
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let title = name.replace(' ', "-");
    clap_mangen::Man::new(command.clone())
        .title(title)
        .render(pages)?;
    command
        .get_subcommands()
        .filter(|it| it.get_name() != "help")
        .try_for_each(|below| page(below, pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_manual_page() {
        let manual = manual().unwrap();
        for name in [
            "scan",
            "logging",
            "logging-enable",
            "runs-prune",
            "prices-update",
        ] {
            assert!(
                manual.contains(&format!(".TH vpce-scout-{name} ")),
                "{name}"
            );
        }
    }
}
