//! One file a command: the stages in order, each a call into its room.

mod classify;
mod documents;
mod permissions;
mod scan;

use std::{
    ffi::OsString,
    io::{self, Write},
};

use crate::{
    Exit,
    cli::{Cli, Command, scan::ScanArgs},
    config::Config,
};

/// Runs a command that was parsed. `arguments` is the command line as typed.
pub fn run(cli: &Cli, arguments: &[OsString]) -> anyhow::Result<Exit> {
    if cli.print_config {
        let config = match &cli.command {
            Some(Command::Scan(args)) => resolve(cli, args)?,
            _ => resolve(cli, &ScanArgs::default())?,
        };
        return print(&config.to_toml());
    }
    match &cli.command {
        Some(Command::Scan(args)) => scan::run(cli, &resolve(cli, args)?, arguments),
        Some(Command::Classify(_)) => classify::run(),
        Some(Command::Permissions(args)) => print(&permissions::text(args.document)),
        Some(Command::Completions(args)) => print(&documents::completions(args.shell)),
        Some(Command::Man) => print(&documents::manual()?),
        None => print(&documents::help()),
    }
}

fn resolve(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Config> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Ok(Config::resolve(args, cli.config.as_deref(), environment)?)
}

/// Writes what was asked for to stdout. A reader that has gone away (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<Exit> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Complete),
    }
}
