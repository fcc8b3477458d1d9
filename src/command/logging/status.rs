//! `logging status`: of a stored run, or asked of AWS now.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};

use super::{
    block_on,
    gather::{Looking, named},
    reading,
    show::{printable, table},
};
use crate::{
    Exit,
    cli::{Cli, logging::StatusArgs},
    config::Config,
    logging::{
        look,
        status::{Arrived, COLUMNS, Known, Row, rows},
        world::{Place, World, log_group_of},
    },
    model::{
        coverage::{Failure, Step},
        facts::Facts,
        inventory::QueryLogConfig,
        target::Target,
    },
    org::session::Access,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &StatusArgs) -> anyhow::Result<Exit> {
    let rows = if let Some(run) = &args.run {
        stored(cli, args, run)?
    } else {
        let config = reading(cli, &args.scope, &args.common)?;
        block_on(&config, async |access| live(&access, &config).await)?
    };
    table(args.common.format, &COLUMNS, &rows, || text(&rows))?;
    let gap = rows.iter().any(Row::is_gap);
    Ok(if gap { Exit::Gaps } else { Exit::Complete })
}

fn stored(cli: &Cli, args: &StatusArgs, run: &str) -> anyhow::Result<Vec<Row>> {
    let store = super::super::stored(cli, args.common.state_dir.as_ref())?;
    let record = super::super::finished_run(&store, run)?;
    let mut facts = Facts::default();
    let steps = [Step::Vpcs, Step::QueryLogging, Step::FlowLogs];
    store.each_of(record.key, &steps, |finished| facts.absorb(finished))?;
    let mut all = rows(&facts, &Known::default());
    // What the scan could not read is not "not logged".
    let (dns, flow) = (
        facts.complete(Step::QueryLogging),
        facts.complete(Step::FlowLogs),
    );
    for row in &mut all {
        let (Ok(account_id), Ok(region)) = (row.account_id.parse(), row.region.parse()) else {
            continue;
        };
        let target = Target { account_id, region };
        let known = if row.log == "dns" { &dns } else { &flow };
        if row.state == "not_logged" && !known.contains(&target) {
            row.state = "unknown";
            row.message = Some("the scan could not read it; see coverage.csv".to_owned());
        }
    }
    Ok(all)
}

async fn live(access: &Access, config: &Config) -> anyhow::Result<Vec<Row>> {
    let looking = Looking::new(access, config);
    let here = &looking;
    looking
        .places(|_| true, |session| here.for_status(session))
        .await?;
    let world = looking.into_world();
    let facts = facts(&world);
    let mut known = Known::default();
    for place in world.places.values() {
        known.tags.extend(place.config_tags.clone());
        let logs = place.marked_flow_logs.iter();
        let logs = logs.map(|log| (log.flow_log_id.clone(), log.tags.clone()));
        known.tags.extend(logs);
    }
    mark_central(access, config, &facts, &mut known).await;
    let groups: Vec<_> = groups(&facts).into_iter().collect();
    known.groups = stream::iter(groups)
        .map(|(target, name)| async move {
            let found = Box::pin(look_into(access, &target, &name)).await;
            ((target, name), found)
        })
        .buffer_unordered(config.limits.log_groups)
        .collect()
        .await;
    let mut all = rows(&facts, &known);
    all.extend(world.unread.iter().map(|unread| {
        Row {
            account_id: unread
                .account_id
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            region: unread
                .region
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            log: "-",
            state: "unknown",
            message: Some(format!("{}: {}", unread.name, unread.failure)),
            ..Row::default()
        }
    }));
    Ok(all)
}

/// Reads the tags of shared configurations: the account that owns them often has no VPC, and was
/// not looked at.
async fn mark_central(access: &Access, config: &Config, facts: &Facts, known: &mut Known) {
    let mut unmarked: BTreeMap<Target, BTreeMap<&str, &QueryLogConfig>> = BTreeMap::new();
    for association in &facts.query_log_associations {
        let shared = facts.query_log_configs.get(&association.config_id);
        if let Some(shared) = shared.filter(|it| !known.tags.contains_key(&it.config_id)) {
            let owner = Target {
                account_id: shared.owner_account_id.clone(),
                region: association.target.region.clone(),
            };
            let of_owner = unmarked.entry(owner).or_default();
            of_owner.insert(&shared.config_id, shared);
        }
    }
    let marked: Vec<_> = stream::iter(unmarked)
        .map(|(target, configs)| async move {
            let mut place = Place::new(target.clone(), access.partition());
            place.configs = configs.into_values().cloned().collect();
            // Whose they are is worth telling, and no reason to fail.
            if let Ok(account) = access.account(&target.account_id).await {
                let session = account.session(&target.region);
                let none = BTreeSet::new();
                let _ = Box::pin(look::mark_configs(&session, &mut place, &none)).await;
            }
            place.config_tags
        })
        .buffer_unordered(config.limits.accounts)
        .collect()
        .await;
    known.tags.extend(marked.into_iter().flatten());
}

