//! What depends on the endpoints of a target: their security groups, and the network interfaces of
//! endpoints and NAT gateways. Asked only where there is something to ask for.

use std::collections::BTreeSet;

use super::cells::Cells;
use crate::{
    collect::{endpoint, network_interface, security_group},
    model::{
        coverage::{Cell, Step},
        facts::Found,
        inventory::Endpoint,
    },
    org::session::Session,
    store::Place,
};

/// The endpoints, then the security groups of those with interfaces. Returns whether there may be
/// interfaces of endpoints: also true if the endpoints are not known.
pub(super) async fn endpoints(cells: &Cells, session: &Session) -> bool {
    let target = session.target();
    let place = Place::at(target, Step::Endpoints);
    let settled = cells.settled(place).is_some();
    let mut groups = BTreeSet::new();
    let mut interfaces = false;
    let mut look = |endpoints: &[Endpoint]| {
        for endpoint in endpoints {
            interfaces |= !endpoint.subnet_ids.is_empty();
            groups.extend(endpoint.security_group_ids.iter().cloned());
        }
    };
    let found = |endpoints: Vec<Endpoint>| {
        look(&endpoints);
        Found::Endpoints(endpoints)
    };
    let work = endpoint::list(session);
    if let Some(failure) = cells.step(target, Step::Endpoints, work, found).await {
        let why = format!("the endpoints are not known: {}", failure.message);
        let (account, region) = (&target.account_id, Some(&target.region));
        cells.skip(account, region, Step::SecurityGroups, failure.reason, &why);
        return true;
    }
    // Endpoints that an earlier process listed.
    if settled && let Found::Endpoints(endpoints) = cells.found(place) {
        look(&endpoints);
    }
    let groups: Vec<String> = groups.into_iter().collect();
    let work = security_group::list(session, &groups);
    cells
        .step(target, Step::SecurityGroups, work, Found::SecurityGroups)
        .await;
    interfaces
}

/// The network interfaces, where there may be some.
pub(super) async fn network_interfaces(cells: &Cells, session: &Session, any: bool) {
    let target = session.target();
    if any {
        let work = network_interface::list(session);
        let found = Found::NetworkInterfaces;
        cells
            .step(target, Step::NetworkInterfaces, work, found)
            .await;
    } else {
        let (account, region) = (target.account_id.clone(), target.region.clone());
        let cell = Cell::complete(Some(account), Some(region), Step::NetworkInterfaces);
        cells.record_once(cell);
    }
}
