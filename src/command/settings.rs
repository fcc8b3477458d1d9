//! The settings of a command: its arguments over variables, file and defaults.

use std::{ffi::OsString, path::PathBuf};

use crate::{
    cli::{Cli, scan::ScanArgs},
    config::Config,
};

/// The settings of a command with these arguments.
pub(super) fn resolve(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Config> {
    Ok(Config::resolve(args, cli.config.as_deref(), environment())?)
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
