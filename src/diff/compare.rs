//! The things of two runs, matched by their ids.

use std::collections::BTreeMap;

use super::{Change, Kind, Row, Tables};
use crate::model::{
    coverage::{Outcome, Step},
    id::{AccountId, Region},
    outcomes::Outcomes,
    report::{EndpointRow, NatGatewayRow, VpcRow, VpcServiceRow},
};

/// What a run looked at.
struct RunCoverage<'r> {
    run: &'r str,
    outcomes: &'r Outcomes,
    vpcs: BTreeMap<&'r str, &'r VpcRow>,
}

impl<'r> RunCoverage<'r> {
    fn new(tables: &'r Tables) -> Self {
        let vpcs = tables.vpcs.iter();
        Self {
            run: &tables.run.id,
            outcomes: &tables.outcomes,
            vpcs: vpcs.map(|vpc| (vpc.vpc_id.as_str(), vpc)).collect(),
        }
    }

    /// Why the run cannot show what is there; none if it can.
    fn why_unknown(&self, account: &AccountId, region: &Region, step: Step) -> Option<String> {
        let ended = |region, step| self.outcomes.ended(account, region, step);
        let here = ended(Some(region), step);
        let first = here
            .or_else(|| ended(Some(region), Step::Regions))
            .or_else(|| ended(None, step))
            .or_else(|| ended(None, Step::AssumeRole));
        let (run, name) = (self.run, step.name());
        match (
            here.map(|it| it.outcome),
            first.map(|it| (it.outcome, it.reason)),
        ) {
            (Some(Outcome::Complete), _) => None,
            (_, Some((outcome, Some(reason)))) => {
                let (outcome, reason) = (outcome.name(), reason.name());
                Some(format!("run {run}: {name} {outcome}, {reason}"))
            }
            _ => Some(format!("run {run} did not scan it")),
        }
    }

    /// The same for the services that a VPC calls.
    fn why_services_unknown(&self, row: &VpcServiceRow) -> Option<String> {
        match self.vpcs.get(row.vpc_id.as_str()) {
            Some(vpc) if vpc.dns_queries.is_some() => None,
            Some(_) => Some(format!(
                "run {}: no DNS queries of the VPC are known",
                self.run
            )),
            None => self.why_unknown(&row.account_id, &row.region, Step::Vpcs),
        }
    }
}

/// All rows, in the order of kind, account, region, VPC and id.
pub(super) fn changes(before: &Tables, after: &Tables) -> Vec<Row> {
    let seen = (&RunCoverage::new(before), &RunCoverage::new(after));
    let mut rows = vpcs(before, after, seen);
    rows.extend(endpoints(before, after, seen));
    rows.extend(services(before, after, seen));
    rows.extend(nat_gateways(before, after, seen));
    rows.sort_by(|a, b| {
        let key = |row: &Row| {
            let Row {
                kind, account_id, ..
            } = row;
            (*kind, account_id.clone(), row.region.clone())
        };
        (key(a), &a.vpc_id, &a.id).cmp(&(key(b), &b.vpc_id, &b.id))
    });
    rows
}

/// Things by id, those of both runs side by side.
fn pairs<'r, T, K: Ord>(
    before: &'r [T],
    after: &'r [T],
    key: impl Fn(&'r T) -> K,
) -> Vec<(Option<&'r T>, Option<&'r T>)> {
    let mut all: BTreeMap<K, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for it in before {
        all.entry(key(it)).or_default().0 = Some(it);
    }
    for it in after {
        all.entry(key(it)).or_default().1 = Some(it);
    }
    all.into_values().collect()
}

/// What became of a thing; `why_unknown` is why the run that lacks it could not have seen it.
fn fate(
    there: (bool, bool),
    why_unknown: impl FnOnce(bool) -> Option<String>,
) -> (Change, Option<String>) {
    let change = match there {
        (true, true) => return (Change::Changed, None),
        (false, _) => Change::Added,
        (true, false) => Change::Removed,
    };
    // The run that lacks it: the one before, if it is there now.
    match why_unknown(change == Change::Added) {
        None => (change, None),
        why => (Change::Unknown, why),
    }
}

