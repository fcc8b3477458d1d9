//! Why something is made: the reason and the money of an opportunity.

use std::fmt::Write as _;

use crate::{iac::text::markdown, model::report::OpportunityRow};

/// Writes the lines of an opportunity below the heading of a VPC.
pub(super) fn write_reason(out: &mut String, vpc_id: &str, row: &OpportunityRow) {
    let of = if row.vpc_id == vpc_id {
        String::new()
    } else {
        format!(" For {} of account {}:", row.vpc_id, row.account_id)
    };
    let _ = writeln!(out, "- **Why.**{of} {}", markdown(&row.reason));
    let mut money = Vec::new();
    if let Some(gb) = row.gb_month {
        money.push(format!("{:.0} GB/month go through NAT gateways", gb.0));
    }
    if let Some(usd) = row.monthly_endpoint_usd {
        money.push(format!("the endpoint costs {:.2} USD/month", usd.0));
    }
    if let Some(usd) = row.monthly_saving_usd {
        money.push(format!("measured saving {:.2} USD/month", usd.0));
    } else if let Some(usd) = row.saving_ceiling_usd {
        money.push(format!(
            "not measured; it cannot save more than {:.2} USD/month",
            usd.0
        ));
    }
    if let Some(gb) = row.break_even_gb_month.filter(|gb| !gb.0.is_zero()) {
        money.push(format!("pays from {:.0} GB/month", gb.0));
    }
    if !money.is_empty() {
        let text = money.join("; ");
        let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
        let _ = writeln!(out, "- **Money.** {}{rest}.", first.to_uppercase());
    }
}
