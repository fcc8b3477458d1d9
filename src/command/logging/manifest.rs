//! `logging manifest`: what was made and not removed, as JSON; no AWS call.

use super::files;
use crate::{
    cli::{Cli, logging::ManifestArgs},
    exit::Exit,
    model::logging::{Item, Manifest, VERSION},
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ManifestArgs) -> anyhow::Result<Exit> {
    let config = super::super::settings(cli, args.state_dir.as_ref())?;
    let items = match Store::open_existing(config.state_dir()?)? {
        Some(store) => store.logging_items()?,
        None => Vec::new(),
    };
    let wanted = |item: &Item| args.run.as_ref().is_none_or(|run| item.run == *run);
    let items: Vec<_> = items
        .into_iter()
        .filter(|item| item.may_be_there() && wanted(item))
        .collect();
    if let Some(run) = args.run.as_ref().filter(|_| items.is_empty()) {
        anyhow::bail!("the manifest holds nothing of a `logging enable` run `{run}`");
    }
    let document = Manifest {
        version: VERSION,
        items,
    };
    let text = serde_json::to_string_pretty(&document)? + "\n";
    match &args.out {
        Some(path) => files::write(path, &text).map(|()| Exit::Complete),
        None => super::super::print(&text),
    }
}
