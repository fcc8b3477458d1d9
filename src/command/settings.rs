//! The settings of a command: its arguments over variables, file and defaults.

use std::{ffi::OsString, path::PathBuf};

use crate::{
    cli::{Cli, scan::ScanArgs},
    config::{Config, ConfigError},
};

/// Refuses `--state` where it would mean nothing.
pub(super) fn check_state_flag(cli: &Cli) -> Result<(), ConfigError> {
    match (&cli.state, &cli.command) {
        (Some(location), Some(command)) if !command.uses_run_store() => {
            let expected = "expected no --state: this command neither reads nor writes stored runs";
            Err(ConfigError::value(
                "--state",
                location.to_string(),
                expected,
            ))
        }
        _ => Ok(()),
    }
}

/// The settings of a command with these arguments.
pub(super) fn resolve(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Config> {
    let config = Config::resolve(args, cli.config.as_deref(), environment())?;
    Ok(config.with_state(cli.state.as_ref()))
}

/// The settings of a command that takes none of them on the command line but the place of the store.
pub(super) fn settings(cli: &Cli, state_dir: Option<&PathBuf>) -> anyhow::Result<Config> {
    let args = ScanArgs {
        state_dir: state_dir.cloned(),
        ..ScanArgs::default()
    };
    resolve(cli, &args)
}

/// Variables whose names are text.
pub(super) fn environment() -> impl Iterator<Item = (String, OsString)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
}
