//! The lines of the summary about what the scan itself cost, and what query logs cost.

use std::fmt::Write as _;

use super::{
    super::text::{decimal as number, gb, grouped, with_plural},
    lines::Lines,
};
use crate::model::report::ReportHeader;

impl Lines {
    pub(super) fn scan(&mut self, report: &ReportHeader) {
        let totals = &report.totals;
        self.section("Cost of this scan and of query logs");
        let mut note = String::new();
        if totals.logs_bytes_unpriced > 0 && totals.logs_scan_usd.is_some() {
            note = format!(
                "; without {} of unknown price",
                gb(totals.logs_bytes_unpriced)
            );
        }
        let scanned = format!("{} by Logs Insights{note}", gb(totals.logs_bytes_scanned));
        self.amount(
            "Logs scanned",
            totals.logs_scan_usd.map(|it| it.0),
            &scanned,
        );
        if totals.object_requests > 0 {
            let requests = with_plural(totals.object_requests, "request");
            let read = format!("{} from S3 by {requests}", gb(totals.object_bytes));
            self.amount("Logs fetched", totals.objects_usd.map(|it| it.0), &read);
        }
        if totals.athena_bytes_billed > 0 {
            let billed = format!("{} by Athena", gb(totals.athena_bytes_billed));
            self.amount("Logs in S3", totals.athena_usd.map(|it| it.0), &billed);
        }
        if totals.bill_requests > 0 {
            let requests = with_plural(totals.bill_requests, "request");
            let read = format!("{requests} to Cost Explorer");
            self.amount("Bill read", totals.bill_usd.map(|it| it.0), &read);
        }
        if totals.bill_athena_bytes > 0 {
            let billed = format!("{} by Athena", gb(totals.bill_athena_bytes));
            self.amount("Bill read", totals.bill_usd.map(|it| it.0), &billed);
        }
        if totals.metrics_requested > 0 {
            let mut note = with_plural(totals.metrics_requested, "metric");
            if totals.metrics_unpriced > 0 && totals.metrics_usd.is_some() {
                let _ = write!(
                    note,
                    "; without {} of unknown price",
                    grouped(totals.metrics_unpriced)
                );
            }
            self.amount("Metrics read", totals.metrics_usd.map(|it| it.0), &note);
        }
        if let Some(gb) = totals.query_logs_gb_month {
            let mut note = format!("a month for {} GB of ingestion", number(gb.0, 3));
            let unpriced = totals
                .query_logs_gb_month_unpriced
                .filter(|it| !it.0.is_zero());
            if let (Some(unpriced), Some(_)) = (unpriced, totals.query_logs_monthly_usd) {
                let _ = write!(
                    note,
                    "; without {} GB of unknown price",
                    number(unpriced.0, 3)
                );
            }
            if totals.query_log_groups_unmeasured > 0 {
                let unmeasured = with_plural(totals.query_log_groups_unmeasured, "log group");
                let _ = write!(note, "; {unmeasured} not measured");
            }
            self.amount(
                "Query logs",
                totals.query_logs_monthly_usd.map(|it| it.0),
                &note,
            );
        }
    }
}
