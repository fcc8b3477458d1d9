//! What a scan starts with: a new run, or one that is resumed.

mod resume;

use jiff::Timestamp;

use super::super::{
    destination::Destination,
    resolve,
    state::{StatePlace, Unsent},
    stored::{existing, explained},
};
use crate::{
    cli::{Cli, scan::ScanArgs},
    config::Config,
    model::run::Run,
    report::{MetricsFile, WriteError},
    store::{Active, Store},
};

/// Everything that is needed before the first call.
#[derive(Debug)]
pub(super) struct StartedScan {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) active: Active,
    pub(super) destination: Destination,
    /// The file of `--metrics`.
    pub(super) metrics: Option<MetricsFile>,
    pub(super) state: StatePlace,
    pub(super) unsent: Unsent,
    /// For a run that is resumed: whether what failed is asked again too.
    pub(super) again: Option<bool>,
}

/// Opens the store and the directory of the reports, and begins the run or takes it up.
pub(super) fn start(
    cli: &Cli,
    args: &ScanArgs,
    arguments: Vec<String>,
) -> anyhow::Result<StartedScan> {
    if args.resume.is_some() || args.only_failed {
        let config = resolve(cli, args)?;
        let state = StatePlace::open(&config)?;
        if !is_first(&state, args)? {
            return resume::resume(cli, args, existing(state, &config)?);
        }
    }
    let config = resolve(cli, args)?;
    if config.is_shard_with_its_own_window() {
        let text = "the window ends now, and on every machine at another second: `vpce-scout merge` takes \
                    shards of one window alone, which --start and --end give to all of them";
        super::super::warn(cli, text);
    }
    let prices = super::super::prices::in_force(&config)?.to_toml()?;
    let destination = Destination::open(&config)?;
    let metrics = metrics_file(args)?;
    let state = StatePlace::open(&config)?;
    state.prove(&config)?;
    let store = Store::open(state.directory()).map_err(|error| explained(&state, error))?;
    let store = store.with_flags(config.state_flags());
    let started_at = Timestamp::now();
    let run = Run {
        shard: config.scope.shard,
        ..Run::begun(started_at, config.window(started_at), arguments)
    };
    let active = store.begin(&run, &config.to_store())?;
    let unsent = state.begin(&active.record.run.id)?;
    store.set_prices(active.record.key, &prices)?;
    Ok(StartedScan {
        config,
        store,
        active,
        destination,
        metrics,
        state,
        unsent,
        again: None,
    })
}

/// The file of `--metrics`, which is proven to be writable before the first call.
fn metrics_file(args: &ScanArgs) -> Result<Option<MetricsFile>, WriteError> {
    args.metrics.as_deref().map(MetricsFile::open).transpose()
}

/// Whether there is nothing to resume because nothing was ever stored: a process that is killed
/// at once leaves nothing behind, and its run begins at the beginning.
fn is_first(state: &StatePlace, args: &ScanArgs) -> anyhow::Result<bool> {
    if args.only_failed || args.resume != Some(None) {
        return Ok(false);
    }
    let store = Store::open_existing(state.directory());
    match store.map_err(|error| explained(state, error))? {
        None => Ok(true),
        Some(store) => Ok(store.latest(None)?.is_none()),
    }
}
