//! A set of endpoints that was priced, as text for people.

use std::fmt::Write as _;

use crate::model::{
    estimate::{Estimate, EstimateRow},
    money::Amount,
    text::printable,
};

/// The rows as a table for people, the total, and what it leaves out.
pub fn estimate_text(estimate: &Estimate) -> String {
    const HEAD: [&str; 13] = [
        "ACCOUNT",
        "REGION",
        "VPC",
        "SERVICE",
        "TYPE",
        "ZONES",
        "GB",
        "HOURS USD",
        "DATA USD",
        "TGW USD",
        "TODAY USD",
        "SAVING USD",
        "FROM GB",
    ];
    let mut table: Vec<(Vec<String>, String)> =
        vec![(HEAD.map(str::to_owned).to_vec(), "BASIS".to_owned())];
    for row in &estimate.rows {
        let basis = row.basis.map_or("", |it| it.name());
        let remark = printable(&row.remark);
        let last = match remark.as_str() {
            "" => basis.to_owned(),
            remark => format!("{basis}: {remark}"),
        };
        table.push((cells(row), last));
    }
    table.push((cells(&estimate.total), String::new()));
    let width = |at: usize| {
        let lengths = table.iter().filter_map(|(cells, _)| cells.get(at));
        lengths
            .map(|it| it.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text =
        String::from("A month of 730 hours, US dollars before tax; empty: not known\n\n");
    for (cells, last) in &table {
        let mut line = String::new();
        for (at, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            // Names on the left, figures on the right.
            let _ = if at < 5 {
                write!(line, "{cell:<width$}  ")
            } else {
                write!(line, "{cell:>width$}  ")
            };
        }
        line += last;
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "\n{}", printable(&estimate.total.remark));
    for note in &estimate.notes {
        let _ = writeln!(text, "{}", printable(note));
    }
    text
}

fn cells(row: &EstimateRow) -> Vec<String> {
    let text = |it: Option<&str>| printable(it.unwrap_or_default());
    let today = [
        row.monthly_nat_usd,
        row.monthly_transit_gateway_today_usd,
        row.monthly_endpoint_today_usd,
    ];
    let today = today
        .into_iter()
        .flatten()
        .map(|it| it.0)
        .reduce(|sum, it| sum + it);
    vec![
        row.account_id.clone(),
        row.region
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        text(row.vpc_id.as_deref()),
        text(row.service.as_deref()),
        text(row.endpoint_type),
        row.availability_zones
            .map(|it| it.to_string())
            .unwrap_or_default(),
        figure(row.gb_month),
        figure(row.monthly_endpoint_hours_usd),
        figure(row.monthly_endpoint_data_usd),
        figure(row.monthly_transit_gateway_usd),
        figure(today.map(Amount)),
        figure(row.monthly_saving_usd),
        figure(row.break_even_gb_month),
    ]
}

fn figure(amount: Option<Amount>) -> String {
    amount.map_or_else(String::new, |it| format!("{:.2}", it.0))
}
