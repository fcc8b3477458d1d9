//! `logging enable`: look, plan, tell, and with `--apply` do exactly that.

use std::{collections::BTreeSet, io::Write as _};

use jiff::Timestamp;

use super::{
    block_on, changing,
    gather::Looking,
    looks, manner, read_file, run_id, show,
    volume::{self, Expected, begins_to_log},
    vpc_ids, write_file,
};
use crate::{
    Exit,
    cli::{
        Cli,
        diff::TableFormat,
        logging::{EnableArgs, LogDestination, LogKind, ShareWith},
    },
    config::{Config, ConfigError},
    cost::price_book::PriceBook,
    logging::{
        self, PlanOf,
        apply::{self, Applied, Outcome},
    },
    model::logging::{Action, Destination, Item, Plan, Request, Wanted, read_plan},
    org::session::Access,
    store::Store,
};

/// Days that CloudWatch Logs can keep events
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>).
const RETENTION_DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &EnableArgs) -> anyhow::Result<Exit> {
    let config = changing(cli, &args.scope, &args.common)?;
    let request = request(&config, args)?;
    let prices = super::super::prices::in_force(&config)?;
    let saved = match (&args.plan, args.apply) {
        (Some(path), true) => Some(read_plan(&read_file(path)?)?),
        _ => None,
    };
    let now = Timestamp::now();
    let expires_at = now.checked_add(config.logging.expire_after(args.expire_after.as_deref())?)?;
    let expires_at = Timestamp::from_second(expires_at.as_second())?;
    // Without --apply nothing is written but the plan that was asked for.
    let store = if args.apply {
        Some(Store::open(config.state_dir()?)?)
    } else {
        Store::open_existing(config.state_dir()?)?
    };
    let lock = match (&store, args.apply) {
        (Some(store), true) => Some(store.lock_logging()?),
        _ => None,
    };
    let items = store
        .as_ref()
        .map_or(Ok(Vec::new()), Store::logging_items)?;
    let (run, expires_at) = match &saved {
        Some(plan) => (plan.run.clone(), plan.expires_at),
        None => going_on(store.as_ref(), &request, &items, now)?.unwrap_or_else(|| {
            let taken: BTreeSet<_> = items.iter().map(|item| item.run.clone()).collect();
            (free(&run_id(now), &taken), expires_at)
        }),
    };
    let expected = volume::expected(store.as_ref(), &request.wanted)?;
    let costs = Costs { expected, prices };
    let of = plan_of(&config, request, run, expires_at);
    let done = block_on(&config, async |access| {
        let plan = look_and_plan(&access, &config, &of).await?;
        if let Some(saved) = &saved {
            logging::compare(saved, &plan, &items)?;
        }
        if !args.apply {
            return Ok((plan, None));
        }
        tell(args, &plan, &costs)?;
        let Some(store) = store else {
            return Ok((plan, Some(Vec::new())));
        };
        let mut applied = carry_out(&plan, &access, &store, &config).await?;
        // Others need not wait for what AWS does on its own time.
        drop((lock, store));
        if !cli.quiet {
            tell_wait(&applied, &plan, &config);
        }
        applied.settle(&plan, looks(&config)).await;
        let outcomes = applied.outcomes;
        Ok((plan, Some(outcomes)))
    });
    let (plan, outcomes) = done?;
    finish(args, &plan, &costs, outcomes.as_deref())
}

/// Makes the calls of a plan. A run that is stopped stays open, for a repeat to go on with it.
async fn carry_out<'a>(
    plan: &'a Plan,
    access: &'a Access,
    store: &Store,
    config: &Config,
) -> anyhow::Result<Applied<'a>> {
    if !plan.actions.is_empty() {
        store.begin_logging(plan)?;
    }
    let applied = apply::apply(plan, access, store.another()?, manner(config)).await?;
    if !applied.is_cut_off() {
        store.finish_logging(&plan.run, Timestamp::now())?;
    }
    Ok(applied)
}

/// Tells that a wait begins, and that nothing is lost by ending it.
fn tell_wait(applied: &Applied<'_>, plan: &Plan, config: &Config) {
    let outcomes = plan.actions.iter().zip(&applied.outcomes);
    let begun = |(action, outcome): &(&Action, &Outcome)| {
        begins_to_log(action) && matches!(outcome, Outcome::Done(_))
    };
    let (count, seconds) = (
        outcomes.filter(begun).count(),
        config.logging.active_wait_seconds,
    );
    if count > 0 && seconds > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "all calls are made; waiting up to {seconds} s to see {count} of them take effect \
             (Ctrl-C ends the waiting only)"
        );
    }
}

/// What a plan is expected to cost.
struct Costs {
    expected: Expected,
    prices: PriceBook,
}

impl Costs {
    fn told(&self, plan: &Plan) -> String {
        show::cost(plan, &self.expected, &self.prices)
    }

