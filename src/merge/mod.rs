//! Makes one run of the runs of all shards of a scan.
//!
//! The shards are compared first: all have to be there, once, finished, and of one scan.
//! Then their cells and parts are copied, each account's from the shard that it belongs to, and what one
//! scan derives from all accounts is derived from what was copied. Reports are made from that run as from
//! any other. No call is made here. The store of one shard is open at a time: neither memory nor open files
//! grow with the number of shards.
//!
//! Until the last step the run is not finished, and it is marked as one that cannot be resumed: a process that
//! is ended early leaves nothing that looks like a run, and the next merge removes the rest.

mod choice;
mod combine;
mod source;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

pub use self::source::local_file;
use self::{
    choice::{Choice, choose},
    combine::combine,
};
use crate::{
    aws::cancellation::CancellationToken,
    model::{run::Run, shard::Shard},
    scan::merged,
    store::{Record, Store, StoreError},
};

/// Why shards cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The merged run cannot be read or written.
    #[error(transparent)]
    Run(#[from] Arc<StoreError>),
    /// A part cannot be written.
    #[error("a part of the run cannot be written")]
    Row(#[source] serde_json::Error),
    /// An argument names no store.
    #[error(
        "there is no run store in `{}`: give the state directory of a shard, or its file",
        path.display()
    )]
    NoStore {
        /// The argument.
        path: PathBuf,
    },
    /// What an argument names is no store that can be merged.
    #[error("`{argument}` cannot be merged: {why}")]
    Unusable {
        /// The argument.
        argument: String,
        /// Why, and what to do about it.
        why: String,
    },
    /// The user stopped it.
    #[error("stopped before the shards were merged: there is no new run")]
    Stopped,
    /// The runs are no whole: what is wrong with each, a line each.
    #[error("the shards cannot be merged:\n{0}")]
    Unlike(String),
}

/// A store that holds runs of shards, and how it was named.
#[derive(Debug)]
pub struct ShardStore {
    /// The argument, for messages.
    name: String,
    file: PathBuf,
    /// The latest run of every shard in it: of those of the scan that was started last, as far as their
    /// number shows.
    latest: BTreeMap<Shard, Record>,
}

impl ShardStore {
    /// Looks at the store that an argument names.
    ///
    /// # Errors
    ///
    /// If there is none, or if it is of another version of the program.
    pub fn open(argument: &str) -> Result<Self, MergeError> {
        Self::named(argument, local_file(argument)?)
    }

    /// The same for a file that is a copy of what is named.
    ///
    /// # Errors
    ///
    /// As [`ShardStore::open`].
    pub fn named(name: &str, file: PathBuf) -> Result<Self, MergeError> {
        Self::read(name, file).map_err(|error| source::unusable(name, error))
    }

    fn read(name: &str, file: PathBuf) -> Result<Self, StoreError> {
        let mut latest = BTreeMap::new();
        let mut count = None;
        for record in Store::open_to_read(&file)?.runs_of_shards()? {
            if let Some(shard) = record.run.shard
                && *count.get_or_insert(shard.count()) == shard.count()
            {
                latest.entry(shard).or_insert(record);
            }
        }
        Ok(Self {
            name: name.to_owned(),
            file,
            latest,
        })
    }

    /// Opens it to read a run.
    fn store(&self) -> Result<Store, StoreError> {
        Store::open_to_read_again(&self.file)
    }
}

/// How shards are merged.
#[derive(Clone, Debug)]
pub struct MergeOptions {
    /// The command line.
    pub arguments: Vec<String>,
    /// Whether accounts of missing shards become gaps.
    pub allow_missing: bool,
    /// Cancelled when the merge has to stop.
    pub stop: CancellationToken,
    /// How many accounts one scan asks for the endpoint services of a Region.
    pub endpoint_service_attempts: usize,
}

/// A run that was merged.
#[derive(Debug)]
pub struct Merged {
    /// The run.
    pub record: Record,
    /// How many shards it is of.
    pub count: u32,
    /// Shards whose accounts are gaps, and why.
    pub missing: Vec<(Shard, String)>,
}

/// Merges the shards in these stores into a run of `into`.
///
/// # Errors
///
/// [`MergeError`]; then there is no new run.
pub async fn merge(
    shards: &[ShardStore],
    into: &Store,
    options: MergeOptions,
) -> Result<Merged, MergeError> {
    let choice = choose(shards, options.allow_missing)?;
    for chosen in &choice.chosen {
        let store = chosen.from.store()?;
        let verified = store.verify(&chosen.record);
        verified.map_err(|error| source::unusable(&chosen.from.name, error))?;
        is_wanted(&options.stop)?;
    }
    into.forget_unfinished_merges()?;
    let first = &choice.chosen_first()?.record;
    let runs = || choice.chosen.iter().map(|it| &it.record.run);
    // The run is newer than every shard of it, also where their runs are in the same store.
    let started_at = runs().map(|it| it.started_at).max();
    let finished_at = runs().map(|it| it.finished_at).max();
    let started_at = started_at.unwrap_or(first.run.started_at);
    let finished_at = finished_at.unwrap_or(first.run.finished_at);
    let run = Run::begun(started_at, first.window(), options.arguments.clone());
    let active = into.begin(&run, &first.settings_of_merged())?;
    let key = active.record.key;
    let done = fill(into, &active.record, &choice, &options).await;
    let done = done.and_then(|()| Ok(into.finish(key, finished_at)?));
    if let Err(error) = done {
        let _ = into.forget(key);
        return Err(error);
    }
    into.settle(key)?;
    Ok(Merged {
        record: into.run(&active.record.run.id)?,
        count: choice.shard.count(),
        missing: choice.missing,
    })
}

async fn fill(
    into: &Store,
    record: &Record,
    choice: &Choice<'_>,
    options: &MergeOptions,
) -> Result<(), MergeError> {
    let first = choice.chosen_first()?;
    if let Some(prices) = first.from.store()?.prices(first.record.key)? {
        into.set_prices(record.key, &prices)?;
    }
    if let Some(caller) = &first.record.caller {
        into.set_caller(record.key, caller)?;
    }
    combine(into, record.key, choice, &options.stop)?;
    let attempts = options.endpoint_service_attempts;
    merged::unite(into, record, choice.shard, attempts).await?;
    is_wanted(&options.stop)
}

/// Fails if the merge has to stop.
fn is_wanted(stop: &CancellationToken) -> Result<(), MergeError> {
    if stop.is_cancelled() {
        return Err(MergeError::Stopped);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
