//! `logging`: what is logged, turning it on, turning it off. The plan comes before every change.

mod disable;
mod enable;
mod files;
mod manifest;
mod output;
mod status;

use anyhow::Context;
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::{
    cli::{
        Cli,
        logging::{CommonArgs, LoggingCommand},
        scan::ScanArgs,
        scope::ScopeArgs,
    },
    config::Config,
    exit::Exit,
    model::{event::Event, logging::Item},
    org::{
        connect::{check_regions, connect},
        session::Access,
    },
    progress::{Progress, Verbosity},
    runtime,
    store::{RunLock, Store, StoreError},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, command: &LoggingCommand) -> anyhow::Result<Exit> {
    match command {
        LoggingCommand::Status(args) => status::run(cli, args),
        LoggingCommand::Enable(args) => enable::run(cli, args),
        LoggingCommand::Disable(args) => disable::run(cli, args),
        LoggingCommand::Manifest(args) => manifest::run(cli, args),
    }
}

/// The settings of a command that changes something: another role than that of a scan.
fn changing(cli: &Cli, scope: &ScopeArgs, common: &CommonArgs) -> anyhow::Result<Config> {
    let mut config = reading(cli, scope, common)?;
    if scope.role_name.is_none() {
        config.role.name.clone_from(&config.logging.role_name);
    }
    Ok(config)
}

/// The settings of a command that only reads.
fn reading(cli: &Cli, scope: &ScopeArgs, common: &CommonArgs) -> anyhow::Result<Config> {
    let args = ScanArgs {
        scope: scope.clone(),
        state_dir: common.state_dir.clone(),
        ..ScanArgs::default()
    };
    super::resolve(cli, &args)
}

/// The store with its manifest. To apply, it is created if need be, and locked.
struct OpenStore {
    store: Option<Store>,
    lock: Option<RunLock>,
    items: Vec<Item>,
}

fn open_store(config: &Config, apply: bool) -> anyhow::Result<OpenStore> {
    let directory = config.state_dir()?;
    let store = if apply {
        Some(Store::open(directory)?)
    } else {
        Store::open_existing(directory)?
    };
    let locked = store.as_ref().filter(|_| apply);
    let lock = locked.map(Store::lock_logging).transpose()?;
    let items: Result<_, StoreError> = store.as_ref().map_or(Ok(Vec::new()), Store::logging_items);
    Ok(OpenStore {
        items: items?,
        store,
        lock,
    })
}

/// Runs what calls AWS. The first signal lets the call in progress finish and then stops.
fn block_on<T>(
    config: &Config,
    work: impl AsyncFnOnce(Access) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let run_seconds = config.timeouts.run_seconds;
    runtime::block_on(
        run_seconds,
        || tracing::warn!("stopping once the calls in progress have ended"),
        async |stop| {
            let access = connect(config, stop).await?;
            // Boxed: the futures of the SDK are large.
            Box::pin(check_regions(config, &access)).await?;
            Box::pin(work(access)).await
        },
    )
    .context("cannot start the asynchronous runtime")?
}

/// Shows the progress of `work` on stderr.
async fn with_progress<T>(
    verbosity: Verbosity,
    work: impl AsyncFnOnce(&UnboundedSender<Event>) -> T,
) -> T {
    let (events, received) = mpsc::unbounded_channel();
    let shown = tokio::spawn(Progress::start(verbosity).show(received));
    let done = Box::pin(work(&events)).await;
    drop(events);
    // The last lines of the progress come before the output.
    let _ = shown.await;
    done
}
