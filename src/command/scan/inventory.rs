//! The inventory of every target: accounts, their regions, and the steps in each region.

use futures::{StreamExt, stream};

use super::cells::Cells;
use crate::{
    collect::{endpoint, flow_log, nat_gateway, nat_metrics, query_log, route_table, subnet, vpc},
    config::Config,
    model::{
        coverage::{Cell, Reason, Step},
        event::Event,
        facts::Found,
        inventory::NatGateway,
        run::Window,
        target::Account,
    },
    org::{
        regions,
        session::{self, Access, Session},
    },
};

/// What all targets share.
struct Scan<'s> {
    access: &'s Access,
    config: &'s Config,
    window: Window,
    cells: &'s Cells,
}

/// Looks at every account.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    window: Window,
    accounts: &[Account],
    cells: &Cells,
) {
    let scan = Scan {
        access,
        config,
        window,
        cells,
    };
    stream::iter(accounts)
        .for_each_concurrent(config.limits.accounts, |account| scan.account(account))
        .await;
}

impl Scan<'_> {
    async fn account(&self, account: &Account) {
        let id = &account.id;
        if !account.selected {
            let why = "left out by the filters";
            return self
                .cells
                .skip(id, None, Step::AssumeRole, Reason::Excluded, why);
        }
        if !account.status.can_be_called() {
            let why = format!("the account is {}", account.status.word());
            return self
                .cells
                .skip(id, None, Step::AssumeRole, Reason::AccountSuspended, &why);
        }
        let measured = self.cells.measure(self.access.account(id)).await;
        let cell = measured.on(Cell::complete(Some(id.clone()), None, Step::AssumeRole));
        match measured.result {
            Ok(opened) => {
                self.cells.record(cell, Found::Nothing);
                self.regions(&opened).await;
            }
            Err(failure) => {
                let why = format!("no credentials: {}", failure.message);
                for step in std::iter::once(Step::Regions).chain(Step::REGIONAL) {
                    self.cells.skip(id, None, step, failure.reason, &why);
                }
                self.cells.record(cell.failed(failure), Found::Nothing);
            }
        }
    }

    async fn regions(&self, account: &session::Account) {
        let id = account.id();
        let work = async {
            let home = account.session(&self.access.home_region()?);
            Ok(regions::list(&home, &self.config.scope, self.access.partition()).await)
        };
        let measured = self.cells.measure(work).await;
        let cell = measured.on(Cell::complete(Some(id.clone()), None, Step::Regions));
        let known = match measured.result {
            Ok(known) => known,
            Err(failure) => {
                for step in Step::REGIONAL {
                    self.cells
                        .skip(id, None, step, failure.reason, &failure.message);
                }
                return self.cells.record(cell.failed(failure), Found::Nothing);
            }
        };
        let cell = Cell {
            message: known.remark,
            ..cell
        };
        let cell = match known.failure {
            Some(failure) => cell.failed(failure),
            None => cell,
        };
        self.cells.record(cell, Found::Nothing);
        let mut regions = Vec::new();
        for choice in known.choices {
            match choice.left_out {
                None => regions.push(choice.region),
                Some((reason, why)) => {
                    self.cells
                        .skip(id, Some(&choice.region), Step::Regions, reason, why);
                }
            }
        }
        self.cells.tell(Event::Targets(regions.len()));
        stream::iter(regions)
            .for_each_concurrent(
                self.config.limits.regions_per_account,
                |region| async move {
                    let session = account.session(&region);
                    // Boxed: most accounts wait for their turn, and a target is large.
                    Box::pin(self.target(&session)).await;
                    self.cells.tell(Event::TargetDone(session.target().clone()));
                },
            )
            .await;
    }

    /// The VPCs come first: if a service control policy denies the region, the other calls would
    /// only fill the trail of denied ones.
    async fn target(&self, session: &Session) {
        let (cells, target) = (self.cells, session.target());
        let denied = cells
            .step(target, Step::Vpcs, vpc::list(session), Found::Vpcs)
            .await;
        if let Some(failure) = denied.filter(|failure| failure.reason == Reason::ScpDenied) {
            let rest = Step::REGIONAL
                .into_iter()
                .filter(|step| *step != Step::Vpcs);
            // Usage and endpoint services come later, with cells of their own.
            let later = [Step::DnsUsage, Step::EndpointServices];
            for step in rest.filter(|step| !later.contains(step)) {
                let region = Some(&target.region);
                let why = format!("the region is denied: {}", failure.message);
                cells.skip(&target.account_id, region, step, Reason::ScpDenied, &why);
            }
            return;
        }
        let logging = |(configs, associations)| Found::QueryLogging(configs, associations);
        tokio::join!(
            cells.step(target, Step::Subnets, subnet::list(session), Found::Subnets),
            cells.step(
                target,
                Step::RouteTables,
                route_table::list(session),
                Found::RouteTables
            ),
            self.nat_gateways(session),
            cells.step(
                target,
                Step::Endpoints,
                endpoint::list(session),
                Found::Endpoints
            ),
            cells.step(
                target,
                Step::QueryLogging,
                query_log::list(session),
                logging
            ),
            cells.step(
                target,
                Step::FlowLogs,
                flow_log::list(session),
                Found::FlowLogs
            ),
        );
    }

    /// The gateways, then their metrics.
    async fn nat_gateways(&self, session: &Session) {
        let target = session.target();
        let mut ids = Vec::new();
        let found = |gateways: Vec<NatGateway>| {
            ids.extend(
                gateways
                    .iter()
                    .map(|gateway| gateway.nat_gateway_id.clone()),
            );
            Found::NatGateways(gateways)
        };
        let work = nat_gateway::list(session);
        if let Some(failure) = self
            .cells
            .step(target, Step::NatGateways, work, found)
            .await
        {
            let why = format!("the NAT gateways are not known: {}", failure.message);
            let region = Some(&target.region);
            return self.cells.skip(
                &target.account_id,
                region,
                Step::NatMetrics,
                failure.reason,
                &why,
            );
        }
        let work = nat_metrics::list(session, &ids, self.window);
        self.cells
            .step(target, Step::NatMetrics, work, Found::NatMetrics)
            .await;
    }
}
