//! `logging disable`: observe, plan, show the plan, and with `--apply` carry it out.

use jiff::Timestamp;

use super::{
    super::{print, table::render, verbosity},
    OpenStore, block_on, changing, files, open_store, with_progress,
};
use crate::{
    cli::{Cli, diff::TableFormat, logging::DisableArgs},
    config::logging_request::vpc_ids,
    exit::Exit,
    logging::{
        apply::{self, ApplyOptions},
        observe, plan_table, runs,
        undo::{Selection, disable},
    },
    model::logging::{Plan, read_manifest},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DisableArgs) -> anyhow::Result<Exit> {
    let config = changing(cli, &args.scope, &args.common)?;
    let now = Timestamp::now();
    let OpenStore {
        store,
        lock,
        mut items,
    } = open_store(&config, args.apply)?;
    if let Some(path) = &args.manifest {
        items.extend(files::parse(path, read_manifest)?.items);
    }
    let selection = Selection {
        run: args.run.clone(),
        expired_at: args.expired.then_some(now),
        vpc_ids: vpc_ids(&args.vpcs)?,
        delete_logs: args.delete_logs,
    };
    let done = block_on(&config, async |access| {
        let observed = with_progress(verbosity(cli), async |events| {
            observe::for_disable(&access, &config, &selection, &items, events).await
        });
        let observed = observed.await?;
        let plan = disable(&selection, &observed, &items, &runs::new_id(now));
        let Some(store) = store.filter(|_| args.apply) else {
            return Ok((plan, None));
        };
        if args.common.format == TableFormat::Text {
            show(args, &plan, "")?;
        }
        let options = ApplyOptions::of(&config);
        let copy = store.reopen()?;
        let applied = with_progress(verbosity(cli), async |events| {
            apply::apply(&plan, &access, copy, options, events).await
        });
        let applied = applied.await?;
        runs::forget_gone(&store, &observed, config.logging.wait_seconds)?;
        let outcomes = applied.outcomes;
        Ok((plan, Some(outcomes)))
    });
    drop(lock);
    let (plan, outcomes) = done?;
    let Some(outcomes) = outcomes else {
        return show(
            args,
            &plan,
            "Nothing was changed; --apply carries the plan out.\n",
        );
    };
    let rows = plan_table::rows(&plan, Some(&outcomes));
    let heading = plan_table::removed(&plan, &outcomes);
    let text = || plan_table::text(&rows, &heading, "", true);
    print(&render(args.common.format, &rows, &rows, text)?)?;
    Ok(Exit::of_gaps(plan_table::has_gaps(&rows)))
}

fn show(args: &DisableArgs, plan: &Plan, footer: &str) -> anyhow::Result<Exit> {
    let rows = plan_table::rows(plan, None);
    let heading = format!("Plan: {}", plan_table::counts(plan));
    let text = || plan_table::text(&rows, &heading, footer, false);
    print(&render(args.common.format, &rows, &rows, text)?)?;
    Ok(Exit::of_gaps(plan_table::has_gaps(&rows)))
}
