//! From facts and judgements to the view model. Sums say what they leave out.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::network;
use crate::model::{
    classified::{ClassifiedHost, Egress, VpcService},
    cost::NatGatewayCost,
    coverage::{Cell, Outcome, Reason, Step},
    facts::Facts,
    id::AccountId,
    index::ByVpc,
    inventory::Vpc,
    money::{Amount, Price},
    report::{
        AccountRow, CoverageRow, HostRow, Report, SCHEMA_VERSION, ServiceRow, Totals, VpcRow,
        VpcServiceRow,
    },
    run::Run,
};

/// Everything that a report is made of.
#[derive(Debug)]
pub struct Parts<'p> {
    /// What was read.
    pub facts: &'p Facts,
    /// Hosts, judged.
    pub hosts: &'p [ClassifiedHost],
    /// Services, judged.
    pub services: &'p [VpcService],
    /// Ways out, by VPC.
    pub egress: &'p BTreeMap<String, Vec<Egress>>,
    /// Service names of endpoint service names.
    pub service_names: &'p BTreeMap<String, String>,
    /// Costs by NAT gateway.
    pub nat_costs: &'p BTreeMap<String, NatGatewayCost>,
    /// Monthly cost by endpoint.
    pub endpoint_costs: &'p BTreeMap<String, Option<Decimal>>,
    /// What Logs Insights took.
    pub logs_scan_usd: Option<Decimal>,
    /// Unit prices used.
    pub prices: Vec<Price>,
    /// The run.
    pub run: Run,
}

/// Builds the report.
pub fn report(parts: &Parts<'_>) -> Report {
    let names = parts.facts.account_names();
    let vpcs: BTreeMap<String, &Vpc> = parts
        .facts
        .distinct_vpcs()
        .into_iter()
        .map(|vpc| (vpc.vpc_id.clone(), vpc))
        .collect();
    let view = View {
        parts,
        names: &names,
        vpcs: &vpcs,
        index: ByVpc::new(parts.facts),
    };
    let vpc_rows = view.vpcs();
    let vpc_services = view.vpc_services();
    let nat_gateways = network::nat_gateways(parts.facts, &names, parts.nat_costs);
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        generated_at: parts.run.finished_at,
        tool: concat!("vpce-scout ", env!("CARGO_PKG_VERSION")).to_owned(),
        run: parts.run.clone(),
        totals: Totals::default(),
        prices: parts.prices.clone(),
        accounts: view.accounts(),
        coverage: view.coverage(),
        services: services(&vpc_services),
        hosts: view.hosts(),
        endpoints: network::endpoints(
            parts.facts,
            &names,
            parts.endpoint_costs,
            parts.service_names,
        ),
        vpcs: vpc_rows,
        vpc_services,
        nat_gateways,
    };
    report.totals = view.totals(&report);
    report
}

struct View<'v> {
    parts: &'v Parts<'v>,
    names: &'v BTreeMap<&'v AccountId, &'v str>,
    vpcs: &'v BTreeMap<String, &'v Vpc>,
    index: ByVpc<'v>,
}

/// `part` of `whole` as a fraction of one, rounded to six places.
fn share(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a share needs six places")]
    (whole > 0).then(|| (part as f64 / whole as f64 * 1e6).round() / 1e6)
}

fn texts<T: ToString>(items: impl IntoIterator<Item = T>) -> Vec<String> {
    items.into_iter().map(|item| item.to_string()).collect()
}

fn count(items: usize) -> u64 {
    items as u64
}

