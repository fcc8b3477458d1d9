//! `merge`: one run of the runs of all shards.

use std::ffi::OsString;

use anyhow::Context;

use super::state::StatePlace;
use crate::{
    Exit,
    cli::{Cli, arguments::without_secrets, merge::MergeArgs},
    merge::{MergeOptions, Merged, ShardStore, merge},
    progress, runtime,
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &MergeArgs, arguments: &[OsString]) -> anyhow::Result<Exit> {
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let shards = args.shards.iter().map(|it| shard_store(it));
    let shards: Vec<ShardStore> = shards.collect::<Result<_, _>>()?;
    let place = StatePlace::open(&config)?;
    place.prove(&config)?;
    let store = Store::open(place.directory())?;
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
        let text = format!(
            "merged {merged} of {count} shards into the run {id}; `vpce-scout report --run {id}` \
             writes its reports"
        );
        progress::note(&text, super::verbosity(cli).json);
    }
    super::print(&format!("{id}\n"))?;
    Ok(if store.gaps(record.key)? > 0 {
        Exit::Gaps
    } else {
        Exit::Complete
    })
}

/// The store of shards that an argument names. What is in S3 comes to a local file first.
fn shard_store(argument: &str) -> anyhow::Result<ShardStore> {
    if argument.starts_with("s3://") {
        anyhow::bail!("`{argument}`: copy the run stores of the shards from S3 and name the files");
    }
    Ok(ShardStore::open(argument)?)
}