    fn rows(&self, plan: &Plan, outcomes: Option<&[Outcome]>) -> Vec<show::Row> {
        show::rows_expecting(plan, outcomes, &self.expected, &self.prices)
    }
}

/// Tells the plan before it is carried out.
fn tell(args: &EnableArgs, plan: &Plan, costs: &Costs) -> anyhow::Result<()> {
    if args.common.format == TableFormat::Text {
        let rows = costs.rows(plan, None);
        let head = format!("Plan of run {}: {}", plan.run, show::counts(plan));
        show::plan_table(TableFormat::Text, &rows, &head, &costs.told(plan))?;
    }
    Ok(())
}

fn finish(
    args: &EnableArgs,
    plan: &Plan,
    costs: &Costs,
    outcomes: Option<&[Outcome]>,
) -> anyhow::Result<Exit> {
    let rows = costs.rows(plan, outcomes);
    let (head, foot) = if let Some(outcomes) = outcomes {
        (show::result(plan, outcomes, plan.expires_at), String::new())
    } else {
        let head = format!("Plan of run {}: {}", plan.run, show::counts(plan));
        let foot = "Nothing was changed; --apply carries the plan out.\n";
        (head, costs.told(plan) + foot)
    };
    if let (Some(path), false) = (&args.plan, args.apply) {
        write_file(path, &(serde_json::to_string_pretty(plan)? + "\n"))?;
    }
    show::outcome_table(args.common.format, &rows, &head, &foot, outcomes.is_some())?;
    Ok(show::exit(&rows))
}

async fn look_and_plan(access: &Access, config: &Config, of: &PlanOf) -> anyhow::Result<Plan> {
    let looking = Looking::new(access, config);
    let (request, here) = (&of.request, &looking);
    let everywhere = |_: &_| true;
    match &request.wanted {
        Wanted::Dns { destination } => {
            let own = matches!(destination, Destination::Own {});
            let read = |session| here.for_dns(session, request, own);
            looking.places(everywhere, read).await?;
            looking.central(request).await;
        }
        Wanted::Flow {
            nat_only,
            delivery_role,
            ..
        } => {
            let read = |session| here.for_flow(session, request, *nat_only);
            looking.places(everywhere, read).await?;
            looking.roles(|_| delivery_role.clone()).await;
        }
    }
    Ok(logging::enable(of, &looking.into_world()))
}

/// A run for the same request that was ended early: it is gone on with, so that all it made
/// carries the tags of one run. One that has expired, or of which nothing is left, is over.
fn going_on(
    store: Option<&Store>,
    request: &Request,
    items: &[Item],
    now: Timestamp,
) -> anyhow::Result<Option<(String, Timestamp)>> {
    let Some(store) = store else {
        return Ok(None);
    };
    let unfinished = store.unfinished_logging()?.into_iter();
    let same = |plan: &str| {
        let plan = read_plan(plan.as_bytes()).ok();
        plan.is_some_and(|plan| plan.request.as_ref() == Some(request))
    };
    let is_there = |run: &str| items.iter().any(|it| it.run == run && it.may_be_there());
    let mut same = unfinished
        .filter(|it| it.expires_at > now && is_there(&it.run))
        .filter(|it| same(&it.plan));
    Ok(same.next().map(|it| (it.run, it.expires_at)))
}

/// An id that no run has yet.
fn free(id: &str, taken: &BTreeSet<String>) -> String {
    let mut numbered = id.to_owned();
    for number in 2_u32.. {
        if !taken.contains(&numbered) {
            break;
        }
        numbered = format!("{id}-{number}");
    }
    numbered
}

fn plan_of(config: &Config, request: Request, run: String, expires_at: Timestamp) -> PlanOf {
    PlanOf {
        request,
        run,
        expires_at,
        query_log_configs: config.logging.query_log_configs,
        query_log_associations: config.logging.query_log_associations,
        resource_policies: config.logging.resource_policies,
    }
}

/// What was typed, as a request that a plan can hold.
fn request(config: &Config, args: &EnableArgs) -> anyhow::Result<Request> {
    let settings = &config.logging;
    check_kind(args)?;
    let (wanted, default_group) = match args.what {
        LogKind::Dns => (
            Wanted::Dns {
                destination: destination(args)?,
            },
            &settings.dns_log_group,
        ),
        LogKind::Flow => (flow(config, args)?, &settings.flow_log_group),
    };
    let log_group = args.log_group.as_ref().unwrap_or(default_group).clone();
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    if !(1..=512).contains(&log_group.len()) || !log_group.chars().all(letter) {
        anyhow::bail!(ConfigError::value(
            "--log-group",
            log_group,
            "1 to 512 letters, digits and . _ - / #"
        ));
    }
    let retention_days = args.retention_days.unwrap_or(settings.retention_days);
    if !RETENTION_DAYS.contains(&retention_days) {
        anyhow::bail!(ConfigError::value(
            "--retention-days",
            retention_days.to_string(),
            format!(
                "one of {}",
                RETENTION_DAYS.map(|days| days.to_string()).join(", ")
            )
        ));
    }
    Ok(Request {
        wanted,
        log_group,
        retention_days,
        vpc_ids: vpc_ids(&args.vpcs)?,
    })
}

