//! Prints plans and their results in the format that was asked for.

use super::super::{print, table::render};
use crate::{
    cli::logging::EnableArgs,
    cost::price_book::PriceBook,
    exit::Exit,
    logging::{apply::Outcome, forecast::Forecast, plan_table},
    model::logging::Plan,
};

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
        let text = || plan_table::text(&rows, heading, footer, outcomes.is_some());
        print(&render(self.args.common.format, &rows, &rows, text)?)?;
        Ok(Exit::of_gaps(plan_table::has_gaps(&rows)))
    }
}
