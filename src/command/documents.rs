//! What clap generates from the command line: help, completions, the manual page.

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

    /// The names of a command's page and of those below it.
    fn titles(command: &clap::Command, parent: &str) -> Vec<String> {
        let title = format!("{parent}{}", command.get_name());
        let below = command.get_subcommands();
        let below = below.filter(|it| it.get_name() != "help");
        let below: Vec<_> = below
            .flat_map(|it| titles(it, &format!("{title}-")))
            .collect();
        std::iter::once(title).chain(below).collect()
    }

    #[test]
    fn every_command_has_a_manual_page() {
        let manual = manual().unwrap();
        let titles = titles(&Cli::command(), "");
        assert!(titles.len() > 20, "{titles:?}");
        for title in &titles {
            assert!(manual.contains(&format!(".TH {title} ")), "{title}");
        }
        let pages = manual.lines().filter(|line| line.starts_with(".TH "));
        assert_eq!(pages.count(), titles.len());
    }
}