type BothRuns<'s, 'r> = (&'s RunCoverage<'r>, &'s RunCoverage<'r>);

fn vpcs(before: &Tables, after: &Tables, seen: BothRuns<'_, '_>) -> Vec<Row> {
    let mut rows = Vec::new();
    for (old, new) in pairs(&before.vpcs, &after.vpcs, |vpc| &vpc.vpc_id) {
        let Some(any) = new.or(old) else { continue };
        let row = |kind, change, note| Row {
            account_id: Some(any.account_id.clone()),
            account_name: any.account_name.clone(),
            region: Some(any.region.clone()),
            vpc_id: Some(any.vpc_id.clone()),
            note,
            ..Row::new(kind, change, any.vpc_id.as_str())
        };
        if let (Some(old), Some(new)) = (old, new) {
            let change = logging(old, new);
            if let Some(change) = change {
                rows.push(Row {
                    before: Some(destinations(old)),
                    after: Some(destinations(new)),
                    ..row(Kind::QueryLogging, change, None)
                });
            }
            if let Some(change) = flow_logs(old, new) {
                rows.push(Row {
                    before: Some(old.flow_logs.join(" ")),
                    after: Some(new.flow_logs.join(" ")),
                    ..row(Kind::FlowLogs, change, None)
                });
            }
            continue;
        }
        let (change, note) = fate((old.is_some(), new.is_some()), |first| {
            let why_unknown = if first { seen.0 } else { seen.1 };
            why_unknown.why_unknown(&any.account_id, &any.region, Step::Vpcs)
        });
        let name = |vpc: &VpcRow| {
            vpc.vpc_name
                .clone()
                .unwrap_or_else(|| vpc.vpc_id.to_string())
        };
        rows.push(Row {
            before: old.map(name),
            after: new.map(name),
            query_count_before: old.and_then(|vpc| vpc.dns_queries),
            query_count_after: new.and_then(|vpc| vpc.dns_queries),
            ..row(Kind::Vpc, change, note)
        });
    }
    rows
}

fn logging(old: &VpcRow, new: &VpcRow) -> Option<Change> {
    let (was, is) = (old.query_logging.as_str(), new.query_logging.as_str());
    match (was, is) {
        _ if (was, &old.query_log_destinations) == (is, &new.query_log_destinations) => None,
        ("unknown", _) | (_, "unknown") => Some(Change::Unknown),
        ("none", _) => Some(Change::Added),
        (_, "none") => Some(Change::Removed),
        _ => Some(Change::Changed),
    }
}

fn flow_logs(old: &VpcRow, new: &VpcRow) -> Option<Change> {
    let is = |vpc: &VpcRow, word: &str| vpc.flow_logs.iter().any(|it| it == word);
    match (old, new) {
        _ if old.flow_logs == new.flow_logs => None,
        // Versions before flow logs were read.
        _ if old.flow_logs.is_empty() || new.flow_logs.is_empty() => None,
        _ if is(old, "unknown") || is(new, "unknown") => Some(Change::Unknown),
        _ if is(old, "none") => Some(Change::Added),
        _ if is(new, "none") => Some(Change::Removed),
        _ => Some(Change::Changed),
    }
}

fn destinations(vpc: &VpcRow) -> String {
    if vpc.query_log_destinations.is_empty() {
        return vpc.query_logging.clone();
    }
    let places = vpc.query_log_destinations.join(" ");
    format!("{}: {places}", vpc.query_logging)
}

