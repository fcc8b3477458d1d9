//! What a scan starts with: a new run, or one that goes on.

use std::ffi::OsString;

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
    let window = config.window(started_at);
    let run = Run {
        id: started_at.strftime("%Y%m%dT%H%M%SZ").to_string(),
        started_at,
        finished_at: started_at,
        window_start: window.start,
        window_end: window.end,
        arguments,
    };
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
    let config = resolve(cli, args)?;
    Ok(match Store::open_existing(config.state_dir()?)? {
        None => true,
        Some(store) => store.latest(None)?.is_none(),
    })
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
    let config = Config::resolve_again(
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
        return store
            .latest(Some(State::Finished))?
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

/// The command line for the report, the external id left out.
pub(super) fn without_secrets(arguments: &[OsString]) -> Vec<String> {
    const SECRET: &str = "--external-id";
    let mut kept = Vec::with_capacity(arguments.len());
    let mut hide_next = false;
    for argument in arguments.iter().skip(1) {
        let argument = argument.to_string_lossy();
        let hidden = hide_next || argument.starts_with(&format!("{SECRET}="));
        hide_next = argument == SECRET;
        kept.push(if hidden {
            "(not shown)".to_owned()
        } else {
            argument.into_owned()
        });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_external_id_is_in_no_report() {
        let typed = [
            "vpce-scout",
            "scan",
            "--external-id",
            "s3cret",
            "--external-id=s3cret",
            "-q",
        ];
        let told = without_secrets(&typed.map(OsString::from));
        assert!(!told.concat().contains("s3cret"), "{told:?}");
        assert_eq!(told.last().unwrap(), "-q");
    }
}
