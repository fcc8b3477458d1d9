//! The templates of the first actions, which the page shows beside them.

use std::collections::BTreeSet;

use crate::{
    assess::Inventory,
    iac::{self, Input},
    model::{id::Region, opportunity::Action, report::OpportunityRow},
    report::{Formats, ReportReader},
    store::{Record, Store},
};

/// Actions whose template is in the page: those that it shows at first, and at the first press of its button.
/// The others have the command that writes theirs, so that the page does not grow with them.
const SHOWN: usize = 30;

/// Adds the templates to a report of which a page is wanted.
pub(super) fn add(
    store: &Store,
    record: &Record,
    formats: Formats,
    report: &mut ReportReader,
) -> anyhow::Result<()> {
    if formats.html {
        let templates = of_first(store, record, report)?;
        report.add_action_templates(templates);
    }
    Ok(())
}

/// The templates of the first actions, in their order; none for an action that has no template of its own.
fn of_first(
    store: &Store,
    record: &Record,
    report: &ReportReader,
) -> anyhow::Result<Vec<Option<String>>> {
    let rows: Vec<OpportunityRow> =
        report.first(SHOWN, |row: &OpportunityRow| row.action != Action::None)?;
    let inventory = Inventory::open(store.snapshot()?, record.key)?;
    let mut templates = vec![None; rows.len()];
    let regions: BTreeSet<&Region> = rows.iter().map(|row| &row.region).collect();
    for region in regions {
        let input = Input {
            facts: &inventory.load(region)?,
            opportunities: &[],
            hosts: &[],
            organization_id: inventory.organization_id(),
            run_id: &record.run.id,
        };
        let of_region = templates.iter_mut().zip(&rows);
        for (template, row) in of_region.filter(|(_, row)| row.region == *region) {
            *template = iac::template_of(row, &input)?;
        }
    }
    Ok(templates)
}