fn endpoints(before: &Tables, after: &Tables, seen: BothRuns<'_, '_>) -> Vec<Row> {
    let text = |it: &EndpointRow| format!("{} {} {}", it.service, it.endpoint_type, it.state);
    let all = pairs(&before.endpoints, &after.endpoints, |it| &it.endpoint_id);
    all.into_iter()
        .filter(|(old, new)| old.map(text) != new.map(text))
        .filter_map(|(old, new)| {
            let any = new.or(old)?;
            let (change, note) = fate((old.is_some(), new.is_some()), |first| {
                let why_unknown = if first { seen.0 } else { seen.1 };
                why_unknown.why_unknown(&any.account_id, &any.region, Step::Endpoints)
            });
            let row = Row {
                account_id: Some(any.account_id.clone()),
                account_name: any.account_name.clone(),
                region: Some(any.region.clone()),
                vpc_id: Some(any.vpc_id.clone()),
                before: old.map(text),
                after: new.map(text),
                monthly_usd_before: old.and_then(|it| it.monthly_usd),
                monthly_usd_after: new.and_then(|it| it.monthly_usd),
                note,
                ..Row::new(Kind::Endpoint, change, any.endpoint_id.as_str())
            };
            Some(row.priced())
        })
        .collect()
}

fn services(before: &Tables, after: &Tables, seen: BothRuns<'_, '_>) -> Vec<Row> {
    let path = |it: &VpcServiceRow| {
        let word = serde_json::to_value(it.path).unwrap_or_default();
        word.as_str().unwrap_or_default().to_owned()
    };
    let key = |it: &VpcServiceRow| {
        (
            it.vpc_id.clone(),
            it.service.clone(),
            it.service_region.clone(),
        )
    };
    let all = pairs(&before.vpc_services, &after.vpc_services, key);
    all.into_iter()
        .filter(|(old, new)| old.map(path) != new.map(path))
        .filter_map(|(old, new)| {
            let any = new.or(old)?;
            let (change, note) = fate((old.is_some(), new.is_some()), |first| {
                let why_unknown = if first { seen.0 } else { seen.1 };
                why_unknown.why_services_unknown(any)
            });
            let id = match &any.service_region {
                Some(region) if *region != any.region.to_string() => {
                    format!("{} {region}", any.service)
                }
                _ => any.service.clone(),
            };
            Some(Row {
                account_id: Some(any.account_id.clone()),
                account_name: any.account_name.clone(),
                region: Some(any.region.clone()),
                vpc_id: Some(any.vpc_id.clone()),
                before: old.map(path),
                after: new.map(path),
                query_count_before: old.map(|it| it.query_count),
                query_count_after: new.map(|it| it.query_count),
                note,
                ..Row::new(Kind::Service, change, id)
            })
        })
        .collect()
}

fn nat_gateways(before: &Tables, after: &Tables, seen: BothRuns<'_, '_>) -> Vec<Row> {
    let shown = |it: &NatGatewayRow| {
        (
            it.state.clone(),
            it.gb_processed_month,
            it.monthly_total_usd,
            it.idle,
        )
    };
    let all = pairs(&before.nat_gateways, &after.nat_gateways, |it| {
        &it.nat_gateway_id
    });
    all.into_iter()
        .filter(|(old, new)| old.map(shown) != new.map(shown))
        .filter_map(|(old, new)| {
            let any = new.or(old)?;
            let (change, note) = fate((old.is_some(), new.is_some()), |first| {
                let why_unknown = if first { seen.0 } else { seen.1 };
                why_unknown.why_unknown(&any.account_id, &any.region, Step::NatGateways)
            });
            let row = Row {
                account_id: Some(any.account_id.clone()),
                account_name: any.account_name.clone(),
                region: Some(any.region.clone()),
                vpc_id: Some(any.vpc_id.clone()),
                before: old.map(|it| it.state.to_string()),
                after: new.map(|it| it.state.to_string()),
                gb_month_before: old.and_then(|it| it.gb_processed_month),
                gb_month_after: new.and_then(|it| it.gb_processed_month),
                monthly_usd_before: old.and_then(|it| it.monthly_total_usd),
                monthly_usd_after: new.and_then(|it| it.monthly_total_usd),
                note,
                ..Row::new(Kind::NatGateway, change, any.nat_gateway_id.as_str())
            };
            Some(row.priced())
        })
        .collect()
}
