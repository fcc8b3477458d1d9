//! `logging enable`: observe, plan, show the plan, and with `--apply` carry out exactly that.

use jiff::Timestamp;

use super::{
    super::verbosity, OpenStore, block_on, changing, files, open_store, output::PlanOutput,
    with_progress,
};
use crate::{
    cli::{Cli, diff::TableFormat, logging::EnableArgs},
    config::logging_request::request,
    exit::Exit,
    logging::{
        apply::{ApplyOptions, PollPolicy},
        forecast::forecast,
        observe,
        plan::{self, PlanInput, drift},
        runs,
    },
    model::{event::Event, logging::read_plan},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &EnableArgs) -> anyhow::Result<Exit> {
    let config = changing(cli, &args.scope, &args.common)?;
    let request = request(&config.logging, args)?;
    let prices = super::super::prices::in_force(&config)?;
    let saved = match (&args.plan, args.apply) {
        (Some(path), true) => Some(files::parse(path, read_plan)?),
        _ => None,
    };
    let now = Timestamp::now();
    let expires_at = now.checked_add(config.logging.expire_after(args.expire_after.as_deref())?)?;
    let expires_at = Timestamp::from_second(expires_at.as_second())?;
    // Without --apply nothing is written but the plan that was asked for.
    let OpenStore { store, lock, items } = open_store(&config, args.apply)?;
    let (run, expires_at) = match &saved {
        Some(plan) => (plan.run.clone(), plan.expires_at),
        None => runs::run_for(store.as_ref(), &request, &items, now, expires_at)?,
    };
    let output = PlanOutput {
        args,
        forecast: forecast(store.as_ref(), &request.wanted)?,
        prices,
    };
    let input = PlanInput {
        request,
        run,
        expires_at,
        query_log_configs: config.logging.query_log_configs,
        query_log_associations: config.logging.query_log_associations,
        resource_policies: config.logging.resource_policies,
    };
    let (plan, outcomes) = block_on(&config, async |access| {
        let observed = with_progress(verbosity(cli), async |events| {
            observe::for_enable(&access, &config, &input.request, events).await
        });
        let observed = observed.await?;
        let plan = plan::enable(&input, &observed);
        if let Some(saved) = &saved {
            drift::compare(saved, &plan, &items)?;
        }
        let Some(store) = store.filter(|_| args.apply) else {
            return Ok((plan, None));
        };
        if args.common.format == TableFormat::Text {
            output.plan(&plan, "")?;
        }
        let applied = with_progress(verbosity(cli), async |events| {
            let options = ApplyOptions::of(&config);
            let mut applied = runs::carry_out(&plan, &access, &store, options, events).await?;
            // Waiting for delivery changes nothing: another process may start meanwhile.
            drop((lock, store));
            let (count, seconds) = (applied.starting(&plan), config.logging.active_wait_seconds);
            if count > 0 && seconds > 0 {
                let _ = events.send(Event::Waiting { count, seconds });
            }
            let poll = PollPolicy::of(&config);
            applied.wait_until_active(&plan, poll).await;
            anyhow::Ok(applied)
        });
        let applied = applied.await?;
        let outcomes = applied.outcomes;
        Ok((plan, Some(outcomes)))
    })?;
    if let (Some(path), None) = (&args.plan, &outcomes) {
        files::write(path, &(serde_json::to_string_pretty(&plan)? + "\n"))?;
    }
    match outcomes {
        Some(outcomes) => output.result(&plan, &outcomes),
        None => output.plan(
            &plan,
            "Nothing was changed; --apply carries the plan out.\n",
        ),
    }
}
