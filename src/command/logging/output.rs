//! Prints tables and plans in the format that was asked for.

use serde::Serialize;

use crate::{
    cli::{diff::TableFormat, logging::EnableArgs},
    cost::price_book::PriceBook,
    exit::Exit,
    logging::{apply::Outcome, forecast::Forecast, plan_table},
    model::logging::Plan,
    report,
};

/// Prints a table; `text` renders it for people.
pub(super) fn table<T: Serialize>(
    format: TableFormat,
    columns: &[&str],
    rows: &[T],
    text: impl FnOnce() -> String,
) -> anyhow::Result<Exit> {
    let mut bytes = Vec::new();
    match format {
        TableFormat::Text => bytes.extend(text().into_bytes()),
        TableFormat::Json => report::write_json(&rows, &mut bytes)?,
        TableFormat::Csv => report::write_csv(columns, rows, &mut bytes)?,
    }
    super::super::print(&String::from_utf8_lossy(&bytes))
}

/// What the output of a plan needs.
pub(super) struct PlanOutput<'o> {
    pub(super) args: &'o EnableArgs,
    pub(super) forecast: Forecast,
    pub(super) prices: PriceBook,
}

impl PlanOutput<'_> {
    pub(super) fn plan(&self, plan: &Plan, footer: &str) -> anyhow::Result<Exit> {
        let footer = self.forecast.text(plan, &self.prices) + footer;
        self.table(plan, None, &plan_table::heading(plan), &footer)
    }

    pub(super) fn result(&self, plan: &Plan, outcomes: &[Outcome]) -> anyhow::Result<Exit> {
        self.table(
            plan,
            Some(outcomes),
            &plan_table::result(plan, outcomes),
            "",
        )
    }

    fn table(
        &self,
        plan: &Plan,
        outcomes: Option<&[Outcome]>,
        heading: &str,
        footer: &str,
    ) -> anyhow::Result<Exit> {
        let rows = plan_table::rows_with_forecast(plan, outcomes, &self.forecast, &self.prices);
        table(self.args.common.format, &plan_table::COLUMNS, &rows, || {
            plan_table::text(&rows, heading, footer, outcomes.is_some())
        })?;
        Ok(Exit::of_gaps(plan_table::has_gaps(&rows)))
    }
}
