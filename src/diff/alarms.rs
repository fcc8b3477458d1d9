//! Which changes are alarms: `diff --fail-on` ends with an exit code of its own for those it names.
//!
//! What one of the runs could not see is no new thing, so it sets off no alarm but `lost-access`.

use std::collections::BTreeMap;

use super::{Change, Kind, Row, Tables};
use crate::model::{alarm::Alarm, id::NatGatewayId};

/// Paths on which queries are answered with public addresses of the service.
const PUBLIC: [&str; 2] = ["public", "mixed"];

/// Names the alarm of each change, if it is one.
pub(super) fn mark(changes: &mut [Row], before: &Tables, after: &Tables) {
    let idle = |tables: &Tables| -> BTreeMap<NatGatewayId, Option<bool>> {
        let gateways = tables.nat_gateways.iter();
        gateways
            .map(|it| (it.nat_gateway_id.clone(), it.idle))
            .collect()
    };
    let (was, is) = (idle(before), idle(after));
    for row in changes {
        let turned_idle = || {
            let now = is.get(row.id.as_str()).copied().flatten() == Some(true);
            let before = was.get(row.id.as_str()).copied();
            now && matches!(before, None | Some(Some(false)))
        };
        row.alarm = match (row.kind, row.change) {
            (_, Change::Unknown) => {
                let lost = row.before.is_some() && is_absent_in_second(row);
                lost.then_some(Alarm::LostAccess)
            }
            (Kind::Service, Change::Added | Change::Changed) => {
                is_newly_public(row).then_some(Alarm::NewPublicService)
            }
            (Kind::NatGateway, Change::Added | Change::Changed) => {
                turned_idle().then_some(Alarm::NewIdleNat)
            }
            (Kind::QueryLogging | Kind::FlowLogs, Change::Removed) => Some(Alarm::LostLogging),
            (Kind::Endpoint, Change::Removed) => Some(Alarm::LostEndpoint),
            _ => None,
        };
    }
}

/// Whether the second run is the one that did not see it.
fn is_absent_in_second(row: &Row) -> bool {
    match row.kind {
        // Both runs saw the VPC; its logging is `unknown` in one of them.
        Kind::QueryLogging | Kind::FlowLogs => row.after.as_deref() == Some("unknown"),
        _ => row.after.is_none(),
    }
}

fn is_newly_public(row: &Row) -> bool {
    let public = |path: &Option<String>| path.as_deref().is_some_and(|it| PUBLIC.contains(&it));
    // A service whose path was unknown may have been public before.
    public(&row.after) && !public(&row.before) && row.before.as_deref() != Some("unknown")
}
