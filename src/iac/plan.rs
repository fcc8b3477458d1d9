//! From opportunities to units: what is made, and what is left out.

use super::{
    central::{self, Hosts},
    input::Input,
    limits,
    names::Names,
    network::{Network, Units},
    selection::{Choice, LeftOut, Selection},
    unit::Unit,
};
use crate::model::{opportunity::Action, report::OpportunityRow, target::Target};

/// Everything that is generated.
#[derive(Debug, Default)]
pub(super) struct Plan<'f> {
    /// By account and Region.
    pub(super) units: Vec<Unit<'f>>,
    /// What is not generated.
    pub(super) left_out: Vec<LeftOut>,
}
/// Plans every unit.
pub(super) fn plan<'f>(input: &Input<'f>, selection: &Selection) -> Plan<'f> {
    let network = Network::new(input);
    let mut units = Units::new();
    let mut left_out = Vec::new();
    let mut wanted: Vec<&'f OpportunityRow> = Vec::new();
    for row in input.opportunities {
        let mut leave_out = |why: String, asked_for: bool| {
            left_out.push(LeftOut {
                row: row.clone(),
                why,
                asked_for,
            });
        };
        match selection.choose(row) {
            Choice::Elsewhere => {}
            Choice::LeftOut(why) => leave_out(why.to_owned(), false),
            Choice::Checklist => {
                leave_out(
                    "a removal is no template: the README of the unit has the checklist".to_owned(),
                    selection.actions.contains(&Action::Remove),
                );
                let target = target_of(row);
                let name = network.account_name(&row.account_id);
                let (unit, _) = units
                    .entry(target.clone())
                    .or_insert_with(|| (Unit::new(target, name), Names::default()));
                unit.removals.push(row);
            }
            Choice::Taken => wanted.push(row),
        }
    }
    // Rows that use a hub need its endpoint to be planned first.
    wanted.sort_by_key(|row| {
        (
            row.action == Action::UseHub,
            row.vpc_id.clone(),
            row.service.clone(),
        )
    });
    for row in wanted {
        let target = target_of(row);
        let name = network.account_name(&row.account_id);
        let planned = if row.action == Action::UseHub {
            central::use_hub(&network, &mut units, row)
        } else {
            let (unit, taken) = units
                .entry(target.clone())
                .or_insert_with(|| (Unit::new(target, name), Names::default()));
            network.change(unit, taken, row)
        };
        if let Err(why) = planned {
            left_out.push(LeftOut {
                row: row.clone(),
                why,
                asked_for: true,
            });
        }
    }
    let mut units: Vec<Unit<'f>> = units.into_values().map(|(unit, _)| unit).collect();
    units.retain(|unit| !unit.is_empty() || !unit.removals.is_empty());
    let hosts = Hosts::new(input.hosts);
    for vpc in units.iter_mut().flat_map(|unit| unit.vpcs.values_mut()) {
        vpc.endpoints
            .sort_by(|one, other| one.name.cmp(&other.name));
        for endpoint in &mut vpc.endpoints {
            let missing = hosts.missing_names(endpoint.service, &endpoint.zones);
            endpoint.notes.extend(missing);
        }
    }
    for central in units.iter_mut().flat_map(|unit| &mut unit.central) {
        let missing = hosts.missing_names(central.service, &central.zones);
        central.notes.extend(missing);
    }
    for unit in &mut units {
        unit.limits = limits::of(unit, &network);
    }
    Plan { units, left_out }
}

fn target_of(row: &OpportunityRow) -> Target {
    Target {
        account_id: row.account_id.clone(),
        region: row.region.clone(),
    }
}