/// The world in the shape that a stored run has.
fn facts(world: &World) -> Facts {
    let mut facts = Facts::default();
    for place in world.places.values() {
        facts.vpcs.extend(place.vpcs.clone());
        for config in &place.configs {
            let id = config.config_id.clone();
            facts.query_log_configs.entry(id).or_insert(config.clone());
        }
        facts
            .query_log_associations
            .extend(place.associations.clone());
        for log in &place.flow_logs {
            let id = log.flow_log_id.clone();
            facts.flow_logs.insert(id, log.clone());
        }
    }
    facts
}

/// The log groups that are written to, wherever they are.
fn groups(facts: &Facts) -> BTreeSet<(Target, String)> {
    let mut groups = BTreeSet::new();
    for association in &facts.query_log_associations {
        let config = facts.query_log_configs.get(&association.config_id);
        if let Some(destination) = config.map(|config| &config.destination)
            && let (Some(name), Ok(account_id)) =
                (log_group_of(destination), destination.account().parse())
        {
            let region = association.target.region.clone();
            groups.insert((Target { account_id, region }, name.to_owned()));
        }
    }
    for log in facts.flow_logs.values() {
        if log.destination_type == "cloud-watch-logs"
            && let Some(name) = &log.destination
        {
            let arn = name.parse().ok();
            let name = arn.as_ref().and_then(log_group_of).unwrap_or(name);
            groups.insert((log.target.clone(), name.to_owned()));
        }
    }
    groups
}

async fn look_into(access: &Access, target: &Target, name: &str) -> Result<Arrived, Failure> {
    let session = access.account(&target.account_id).await?;
    let session = session.session(&target.region);
    let group = look::bare_log_group(&session, name).await?;
    let last_event_at = match &group {
        Some(_) => look::last_event(&session, name).await?,
        None => None,
    };
    Ok(Arrived {
        group: group.map(|(group, _)| group),
        last_event_at,
    })
}

impl Looking<'_> {
    /// What the status needs.
    async fn for_status(
        &self,
        session: crate::org::session::Session,
    ) -> Result<Option<crate::logging::world::Place>, super::gather::Missing> {
        let Some(mut place) = self.with_vpcs(&session).await? else {
            return Ok(None);
        };
        (place.configs, place.associations) =
            named("query logging", crate::collect::query_log::list(&session)).await?;
        // Whose they are is worth telling, and no reason to fail.
        let none = BTreeSet::new();
        let _ = Box::pin(look::mark_configs(&session, &mut place, &none)).await;
        place.flow_logs = named("flow logs", crate::collect::flow_log::list(&session)).await?;
        place.marked_flow_logs = named("flow logs", look::marked_flow_logs(&session)).await?;
        Ok(Some(place))
    }
}

fn text(rows: &[Row]) -> String {
    let mut text = format!(
        "{:<13}{:<16}{:<23}{:<6}{:<12}{:<11}{:<22}{}\n",
        "ACCOUNT", "REGION", "VPC", "LOG", "STATE", "RETENTION", "LAST EVENT", "DESTINATION"
    );
    for row in rows {
        let days = row
            .retention_days
            .map_or_else(|| "-".to_owned(), |days| format!("{days} days"));
        let last = row.last_event_at.as_deref().unwrap_or("-");
        let mut line = format!(
            "{:<13}{:<16}{:<23}{:<6}{:<12}{days:<11}{last:<22}{}",
            row.account_id,
            row.region,
            row.vpc_id.as_deref().unwrap_or("-"),
            row.log,
            row.state,
            row.destination.as_deref().unwrap_or("-"),
        );
        for more in [&row.log_error, &row.message].into_iter().flatten() {
            line.push_str(" | ");
            line.push_str(more);
        }
        if let Some(at) = &row.expires_at {
            line.push_str(" | ours, expires ");
            line.push_str(at);
        }
        text.push_str(&printable(&line));
        text.push('\n');
    }
    text
}
