//! `logging disable`: look, plan, tell, and with `--apply` take back.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::{block_on, changing, gather::Looking, manner, read_file, run_id, show, vpc_ids};
use crate::{
    Exit,
    cli::{Cli, diff::TableFormat, logging::DisableArgs},
    config::Config,
    logging::{self, Selection, apply, world::World},
    model::{
        id::AccountId,
        logging::{Item, ItemState, Plan, Work, read_manifest},
    },
    org::session::Access,
    store::Store,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DisableArgs) -> anyhow::Result<Exit> {
    let config = changing(cli, &args.scope, &args.common)?;
    let now = Timestamp::now();
    let store = if args.apply {
        Some(Store::open(config.state_dir()?)?)
    } else {
        Store::open_existing(config.state_dir()?)?
    };
    let lock = match (&store, args.apply) {
        (Some(store), true) => Some(store.lock_logging()?),
        _ => None,
    };
    let mut items = store
        .as_ref()
        .map_or(Ok(Vec::new()), Store::logging_items)?;
    if let Some(path) = &args.manifest {
        items.extend(read_manifest(&read_file(path)?)?.items);
    }
    let selection = Selection {
        run: args.run.clone(),
        expired_at: args.expired.then_some(now),
        vpc_ids: vpc_ids(&args.vpcs)?,
        delete_logs: args.delete_logs,
    };
    let done = block_on(&config, async |access| {
        let (plan, world) = look_and_plan(&access, &config, &selection, &items, now).await?;
        if !args.apply {
            return Ok((plan, None));
        }
        if args.common.format == TableFormat::Text {
            let head = format!("Plan: {}", show::counts(&plan));
            let rows = show::rows(&plan, None);
            show::plan_table(TableFormat::Text, &rows, &head, "")?;
        }
        let Some(store) = store else {
            return Ok((plan, None));
        };
        let applied = apply::apply(&plan, &access, store.another()?, manner(&config)).await?;
        forget_gone(&store, &world, &config)?;
        let outcomes = applied.outcomes;
        Ok((plan, Some(outcomes)))
    });
    drop(lock);
    let (plan, outcomes) = done?;
    let rows = show::rows(&plan, outcomes.as_deref());
    let (head, foot) = if let Some(outcomes) = &outcomes {
        let head = if plan.actions.is_empty() {
            "Nothing was changed: there was nothing to take back.".to_owned()
        } else {
            format!("Taken back: {}", show::sums(outcomes))
        };
        (head, "")
    } else {
        let head = format!("Plan: {}", show::counts(&plan));
        (head, "Nothing was changed; --apply carries the plan out.\n")
    };
    show::outcome_table(args.common.format, &rows, &head, foot, outcomes.is_some())?;
    Ok(show::exit(&rows))
}

/// Strikes out of the manifest what somebody else has taken away. What is younger than AWS may take to
/// show it stays.
fn forget_gone(store: &Store, world: &World, config: &Config) -> anyhow::Result<()> {
    let seconds = i64::try_from(config.logging.wait_seconds)?;
    let before = world.at.checked_sub(SignedDuration::from_secs(seconds))?;
    for item in logging::gone(world, &store.logging_items()?, before) {
        store.note_logging(&item.run, &item.action, ItemState::Undone, None)?;
    }
    Ok(())
}

async fn look_and_plan(
    access: &Access,
    config: &Config,
    selection: &Selection,
    items: &[Item],
    now: Timestamp,
) -> anyhow::Result<(Plan, World)> {
    let looking = Looking::new(access, config);
    let here = &looking;
    // The accounts of a run stand in its manifest; without one the tags tell, wherever they are.
    let of_run: BTreeSet<&AccountId> = items
        .iter()
        .filter(|item| item.may_be_there() && selection.run.as_ref() == Some(&item.run))
        .map(|item| &item.action.account_id)
        .collect();
    let among = |id: &AccountId| of_run.is_empty() || of_run.contains(id);
    let read = |session| here.for_undo(session, items);
    looking.places(among, read).await?;
    let role_in = |id: &AccountId| {
        let made = items.iter().rev().find_map(|item| match &item.action.work {
            Work::CreateRole { role_name, .. } if item.action.account_id == *id => Some(role_name),
            _ => None,
        });
        made.unwrap_or(&config.logging.delivery_role).clone()
    };
    looking.roles(role_in).await;
    looking.role_users().await;
    let world = looking.into_world();
    let plan = logging::disable(selection, &world, items, &run_id(now));
    Ok((plan, world))
}