impl View<'_> {
    fn name(&self, id: &AccountId) -> Option<String> {
        self.names.get(id).map(ToString::to_string)
    }

    fn accounts(&self) -> Vec<AccountRow> {
        let facts = self.parts.facts;
        let mut cells_of: BTreeMap<&AccountId, Vec<&Cell>> = BTreeMap::new();
        for cell in &facts.cells {
            if let Some(id) = &cell.account_id {
                cells_of.entry(id).or_default().push(cell);
            }
        }
        let mut vpcs_of: BTreeMap<&AccountId, u64> = BTreeMap::new();
        for vpc in self.vpcs.values() {
            *vpcs_of.entry(&vpc.target.account_id).or_default() += 1;
        }
        let mut rows: Vec<_> = facts
            .accounts
            .iter()
            .map(|account| {
                let cells = || cells_of.get(&account.id).into_iter().flatten();
                let regions: BTreeSet<_> = cells()
                    .filter(|it| it.outcome == Outcome::Complete && it.step != Step::DnsUsage)
                    .filter_map(|it| it.region.as_ref())
                    .collect();
                let stopped_by = cells()
                    .filter(|it| it.region.is_none() && it.outcome != Outcome::Complete)
                    .min_by_key(|it| it.step)
                    .and_then(|it| it.reason);
                let scanned = !regions.is_empty();
                AccountRow {
                    account_id: account.id.clone(),
                    account_name: account.name.clone(),
                    ou_path: account.ou_path.clone(),
                    status: Some(account.status.word().to_owned()).filter(|word| !word.is_empty()),
                    scanned,
                    regions_scanned: count(regions.len()),
                    vpcs: scanned.then(|| vpcs_of.get(&account.id).copied().unwrap_or(0)),
                    reason: stopped_by.map(|reason| reason.name().to_owned()),
                }
            })
            .collect();
        rows.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        rows
    }

    fn coverage(&self) -> Vec<CoverageRow> {
        let mut cells: Vec<_> = self.parts.facts.cells.iter().collect();
        cells.sort_by_key(|cell| cell.sort_key());
        let row = |cell: &&Cell| CoverageRow {
            account_id: cell.account_id.clone(),
            account_name: cell.account_id.as_ref().and_then(|id| self.name(id)),
            region: cell.region.clone(),
            step: cell.step.name().to_owned(),
            outcome: cell.outcome.name().to_owned(),
            reason: cell.reason.map(|reason| reason.name().to_owned()),
            error_code: cell.error_code.clone(),
            message: cell.message.clone(),
            request_id: cell.request_id.clone(),
            attempts: cell.attempts,
            duration_ms: cell.duration_ms,
        };
        cells.iter().map(row).collect()
    }

    fn vpcs(&self) -> Vec<VpcRow> {
        let facts = self.parts.facts;
        let [subnets, tables, gateways, endpoints, logging, flow_logs] = [
            Step::Subnets,
            Step::RouteTables,
            Step::NatGateways,
            Step::Endpoints,
            Step::QueryLogging,
            Step::FlowLogs,
        ]
        .map(|step| facts.complete(step));
        let aws = self.aws_usage();
        facts
            .distinct_vpcs()
            .into_iter()
            .map(|vpc| {
                let at = &vpc.target;
                let in_vpc = self.index.subnets(&vpc.vpc_id);
                let zones: BTreeSet<_> = in_vpc
                    .iter()
                    .map(|it| it.availability_zone.clone())
                    .collect();
                let nat = self.index.nat_gateways(&vpc.vpc_id).iter();
                let nat = nat.filter(|it| it.state == "available");
                let dns = facts.dns.get(&vpc.vpc_id);
                let (queries, services) = aws.get(vpc.vpc_id.as_str()).copied().unwrap_or_default();
                let (query_logging, destinations) =
                    self.index.query_logging(vpc, logging.contains(at));
                VpcRow {
                    account_id: at.account_id.clone(),
                    account_name: self.name(&at.account_id),
                    region: at.region.clone(),
                    vpc_id: vpc.vpc_id.clone(),
                    vpc_name: vpc.name.clone(),
                    owner_account_id: vpc.owner_account_id.clone(),
                    is_default: vpc.is_default,
                    cidrs: texts(&vpc.cidrs),
                    dns_support: vpc.dns_support,
                    dns_hostnames: vpc.dns_hostnames,
                    availability_zones: subnets.contains(at).then(|| zones.into_iter().collect()),
                    subnets: subnets.contains(at).then(|| count(in_vpc.len())),
                    nat_gateways: gateways.contains(at).then(|| count(nat.count())),
                    egress: (tables.contains(at) && subnets.contains(at))
                        .then(|| self.parts.egress.get(&vpc.vpc_id).cloned())
                        .flatten(),
                    query_logging: query_logging.to_owned(),
                    query_log_destinations: destinations,
                    flow_logs: self.index.flow_log_kinds(vpc, flow_logs.contains(at)),
                    endpoints: endpoints
                        .contains(at)
                        .then(|| count(self.index.endpoints(&vpc.vpc_id).len())),
                    dns_queries: dns.and_then(|it| it.queries),
                    aws_queries: dns.map(|_| queries),
                    aws_services: dns.map(|_| services),
                }
            })
            .collect()
    }

    /// Queries to AWS services, and distinct services, by VPC.
    fn aws_usage(&self) -> BTreeMap<&str, (u64, u64)> {
        let mut services: BTreeMap<&str, (u64, BTreeSet<&str>)> = BTreeMap::new();
        for service in self.parts.services {
            let entry = services.entry(&service.vpc_id).or_default();
            entry.0 += service.queries;
            entry.1.insert(&service.service);
        }
        services
            .into_iter()
            .map(|(vpc, (queries, set))| (vpc, (queries, count(set.len()))))
            .collect()
    }

    fn vpc_services(&self) -> Vec<VpcServiceRow> {
        let aws = self.aws_usage();
        let mut rows: Vec<_> = self
            .parts
            .services
            .iter()
            .filter_map(|service| {
                let vpc = self.vpcs.get(&service.vpc_id)?;
                let (queries, _) = aws
                    .get(service.vpc_id.as_str())
                    .copied()
                    .unwrap_or_default();
                Some(VpcServiceRow {
                    account_id: vpc.target.account_id.clone(),
                    account_name: self.name(&vpc.target.account_id),
                    region: vpc.target.region.clone(),
                    vpc_id: vpc.vpc_id.clone(),
                    vpc_name: vpc.name.clone(),
                    service: service.service.clone(),
                    service_region: service.service_region.clone(),
                    query_count: service.queries,
                    query_share: share(service.queries, queries),
                    hosts: count(service.hosts.len()),
                    top_host: service.hosts.first().cloned().unwrap_or_default(),
                    sources: Some(service.sources).filter(|sources| *sources > 0),
                    endpoint_service_name: service.endpoint_service_name.clone(),
                    endpoint_types: service.endpoint_types.iter().cloned().collect(),
                    endpoint_supported: service.endpoint_supported,
                    endpoint_exists: service.endpoint_exists,
                    endpoint_ids: service.endpoint_ids.clone(),
                    path: service.path,
                    private_queries: service.private_queries,
                    public_queries: service.public_queries,
                    answers: texts(&service.answers),
                    bytes_to_service: None,
                    bytes_from_service: None,
                    nat_bytes: None,
                })
            })
            .collect();
        rows.sort_by(|a, b| {
            (
                &a.account_id,
                &a.region,
                &a.vpc_id,
                b.query_count,
                &a.service,
                &a.service_region,
            )
                .cmp(&(
                    &b.account_id,
                    &b.region,
                    &b.vpc_id,
                    a.query_count,
                    &b.service,
                    &b.service_region,
                ))
        });
        rows
    }

    fn hosts(&self) -> Vec<HostRow> {
        let mut rows: Vec<_> = self
            .parts
            .hosts
            .iter()
            .filter_map(|host| {
                let vpc = self.vpcs.get(&host.vpc_id)?;
                Some(HostRow {
                    account_id: vpc.target.account_id.clone(),
                    region: vpc.target.region.clone(),
                    vpc_id: host.vpc_id.clone(),
                    host: host.host.clone(),
                    kind: host.kind,
                    service: host.service.clone(),
                    service_region: host.service_region.clone(),
                    query_count: host.queries,
                    nxdomain_queries: host.nxdomain_queries,
                    answers: texts(&host.answers),
                })
            })
            .collect();
        rows.sort_by(|a, b| {
            (&a.account_id, &a.region, &a.vpc_id, b.query_count, &a.host).cmp(&(
                &b.account_id,
                &b.region,
                &b.vpc_id,
                a.query_count,
                &b.host,
            ))
        });
        rows
    }

    fn totals(&self, report: &Report) -> Totals {
        let facts = self.parts.facts;
        let mut gaps = BTreeMap::new();
        for cell in facts.cells.iter().filter(|cell| cell.is_gap()) {
            let reason = cell.reason.map_or("other", Reason::name);
            *gaps.entry(reason.to_owned()).or_insert(0) += 1;
        }
        let regions: BTreeSet<_> = facts
            .cells
            .iter()
            .filter(|cell| cell.outcome == Outcome::Complete)
            .filter_map(|cell| cell.region.as_ref())
            .collect();
        let unlisted = facts
            .dns
            .iter()
            .filter(|(vpc, _)| !self.vpcs.contains_key(*vpc));
        let known_costs = report
            .nat_gateways
            .iter()
            .filter_map(|row| row.monthly_total_usd);
        let unknown = report
            .nat_gateways
            .iter()
            .filter(|row| row.monthly_total_usd.is_none());
        let logging = |word: &str| {
            count(
                report
                    .vpcs
                    .iter()
                    .filter(|vpc| vpc.query_logging == word)
                    .count(),
            )
        };
        let logged = self
            .vpcs
            .keys()
            .filter(|vpc| self.index.is_logged(vpc))
            .count();
        Totals {
            accounts: count(facts.accounts.len()),
            accounts_scanned: count(report.accounts.iter().filter(|it| it.scanned).count()),
            regions: count(regions.len()),
            vpcs: count(report.vpcs.len()),
            vpcs_logged: count(logged),
            vpcs_logging_unknown: logging("unknown"),
            dns_queries: report.vpcs.iter().filter_map(|vpc| vpc.dns_queries).sum(),
            aws_queries: report.vpcs.iter().filter_map(|vpc| vpc.aws_queries).sum(),
            unlisted_vpc_queries: unlisted.filter_map(|(_, dns)| dns.queries).sum(),
            nat_gateways: count(report.nat_gateways.len()),
            nat_monthly_usd: network::usd(Some(known_costs.map(|amount| amount.0).sum())),
            nat_gateways_cost_unknown: count(unknown.count()),
            logs_bytes_scanned: facts.bytes_scanned.values().sum(),
            logs_scan_usd: self
                .parts
                .logs_scan_usd
                .map(|usd| Amount(usd.round_dp(6).normalize())),
            gaps,
        }
    }
}

