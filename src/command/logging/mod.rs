//! `logging`: what is logged, turning it on, taking it back. The plan comes before every change.

mod disable;
mod enable;
mod gather;
mod needs;
mod show;
mod status;
mod volume;

use std::{fs, future::Future, io::Write as _, path::Path, time::Duration};

use anyhow::Context;
use jiff::Timestamp;

use crate::{
    Exit,
    cli::{
        Cli,
        logging::{CommonArgs, LoggingCommand, ManifestArgs},
        scan::ScanArgs,
        scope::ScopeArgs,
    },
    config::{Config, ConfigError},
    logging::apply::{Looks, Manner, Patience},
    model::logging::{Item, Manifest, VERSION},
    org::{
        connect::{check_regions, connect},
        session::Access,
    },
    runtime,
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, command: &LoggingCommand) -> anyhow::Result<Exit> {
    match command {
        LoggingCommand::Status(args) => status::run(cli, args),
        LoggingCommand::Enable(args) => enable::run(cli, args),
        LoggingCommand::Disable(args) => disable::run(cli, args),
        LoggingCommand::Manifest(args) => manifest(cli, args),
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

fn manner(config: &Config) -> Manner {
    Manner {
        lanes: config.limits.accounts,
        patience: Patience {
            wait: Duration::from_secs(config.logging.wait_seconds),
            poll: Duration::from_millis(config.logging.poll_ms),
        },
    }
}

/// How long `enable` waits for what it made to log.
fn looks(config: &Config) -> Looks {
    let logging = &config.logging;
    Looks {
        wait: Duration::from_secs(logging.active_wait_seconds),
        first_pause: Duration::from_millis(logging.poll_ms),
        last_pause: Duration::from_millis(logging.active_poll_last_ms),
    }
}

/// Runs what calls AWS. The first signal lets the call under way come to its end and then stops.
fn block_on<T>(
    config: &Config,
    work: impl AsyncFnOnce(Access) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let run_seconds = config.timeouts.run_seconds;
    runtime::block_on(
        run_seconds,
        || {},
        async |stop| {
            let access = connect(config, stop).await?;
            boxed(check_regions(config, &access)).await?;
            boxed(work(access)).await
        },
    )
    .context("cannot start the asynchronous runtime")?
}

/// The futures of the SDK are large.
fn boxed<'f, T>(
    future: impl Future<Output = T> + 'f,
) -> std::pin::Pin<Box<dyn Future<Output = T> + 'f>> {
    Box::pin(future)
}

/// The id of a run that begins now.
fn run_id(now: Timestamp) -> String {
    now.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Ids of VPCs as typed, each once; a word that can be none is a mistake in typing.
fn vpc_ids(typed: &[String]) -> Result<Vec<String>, ConfigError> {
    let rest = |id: &str| id.strip_prefix("vpc-").map(str::to_owned);
    let is_id = |id: &&String| {
        rest(id).is_some_and(|rest| {
            !rest.is_empty() && rest.chars().all(|letter| letter.is_ascii_alphanumeric())
        })
    };
    if let Some(odd) = typed.iter().find(|id| !is_id(id)) {
        return Err(ConfigError::value(
            "--vpcs",
            odd,
            "ids of VPCs: vpc-0123456789abcdef0",
        ));
    }
    let mut ids = typed.to_vec();
    ids.sort();
    ids.dedup();
    Ok(ids)
}

/// Writes a document beside its place and moves it there, so that no half of one is ever read.
fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write `{}`", path.display()))
}

fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// What was begun and not taken back, of one run or of all.
fn manifest(cli: &Cli, args: &ManifestArgs) -> anyhow::Result<Exit> {
    let like = ScanArgs {
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
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
        anyhow::bail!("nothing of a run `{run}` of `logging enable` stands in the manifest");
    }
    let document = Manifest {
        version: VERSION,
        items,
    };
    let text = serde_json::to_string_pretty(&document)? + "\n";
    match &args.out {
        Some(path) => write_file(path, &text).map(|()| Exit::Complete),
        None => super::print(&text),
    }
}
