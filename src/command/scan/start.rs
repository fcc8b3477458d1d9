//! What a scan starts with: a new run, or one that goes on.

use jiff::Timestamp;

use super::super::{environment, resolve};
use crate::{
    cli::{Cli, scan::ScanArgs},
    config::Config,
    model::run::Run,
    report::Directory,
    store::{Active, Record, State, Store},
};

/// Everything that is needed before the first call.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) active: Active,
    pub(super) directory: Directory,
    /// For a run that goes on: whether what failed is asked again too.
    pub(super) again: Option<bool>,
}

/// Opens the store and the directory of the reports, and begins the run or takes it up.
pub(super) fn start(cli: &Cli, args: &ScanArgs, arguments: Vec<String>) -> anyhow::Result<Started> {
    if (args.resume.is_some() || args.only_failed) && !is_first(cli, args)? {
        return go_on(cli, args);
    }
    let config = resolve(cli, args)?;
    let prices = super::super::prices::in_force(&config)?.to_toml()?;
    let directory = Directory::open(&config.output.dir)?;
    let store = Store::open(config.state_dir()?)?;
    let started_at = Timestamp::now();
    let run = Run::begun(started_at, config.window(started_at), arguments);
    let active = store.begin(&run, &config.to_store())?;
    store.set_prices(active.record.key, &prices)?;
    Ok(Started {
        config,
        store,
        active,
        directory,
        again: None,
    })
}

/// Whether there is nothing to go on with because nothing was ever stored: a process that is killed
/// at once leaves nothing behind, and its run begins at the beginning.
fn is_first(cli: &Cli, args: &ScanArgs) -> anyhow::Result<bool> {
    if args.only_failed || args.resume != Some(None) {
        return Ok(false);
    }
    match Store::open_existing(resolve(cli, args)?.state_dir()?)? {
        None => Ok(true),
        Some(store) => Ok(store.latest(None)?.is_none()),
    }
}

fn go_on(cli: &Cli, args: &ScanArgs) -> anyhow::Result<Started> {
    let store = super::super::stored(cli, args.state_dir.as_ref())?;
    let id = match &args.resume {
        Some(Some(id)) if id != "latest" => id.clone(),
        _ => latest(&store, args)?.run.id,
    };
    let active = store.take_up(&id)?;
    let record = &active.record;
    if record.settled && !args.only_failed {
        anyhow::bail!(
            "the run {id} is finished; `vpce-scout report --run {id}` writes its reports again, \
             and `vpce-scout scan --only-failed --resume {id}` asks again what failed"
        );
    }
    let config = Config::resume(
        args,
        cli.config.as_deref(),
        environment(),
        &record.settings,
        record.window(),
    )?;
    let directory = Directory::open(&config.output.dir)?;
    if let Some(damage) = store.drop_damaged(record)? {
        let text = format!("the run {id} is damaged, and what is damaged is read again: {damage}");
        super::super::warn(cli, &text);
    }
    Ok(Started {
        config,
        store,
        active,
        directory,
        again: Some(args.only_failed),
    })
}

/// The latest run that can go on in the way that is wanted.
fn latest(store: &Store, args: &ScanArgs) -> anyhow::Result<Record> {
    if args.resume.is_some()
        && let Some(record) = store.latest(Some(State::Interrupted))?
    {
        return Ok(record);
    }
    if args.only_failed {
        let finished = store.latest(Some(State::Finished))?;
        return finished
            .ok_or_else(|| anyhow::anyhow!("no run is finished; `vpce-scout runs` lists them"));
    }
    Err(match store.latest(None)? {
        None => anyhow::anyhow!("no run is stored; start one without --only-failed"),
        Some(record) => anyhow::anyhow!(
            "every run is finished, the latest is {id}; `vpce-scout report --run {id}` writes its \
             reports again, and `vpce-scout scan --only-failed` asks again what failed",
            id = record.run.id
        ),
    })
}
