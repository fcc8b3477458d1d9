//! The store of past runs, as commands on stored runs open it.

use std::{ops::Deref, path::PathBuf};

use super::{settings, state::StatePlace};
use crate::{
    cli::Cli,
    config::Config,
    store::{FILE, Store, StoreError},
};

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
    existing(StatePlace::open(&config)?, &config)
}

/// An error of the store at a place. Of a store in S3, either the object is at fault or its copy here is.
pub(super) fn explained(place: &StatePlace, error: StoreError) -> anyhow::Error {
    let StatePlace::Copy(copy, location) = place else {
        return error.into();
    };
    let what = match error {
        StoreError::Foreign { .. } => "no run store of vpce-scout".to_owned(),
        StoreError::Damaged { detail, .. } => format!("damaged: {detail}"),
        error => return error.into(),
    };
    anyhow::anyhow!(
        "`{location}{FILE}` is {what}\n\
         if its copy in `{}` alone is, remove that directory (it may hold a run that could not be \
         uploaded) and try again; else put an earlier version of that object in its place, or name \
         another one: --state s3://BUCKET/PREFIX/",
        copy.directory().display()
    )
}

/// The store at a place, if there is one.
pub(super) fn existing(place: StatePlace, config: &Config) -> anyhow::Result<Stored> {
    let store = Store::open_existing(place.directory());
    match store.map_err(|error| explained(&place, error))? {
        Some(store) => Ok(Stored {
            store: store.with_flags(config.state_flags()),
            place,
        }),
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

#[cfg(test)]
mod tests;
