//! The store of past runs, as commands on stored runs open it.

use std::{ops::Deref, path::PathBuf};

use super::{settings, state::StatePlace};
use crate::{cli::Cli, store::Store};

/// A store with its place.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) store: Store,
    pub(super) place: StatePlace,
}

impl Deref for Stored {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// The store of past runs, if there is one.
pub(super) fn stored(cli: &Cli, state_dir: Option<&PathBuf>) -> anyhow::Result<Stored> {
    let config = settings(cli, state_dir)?;
    existing(StatePlace::open(&config)?)
}

/// The store at a place, if there is one.
pub(super) fn existing(place: StatePlace) -> anyhow::Result<Stored> {
    match Store::open_existing(place.directory())? {
        Some(store) => Ok(Stored { store, place }),
        None => Err(match &place {
            StatePlace::Copy(_, location) => anyhow::anyhow!(
                "no run is stored in `{location}`; `vpce-scout scan --state {location}` stores one"
            ),
            StatePlace::Directory(path) => anyhow::anyhow!(
                "no run is stored in `{}`; `vpce-scout scan` stores one, see also --state-dir",
                path.display()
            ),
        }),
    }
}
