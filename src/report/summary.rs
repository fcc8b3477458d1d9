//! The summary on stdout: what was looked at, what it found, what is missing.

use std::{fmt::Write as _, io, path::Path};

use crate::model::{coverage::Reason, money::Amount, report::Report, text::printable};

/// Services that the summary names.
const TOP_SERVICES: usize = 5;

/// The summary, ready to print.
///
/// # Errors
///
/// If a table cannot be made.
pub fn text(report: &Report, directory: &Path) -> io::Result<String> {
    let totals = &report.totals;
    let mut text = String::new();
    let mut line = |label: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{label:<15}{value}");
    };
    line(
        "Window",
        format!("{} to {}", report.run.window_start, report.run.window_end),
    );
    line(
        "Accounts",
        format!("{} of {} scanned", totals.accounts_scanned, totals.accounts),
    );
    line("Regions", totals.regions.to_string());
    line("VPCs", vpcs(report));
    line(
        "DNS queries",
        format!(
            "{}, {} of them to AWS services",
            totals.dns_queries, totals.aws_queries
        ),
    );
    for (index, service) in report.services.iter().take(TOP_SERVICES).enumerate() {
        line(
            if index == 0 { "Top services" } else { "" },
            format!(
                "{} (queries {}, VPCs {}, without an endpoint {})",
                printable(&service.service),
                service.query_count,
                service.vpcs,
                service.vpcs_without_endpoint
            ),
        );
    }
    line("NAT gateways", nat(report));
    line("Bytes", bytes(report)?);
    if let Some(ranking) = by_bytes(report) {
        line("Top by bytes", ranking);
    }
    line("Endpoints", endpoints(report));
    for (index, told) in super::opportunities::told(report)?.into_iter().enumerate() {
        line(
            if index == 0 { "Opportunities" } else { "" },
            printable(&told),
        );
    }
    line("Logs scanned", scan(report));
    if totals.metrics_requested > 0 {
        line("Metrics read", metrics(report));
    }
    if let Some(gb) = totals.query_logs_gb_month {
        line("Query logs", query_logs(report, gb));
    }
    line("Gaps", gaps(report));
    line("Reports", printable(&directory.display().to_string()));
    Ok(text)
}

fn vpcs(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = format!(
        "{}, {} log their DNS queries",
        totals.vpcs, totals.vpcs_logged
    );
    if let Some(percent) = (totals.vpcs_logged * 100).checked_div(totals.vpcs) {
        let _ = write!(text, " ({percent} %)");
    }
    if totals.vpcs_logging_unknown > 0 {
        let _ = write!(text, ", {} unknown", totals.vpcs_logging_unknown);
    }
    text
}

fn nat(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = totals.nat_gateways.to_string();
    if totals.nat_gateways > 0 {
        let _ = write!(text, ", {}", a_month(totals.nat_monthly_usd));
    }
    let (unpriced, regions) = (
        totals.nat_gateways_price_unknown,
        totals.nat_gateways_price_unknown_regions,
    );
    text.push_str(&no_price("NAT gateway", unpriced, regions));
    match totals.nat_gateways_cost_unknown - unpriced {
        0 => {}
        1 => text.push_str("; the bytes of 1 are unknown"),
        more => {
            let _ = write!(text, "; the bytes of {more} are unknown");
        }
    }
    text
}

/// What flow logs tell, or how to make them tell it.
fn bytes(report: &Report) -> io::Result<String> {
    let totals = &report.totals;
    let mut text = match (totals.attributed_percent, totals.flow_log_bytes) {
        (Some(percent), _) => {
            let (logged, all) = (totals.nat_gateways_flow_logged, totals.nat_gateways);
            let mut text = format!("{percent:.0} % of NAT bytes attributed");
            if let Some(difference) = totals.flow_log_difference_percent {
                let _ = write!(
                    text,
                    ", flow logs within {:.1} % of metrics",
                    difference.abs()
                );
            }
            let _ = write!(text, " ({logged} of {all} NAT gateways have flow logs)");
            text
        }
        (None, Some(_)) => "none through NAT gateways, by flow logs".to_owned(),
        (None, None) => "through NAT gateways unknown: no flow log tells them".to_owned(),
    };
    let none_read = report.flow_usage.first(1, |_| true)?.is_empty();
    let wanted = totals.nat_gateways_flow_logged < totals.nat_gateways || none_read;
    if let Some(format) = totals.flow_log_format.as_ref().filter(|_| wanted) {
        let _ = write!(
            text,
            "; to know the rest, make flow logs into log groups with the format\n{format}"
        );
    }
    Ok(text)
}

