//! `merge`: one run of the runs of all shards.

use std::{ffi::OsString, path::Path};

use anyhow::Context;

use super::{remote::download_parts, state::StatePlace, stored::explained};
use crate::{
    Exit,
    cli::{Cli, arguments::without_secrets, merge::MergeArgs},
    config::{Config, ConfigError},
    merge::{MergeOptions, Merged, ShardStore, merge},
    model::s3_location::S3Location,
    progress, runtime,
    store::Store,
    temporary,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &MergeArgs, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let downloads = temporary::Directory::make()?;
    let shards = shard_stores(&config, &args.shards, downloads.path())?;
    let place = StatePlace::open(&config)?;
    place.prove(&config)?;
    let store = Store::open(place.directory()).map_err(|error| explained(&place, error))?;
    let store = store.with_flags(config.state_flags());
    let merged = runtime::block_on(
        0,
        || {},
        async |stop| {
            let options = MergeOptions {
                arguments: without_secrets(arguments),
                allow_missing: args.allow_missing,
                stop,
                endpoint_service_attempts: config.limits.endpoint_service_attempts,
            };
            merge(&shards, &store, options).await
        },
    );
    let merged = merged.context("cannot start the asynchronous runtime")??;
    let Merged {
        record,
        count,
        missing,
    } = merged;
    for (_, why) in &missing {
        super::warn(cli, &format!("{why}: its accounts are gaps"));
    }
    let id = &record.run.id;
    let unsent = place.begin(id)?;
    place.upload(&config, &store, unsent, id)?;
    if !cli.quiet {
        let merged = usize::try_from(count).unwrap_or(usize::MAX) - missing.len();
        let flags = config.state_flags();
        let text = format!(
            "merged {merged} of {count} shards into the run {id}; `vpce-scout report --run {id}{flags}` \
             writes its reports"
        );
        progress::note(&text, super::verbosity(cli).json);
    }
    super::print(&format!("{id}\n"))?;
    Ok(Exit::of_gaps(store.gaps(record.key)? > 0))
}

/// The stores of shards that the arguments name. What is in S3 comes to local files first.
fn shard_stores(
    config: &Config,
    arguments: &[String],
    downloads: &Path,
) -> anyhow::Result<Vec<ShardStore>> {
    let mut stores = Vec::new();
    for (number, argument) in arguments.iter().enumerate() {
        if !S3Location::is_url(argument) {
            stores.push(ShardStore::open(argument)?);
            continue;
        }
        let location = argument.parse();
        let location: S3Location = location
            .map_err(|expected: &str| ConfigError::value("DIR", argument.as_str(), expected))?;
        let into = downloads.join(number.to_string());
        for (url, file) in download_parts(config, &location, &into)? {
            stores.push(ShardStore::named(&url, file)?);
        }
    }
    Ok(stores)
}