/// A flag of the other sort of logs would be without effect, and was not meant to be.
fn check_kind(args: &EnableArgs) -> Result<(), ConfigError> {
    let of_flow = [
        ("--nat-only", args.nat_only, "query logs are of whole VPCs"),
        (
            "--aggregation",
            args.aggregation.is_some(),
            "query logs are written at once",
        ),
        (
            "--delivery-role",
            args.delivery_role.is_some(),
            "query logs need no role",
        ),
    ];
    let own = "flow logs go to log groups of their own account";
    let central = args.destination == LogDestination::Central || args.central_account.is_some();
    let of_dns = [("--destination, --central-account", central, own)];
    let (typed, odd) = match args.what {
        LogKind::Dns => ("dns", of_flow.iter().find(|(_, given, _)| *given)),
        LogKind::Flow => ("flow", of_dns.iter().find(|(_, given, _)| *given)),
    };
    match odd {
        Some((flag, _, why)) => Err(ConfigError::value(flag, typed, *why)),
        None => Ok(()),
    }
}

fn destination(args: &EnableArgs) -> anyhow::Result<Destination> {
    match (&args.central_account, args.destination) {
        (Some(id), LogDestination::Central) => Ok(Destination::Central {
            account_id: id
                .parse()
                .map_err(|_| ConfigError::value("--central-account", id, "12 digits"))?,
            with_organization: args.share_with == ShareWith::Organization,
        }),
        (Some(id), LogDestination::Own) => anyhow::bail!(ConfigError::value(
            "--central-account",
            id,
            "give --destination central too"
        )),
        (None, _) => Ok(Destination::Own {}),
    }
}

fn flow(config: &Config, args: &EnableArgs) -> anyhow::Result<Wanted> {
    let settings = &config.logging;
    let aggregation_seconds = args.aggregation.unwrap_or(settings.aggregation_seconds);
    if ![60, 600].contains(&aggregation_seconds) {
        anyhow::bail!(ConfigError::value(
            "--aggregation",
            aggregation_seconds.to_string(),
            "60 or 600 seconds"
        ));
    }
    let role = args.delivery_role.as_ref();
    let delivery_role = role.unwrap_or(&settings.delivery_role).clone();
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+=,.@_-".contains(letter);
    if !(1..=64).contains(&delivery_role.len()) || !delivery_role.chars().all(letter) {
        anyhow::bail!(ConfigError::value(
            "--delivery-role",
            delivery_role,
            "the name of an IAM role: 1 to 64 letters, digits and + = , . @ _ -"
        ));
    }
    Ok(Wanted::Flow {
        nat_only: args.nat_only,
        aggregation_seconds,
        delivery_role,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::logging::{ItemState, VERSION, Work};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn request(log_group: &str) -> Request {
        Request {
            wanted: Wanted::Dns {
                destination: Destination::Own {},
            },
            log_group: log_group.to_owned(),
            retention_days: 7,
            vpc_ids: Vec::new(),
        }
    }

    #[test]
    fn only_a_run_that_has_not_expired_and_of_which_something_is_left_is_gone_on_with() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        let action = Action {
            key: "one".to_owned(),
            account_id: "123456789012".parse().unwrap(),
            region: None,
            name: "one".to_owned(),
            work: Work::CreateLogGroup {
                log_group: "/a".to_owned(),
            },
            depends_on: Vec::new(),
        };
        let plan = Plan {
            version: VERSION,
            run: "killed".to_owned(),
            made_at: at("2026-01-01T00:00:00Z"),
            expires_at: at("2026-01-15T00:00:00Z"),
            request: Some(request("/a")),
            fingerprint: String::new(),
            tags: [].into(),
            actions: vec![action.clone()],
            notes: Vec::new(),
        };
        store.begin_logging(&plan).unwrap();
        let found = |log_group: &str, now: &str| {
            let items = store.logging_items().unwrap();
            let found = going_on(Some(&store), &request(log_group), &items, at(now));
            found.unwrap().map(|(run, _)| run)
        };
        let (early, late) = ("2026-01-02T00:00:00Z", "2026-01-15T00:00:00Z");
        assert_eq!(found("/a", early), None, "nothing was begun");
        let note = |state| store.note_logging("killed", &action, state, None).unwrap();
        note(ItemState::Begun);
        assert_eq!(found("/a", early).as_deref(), Some("killed"));
        assert_eq!(found("/b", early), None, "something else was asked for");
        assert_eq!(found("/a", late), None, "it has expired");
        note(ItemState::Undone);
        assert_eq!(found("/a", early), None, "nothing is left of it");
    }
}
