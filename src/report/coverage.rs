//! Rows of `coverage.csv`, made from cells that come in the order of their places.

use std::{collections::BTreeMap, io, sync::Arc};

use crate::model::{coverage::Cell, facts::Facts, id::AccountId, report::CoverageRow, rows::Rows};

/// Hands over cells, those of one account and region one after the other, account by account and
/// region by region in their order.
pub type Cells = dyn Fn(&mut dyn FnMut(Cell) -> io::Result<()>) -> io::Result<()> + Send + Sync;

/// The rows of all cells that `cells` hands over, however often they are asked for.
pub fn rows(facts: &Facts, cells: Box<Cells>) -> Rows<CoverageRow> {
    let names = facts.account_names().into_iter();
    let names: BTreeMap<AccountId, Arc<str>> = names
        .map(|(id, name)| (id.clone(), Arc::from(name)))
        .collect();
    Rows::made_by(move |take| {
        let mut place: Vec<Cell> = Vec::new();
        cells(&mut |cell| {
            let elsewhere =
                |it: &Cell| (&it.account_id, &it.region) != (&cell.account_id, &cell.region);
            if place.last().is_some_and(elsewhere) {
                hand_over(&mut place, &names, take)?;
            }
            place.push(cell);
            Ok(())
        })?;
        hand_over(&mut place, &names, take)
    })
}

/// The rows of one account and region, in the order of steps.
fn hand_over(
    place: &mut Vec<Cell>,
    names: &BTreeMap<AccountId, Arc<str>>,
    take: &mut dyn FnMut(&CoverageRow) -> io::Result<()>,
) -> io::Result<()> {
    place.sort_by_key(|cell| cell.step);
    place.drain(..).try_for_each(|cell| {
        let name = cell.account_id.as_ref().and_then(|id| names.get(id));
        take(&CoverageRow {
            account_name: name.cloned(),
            account_id: cell.account_id,
            region: cell.region,
            step: cell.step,
            outcome: cell.outcome,
            reason: cell.reason,
            error_code: cell.error_code,
            message: cell.message,
            request_id: cell.request_id,
            attempts: cell.attempts,
            duration_ms: cell.duration_ms,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::coverage::Step;

    #[test]
    fn the_rows_of_a_place_come_in_the_order_of_steps_and_the_places_in_their_own() {
        let cell = |account: Option<&str>, region: Option<&str>, step| {
            let region = region.map(|it| it.parse().unwrap());
            Cell::complete(account.map(|it| it.parse().unwrap()), region, step)
        };
        let (one, two) = (Some("111111111111"), Some("222222222222"));
        let (here, there) = (Some("eu-west-1"), Some("us-east-1"));
        let cells = [
            cell(None, None, Step::Organization),
            cell(one, None, Step::Regions),
            cell(one, None, Step::AssumeRole),
            cell(one, here, Step::DnsUsage),
            cell(one, here, Step::Vpcs),
            cell(one, there, Step::Vpcs),
            cell(two, there, Step::FlowLogs),
            cell(two, there, Step::Endpoints),
        ];
        let source = move |take: &mut dyn FnMut(Cell) -> io::Result<()>| {
            cells.iter().cloned().try_for_each(take)
        };
        let mut found = Vec::new();
        rows(&Facts::default(), Box::new(source))
            .each(|row| {
                let account = row.account_id.as_ref().map_or("", AccountId::as_str);
                found.push(format!("{account:.1} {}", row.step.name()));
                Ok(())
            })
            .unwrap();
        assert_eq!(
            found,
            [
                " organization",
                "1 assume_role",
                "1 regions",
                "1 vpcs",
                "1 dns_usage",
                "1 vpcs",
                "2 endpoints",
                "2 flow_logs",
            ]
        );
    }
}
