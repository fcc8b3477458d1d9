//! The inventory of every target: accounts, their regions, and the steps in each region.

use futures::{StreamExt, stream};

use super::{
    cells::{Cells, skipped},
    interfaces,
};
use crate::{
    collect::{flow_log, nat_gateway, nat_metrics, query_log, route_table, subnet, vpc},
    config::Config,
    model::{
        coverage::{Cell, Reason, Step},
        event::Event,
        facts::{Finished, Found},
        id::Region,
        inventory::NatGateway,
        run::Window,
        target::Account,
    },
    org::{
        regions,
        session::{self, Access, Session},
    },
    store::Place,
};

/// Steps whose cells are not made here, but once the inventory is there.
const LATER: [Step; 4] = [
    Step::DnsUsage,
    Step::FlowUsage,
    Step::EndpointServices,
    Step::TransitGateways,
];

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
        .for_each_concurrent(config.limits.accounts, |account| async {
            scan.account(account).await;
            if account.selected {
                cells.tell(Event::AccountDone);
            }
        })
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
        let place = |step| Place {
            account: Some(id),
            region: None,
            step,
        };
        let settled = self.cells.settled(place(Step::AssumeRole));
        if settled
            .as_ref()
            .is_some_and(|cell| cell.failure().is_some())
            || self.is_done(place(Step::Regions))
        {
            return;
        }
        let measured = self.cells.measure(self.access.account(id)).await;
        let cell = measured.on(Cell::complete(Some(id.clone()), None, Step::AssumeRole));
        match measured.result {
            Ok(opened) => {
                if settled.is_none() {
                    self.cells.record(vec![bare(cell)]);
                }
                self.regions(&opened, place(Step::Regions)).await;
            }
            Err(failure) => {
                let why = format!("no credentials: {}", failure.message);
                let steps = std::iter::once(Step::Regions).chain(Step::REGIONAL);
                let rest = steps
                    .filter(|step| self.cells.settled(place(*step)).is_none())
                    .map(|step| skipped(id, None, step, failure.reason, &why));
                let mut finished: Vec<_> = rest.collect();
                finished.push(bare(cell.failed(failure)));
                self.cells.record(finished);
            }
        }
    }

    /// Whether nothing of the account is left to ask.
    fn is_done(&self, regions: Place<'_>) -> bool {
        let (Some(cell), Some(account)) = (self.cells.settled(regions), regions.account) else {
            return false;
        };
        match self.cells.found(regions) {
            Found::Regions(known) => {
                let steps = Step::REGIONAL.into_iter();
                let own: Vec<_> = steps.filter(|step| !LATER.contains(step)).collect();
                self.cells.all_settled(account, &own, known.len())
            }
            _ => cell.failure().is_some(),
        }
    }

    async fn regions(&self, account: &session::Account, place: Place<'_>) {
        let settled = self.cells.settled(place).map(|_| self.cells.found(place));
        let regions = match settled {
            Some(Found::Regions(regions)) => regions,
            Some(_) => return,
            None => self.list_regions(account).await,
        };
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

    /// The regions to look at; those that are left out have cells of their own.
    async fn list_regions(&self, account: &session::Account) -> Vec<Region> {
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
                let rest = Step::REGIONAL.into_iter();
                let mut finished: Vec<_> = rest
                    .map(|step| skipped(id, None, step, failure.reason, &failure.message))
                    .collect();
                finished.push(bare(cell.failed(failure)));
                self.cells.record(finished);
                return Vec::new();
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
        let mut finished = Vec::new();
        let mut regions = Vec::new();
        for choice in known.choices {
            match choice.left_out {
                None => regions.push(choice.region),
                Some((reason, why)) => {
                    let region = Some(&choice.region);
                    finished.push(skipped(id, region, Step::Regions, reason, why));
                }
            }
        }
        let found = Found::Regions(regions.clone());
        finished.push(Finished { cell, found });
        self.cells.record(finished);
        regions
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
            for step in rest.filter(|step| !LATER.contains(step)) {
                let region = Some(&target.region);
                let why = format!("the region is denied: {}", failure.message);
                cells.skip(&target.account_id, region, step, Reason::ScpDenied, &why);
            }
            return;
        }
        let logging = |(configs, associations)| Found::QueryLogging(configs, associations);
        let (_, _, nat_gateways, endpoints, _, _) = tokio::join!(
            cells.step(target, Step::Subnets, subnet::list(session), Found::Subnets),
            cells.step(
                target,
                Step::RouteTables,
                route_table::list(session),
                Found::RouteTables
            ),
            self.nat_gateways(session),
            interfaces::endpoints(cells, session),
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
        interfaces::network_interfaces(cells, session, nat_gateways || endpoints).await;
    }

    /// The gateways, then their metrics. Returns whether there may be gateways.
    async fn nat_gateways(&self, session: &Session) -> bool {
        let target = session.target();
        let place = Place::at(target, Step::NatGateways);
        let settled = self.cells.settled(place).map(|_| place);
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
            let (account, reason) = (&target.account_id, failure.reason);
            self.cells
                .skip(account, region, Step::NatMetrics, reason, &why);
            return true;
        }
        // Gateways that an earlier process listed.
        if let Some(place) = settled
            && let Found::NatGateways(gateways) = self.cells.found(place)
        {
            ids.extend(gateways.into_iter().map(|it| it.nat_gateway_id));
        }
        let work = nat_metrics::list(session, &ids, self.window);
        self.cells
            .step(target, Step::NatMetrics, work, Found::NatMetrics)
            .await;
        !ids.is_empty()
    }
}

/// A cell that found nothing to keep.
fn bare(cell: Cell) -> Finished {
    Finished {
        cell,
        found: Found::Nothing,
    }
}