/// The services over all VPCs, the most queried first.
fn services(rows: &[VpcServiceRow]) -> Vec<ServiceRow> {
    let mut by_service: BTreeMap<&str, Vec<&VpcServiceRow>> = BTreeMap::new();
    for row in rows {
        by_service.entry(&row.service).or_default().push(row);
    }
    let total = rows.iter().map(|row| row.query_count).sum();
    let vpcs_where = |rows: &[&VpcServiceRow], exists: bool| {
        let fits = rows
            .iter()
            .filter(|row| row.endpoint_exists == Some(exists));
        count(fits.map(|row| &row.vpc_id).collect::<BTreeSet<_>>().len())
    };
    let mut services: Vec<_> = by_service
        .into_iter()
        .map(|(service, rows)| {
            let distinct = |key: fn(&VpcServiceRow) -> &str| {
                count(
                    rows.iter()
                        .map(|row| key(row))
                        .collect::<BTreeSet<_>>()
                        .len(),
                )
            };
            let sum = |figure: fn(&VpcServiceRow) -> u64| rows.iter().map(|row| figure(row)).sum();
            let queries: u64 = sum(|row| row.query_count);
            ServiceRow {
                service: service.to_owned(),
                accounts: distinct(|row| row.account_id.as_str()),
                regions: distinct(|row| row.region.as_str()),
                vpcs: distinct(|row| &row.vpc_id),
                query_count: queries,
                query_share: share(queries, total),
                vpcs_with_endpoint: vpcs_where(&rows, true),
                vpcs_without_endpoint: vpcs_where(&rows, false),
                public_queries: sum(|row| row.public_queries),
                private_queries: sum(|row| row.private_queries),
                bytes: None,
                monthly_saving_usd: None,
            }
        })
        .collect();
    services.sort_by(|a, b| (b.query_count, &a.service).cmp(&(a.query_count, &b.service)));
    services
}
