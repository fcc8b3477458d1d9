//! The formulas of the sheet `Summary`: sums over the sheets, and the cells of its rankings.

use super::{
    super::{figures::Figures, row::KeptRow, text::UNKNOWN},
    Book,
    summary::{Contents, Figure, Ranking, SummaryFormula},
};
use crate::model::money::Amount;

impl Book {
    /// The formula of a figure of the summary.
    pub(super) fn summary_formula(
        &self,
        figure: Figure,
        contents: &Contents<'_>,
    ) -> SummaryFormula {
        let (totals, figures) = (&contents.report.totals, contents.figures);
        let (table, column) = match figure {
            Figure::NatMonthly => ("nat_gateways", "monthly_total_usd"),
            Figure::NatData => ("nat_gateways", "monthly_data_usd"),
            Figure::PublicIpv4 => ("nat_gateways", "monthly_public_ipv4_usd"),
            Figure::EndpointsMonthly => ("endpoints", "monthly_usd"),
            Figure::Saving => ("opportunities", "monthly_saving_usd"),
            Figure::Ceilings | Figure::Idle => ("opportunities", "saving_ceiling_usd"),
        };
        let usd = |amount: Option<Amount>| amount.map(|it| it.0);
        let value = match figure {
            Figure::NatMonthly => figures.nat_monthly,
            Figure::NatData => figures.nat_data_monthly,
            Figure::PublicIpv4 => usd(totals.nat_public_ipv4_monthly_usd)
                .filter(|_| figures.nat_monthly.is_some() || totals.nat_gateways > 0),
            Figure::EndpointsMonthly => figures.endpoints_monthly,
            Figure::Saving => figures.saving,
            Figure::Ceilings => {
                let sums = self
                    .tables
                    .get(table)
                    .and_then(|it| it.sums.get("ceilings"));
                sums.filter(|it| it.known > 0).map(|it| it.sum)
            }
            Figure::Idle => usd(totals.removable_monthly_usd),
        };
        // What is to be removed, or everything else; none: every row.
        let only = match figure {
            Figure::Idle => Some("remove"),
            Figure::Ceilings => Some("<>remove"),
            _ => None,
        };
        let Some(sheets) = self.tables.get(table) else {
            return SummaryFormula {
                formula: String::new(),
                value,
            };
        };
        let ranges = sheets.ranges(column).join(",");
        // Where nothing is known there is no sum, and of nothing that was found the sum is zero.
        let nothing = match value {
            Some(_) => "0".to_owned(),
            None => format!("\"{UNKNOWN}\""),
        };
        let sum = if let Some(only) = only {
            let of = sheets
                .ranges("action")
                .into_iter()
                .zip(sheets.ranges(column));
            let each = of.map(|(action, usd)| format!("SUMIFS({usd},{action},\"{only}\")"));
            each.collect::<Vec<_>>().join("+")
        } else {
            sheets.total(column).text().to_owned()
        };
        let known = if let Some(only) = only {
            let of = sheets
                .ranges("action")
                .into_iter()
                .zip(sheets.ranges(column));
            let each =
                of.map(|(action, usd)| format!("COUNTIFS({action},\"{only}\",{usd},\">=0\")"));
            each.collect::<Vec<_>>().join("+")
        } else {
            format!("COUNT({ranges})")
        };
        SummaryFormula {
            formula: format!("IF({known}=0,{nothing},{sum})"),
            value,
        }
    }

    /// The cell of a place in a ranking.
    pub(super) fn ranked(
        &self,
        ranking: Ranking,
        place: usize,
        figures: &Figures,
    ) -> Option<String> {
        let (table, column) = ranking.source();
        let row = ranking.rows(figures).get(place).map(KeptRow::view)?;
        let id = match ranking {
            Ranking::Gateways => row.text("nat_gateway_id"),
            Ranking::ServicesByQueries | Ranking::ServicesByBytes => row.text("service"),
        };
        let (sheet, number) = self.ranked.get(&(table, id.to_owned()))?;
        let letters = self.tables.get(table)?.letters(column)?;
        Some(format!("{sheet}!{letters}{number}"))
    }
}
