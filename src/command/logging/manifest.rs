//! `logging manifest`: what was made and not removed, as JSON; no AWS call.

use super::files;
use crate::{
    cli::{Cli, logging::ManifestArgs, scan::ScanArgs},
    exit::Exit,
    model::logging::{Item, Manifest, VERSION},
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &ManifestArgs) -> anyhow::Result<Exit> {
    let scan_args = ScanArgs {
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::super::resolve(cli, &scan_args)?;
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