/// The services with the most bytes, where any are known, and whether queries rank them so too.
fn by_bytes(report: &Report) -> Option<String> {
    let known = report
        .services
        .iter()
        .filter_map(|it| Some((it.bytes?, it)));
    let mut known: Vec<_> = known.filter(|(bytes, _)| *bytes > 0).collect();
    let by_queries: Vec<&str> = known.iter().map(|(_, it)| it.service.as_str()).collect();
    known.sort_by(|(a, one), (b, other)| (b, &one.service).cmp(&(a, &other.service)));
    let by_bytes: Vec<&str> = known.iter().map(|(_, it)| it.service.as_str()).collect();
    let top = known.iter().take(TOP_SERVICES).map(|(bytes, it)| {
        let rank = report
            .services
            .iter()
            .position(|its| its.service == it.service);
        let rank = rank.map_or(0, |index| index + 1);
        format!(
            "{} {} (by queries no. {rank})",
            printable(&it.service),
            gb(*bytes)
        )
    });
    let mut text = top.collect::<Vec<_>>().join(", ");
    if text.is_empty() {
        return None;
    }
    if by_bytes != by_queries {
        text.push_str("; bytes rank services differently from queries");
    }
    Some(text)
}

fn endpoints(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = totals.endpoints.to_string();
    if totals.endpoints > 0 {
        let _ = write!(text, ", {}", a_month(totals.endpoints_monthly_usd));
    }
    if totals.endpoints_data_unknown > 0 {
        let unmeasured = totals.endpoints_data_unknown;
        let _ = write!(text, " without the data of {unmeasured}");
    }
    let (unpriced, regions) = (
        totals.endpoints_price_unknown,
        totals.endpoints_price_unknown_regions,
    );
    text.push_str(&no_price("endpoint", unpriced, regions));
    text
}

fn a_month(usd: Option<Amount>) -> String {
    usd.map_or("cost unknown".to_owned(), |usd| {
        format!("{:.2} USD a month", usd.0)
    })
}

/// "; 3 NAT gateways in 2 regions have no known price"
fn no_price(what: &str, count: u64, regions: u64) -> String {
    let several = |count: u64| if count == 1 { "" } else { "s" };
    if count == 0 {
        return String::new();
    }
    let have = if count == 1 { "has" } else { "have" };
    format!(
        "; {count} {what}{} in {regions} region{} {have} no known price",
        several(count),
        several(regions)
    )
}

fn scan(report: &Report) -> String {
    let totals = &report.totals;
    let usd = match totals.logs_scan_usd {
        Some(usd) => format!("{:.2} USD", usd.0),
        None => "price unknown".to_owned(),
    };
    let mut text = format!("{}, {usd}", gb(totals.logs_bytes_scanned));
    if totals.logs_bytes_unpriced > 0 && totals.logs_scan_usd.is_some() {
        let unpriced = gb(totals.logs_bytes_unpriced);
        let _ = write!(text, " without the {unpriced} whose price is unknown");
    }
    text
}

fn metrics(report: &Report) -> String {
    let totals = &report.totals;
    let asked = totals.metrics_requested;
    match totals.metrics_usd {
        Some(usd) if totals.metrics_unpriced == 0 => format!("{asked}, {:.4} USD", usd.0),
        Some(usd) => format!(
            "{asked}, {:.4} USD without the {} whose price is unknown",
            usd.0, totals.metrics_unpriced
        ),
        None => format!("{asked}, price unknown"),
    }
}

fn query_logs(report: &Report, gb: Amount) -> String {
    let totals = &report.totals;
    let usd = match totals.query_logs_monthly_usd {
        Some(usd) => format!("{:.2} USD a month", usd.0),
        None => "price unknown".to_owned(),
    };
    let mut text = format!("{:.3} GB a month to take in, {usd}", gb.0);
    let unpriced = totals
        .query_logs_gb_month_unpriced
        .filter(|it| !it.0.is_zero());
    if let (Some(unpriced), Some(_)) = (unpriced, totals.query_logs_monthly_usd) {
        let _ = write!(
            text,
            " without the {:.3} GB whose price is unknown",
            unpriced.0
        );
    }
    if totals.query_log_groups_unmeasured > 0 {
        let unmeasured = totals.query_log_groups_unmeasured;
        let _ = write!(text, "; not measured: {unmeasured} log groups");
    }
    text
}

fn gb(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "printed with three places")]
    let gb = bytes as f64 / crate::model::money::BYTES_PER_GB as f64;
    format!("{gb:.3} GB")
}

fn gaps(report: &Report) -> String {
    if report.totals.gaps.is_empty() {
        return "none".to_owned();
    }
    let each = report
        .totals
        .gaps
        .iter()
        .map(|(reason, cells)| format!("{reason} {cells}"));
    let mut text = each.collect::<Vec<_>>().join(", ");
    text.push_str(" (cells; see coverage.csv)");
    if report.totals.gaps.contains_key(Reason::RoleDenied.name()) {
        text.push_str("; `vpce-scout permissions` prints the role");
    }
    text
}
