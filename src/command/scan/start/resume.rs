//! A run that is resumed: which one, and with which settings.

use super::{
    super::super::{destination::Destination, environment, stored::Stored, warn},
    StartedScan, metrics_file,
};
use crate::{
    cli::{Cli, scan::ScanArgs},
    config::Config,
    store::{Record, State, Store},
};

/// Takes up the run that is meant.
pub(super) fn resume(cli: &Cli, args: &ScanArgs, stored: Stored) -> anyhow::Result<StartedScan> {
    let Stored {
        store,
        place: state,
    } = stored;
    let flags = store.flags();
    let id = match &args.resume {
        Some(Some(id)) if id != "latest" => id.clone(),
        _ => latest(&store, args)?.run.id,
    };
    let active = store.take_up(&id)?;
    let record = &active.record;
    if record.is_merged() {
        anyhow::bail!(
            "the run {id} was merged of shards and cannot be resumed: continue the shards with `vpce-scout \
             scan --resume` or --only-failed, and merge them again"
        );
    }
    if record.settled && !args.only_failed {
        anyhow::bail!(
            "the run {id} is finished; `vpce-scout report --run {id}{flags}` writes its reports again, \
             and `vpce-scout scan --only-failed --resume {id}{flags}` asks again what failed"
        );
    }
    let config = Config::resume(
        args,
        cli.config.as_deref(),
        environment(),
        &record.settings,
        record.window(),
    )?
    .with_state(cli.state.as_ref());
    let destination = Destination::open(&config)?;
    let metrics = metrics_file(args)?;
    state.prove(&config)?;
    let unsent = state.begin(&id)?;
    if let Some(damage) = store.drop_damaged(record)? {
        let text = format!("the run {id} is damaged, and what is damaged is read again: {damage}");
        warn(cli, &text);
    }
    Ok(StartedScan {
        config,
        store,
        active,
        destination,
        metrics,
        state,
        unsent,
        again: Some(args.only_failed),
    })
}

/// The latest run that can continue with these settings.
fn latest(store: &Store, args: &ScanArgs) -> anyhow::Result<Record> {
    let flags = store.flags();
    if args.resume.is_some()
        && let Some(record) = store.latest(Some(State::Interrupted))?
    {
        return Ok(record);
    }
    if args.only_failed {
        let finished = store.latest(Some(State::Finished))?;
        return finished.ok_or_else(|| {
            anyhow::anyhow!("no run is finished; `vpce-scout runs{flags}` lists them")
        });
    }
    Err(match store.latest(None)? {
        None => anyhow::anyhow!("no run is stored; start one without --only-failed"),
        Some(record) => anyhow::anyhow!(
            "every run is finished, the latest is {id}; `vpce-scout report --run {id}{flags}` writes its \
             reports again, and `vpce-scout scan --only-failed{flags}` asks again what failed",
            id = record.run.id
        ),
    })
}
