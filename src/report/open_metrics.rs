//! A run as OpenMetrics text, for the textfile collector of node_exporter and the CloudWatch agent
//! (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>).
//!
//! Every metric is a gauge: it describes one run, and the next run replaces it. What is unknown is
//! left out, never zero.

use std::fmt::{Display, Write as _};

use crate::model::{coverage::Step, report::ReportHeader};

/// The calls of the process that made the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// HTTP requests to AWS, repeats included.
    pub requests: u64,
    /// Those that were answered by throttling.
    pub throttled: u64,
}

/// The text, ready to be written.
pub fn text(header: &ReportHeader, traffic: Traffic, exit_code: u8) -> String {
    let (run, totals) = (&header.run, &header.totals);
    let mut out = Exposition::default();
    let seconds = run.finished_at.duration_since(run.started_at).as_secs_f64();
    out.gauge(
        "exit_code",
        None,
        "Exit code of the run: 0 complete, 3 with gaps.",
        exit_code,
    );
    out.gauge(
        "finished_timestamp_seconds",
        Some("seconds"),
        "When the run ended, in seconds since 1970.",
        run.finished_at.as_second(),
    );
    out.gauge(
        "duration_seconds",
        Some("seconds"),
        "How long the run took.",
        seconds,
    );
    out.gauge(
        "accounts",
        None,
        "Accounts of the organization.",
        totals.accounts,
    );
    out.gauge(
        "accounts_scanned",
        None,
        "Accounts that were scanned.",
        totals.accounts_scanned,
    );
    if totals.is_listed(Step::Vpcs) {
        out.gauge("vpcs", None, "VPCs that were found.", totals.vpcs);
    }
    out.gauge(
        "requests",
        None,
        "HTTP requests to AWS of the process.",
        traffic.requests,
    );
    out.gauge(
        "requests_throttled",
        None,
        "HTTP requests to AWS that were throttled.",
        traffic.throttled,
    );
    out.gauge(
        "logs_scanned_bytes",
        Some("bytes"),
        "Bytes that Logs Insights scanned.",
        totals.logs_bytes_scanned,
    );
    let cost = [
        ("logs", totals.logs_scan_usd),
        ("metrics", totals.metrics_usd),
    ];
    let cost = cost.into_iter().filter_map(|(of, usd)| Some((of, usd?.0)));
    out.family(
        "cost_usd",
        "What the run cost in US dollars, by what was read.",
        "source",
        cost,
    );
    let gaps = totals
        .gaps
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count));
    out.family(
        "gaps",
        "Cells that leave out something that was wanted, by reason.",
        "reason",
        gaps,
    );
    out.finish()
}

/// The text in the making.
#[derive(Debug, Default)]
struct Exposition(String);

impl Exposition {
    /// Writing to a String cannot fail.
    fn describe(&mut self, name: &str, unit: Option<&str>, help: &str) {
        let _ = writeln!(self.0, "# TYPE vpce_scout_{name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(self.0, "# UNIT vpce_scout_{name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP vpce_scout_{name} {help}");
    }

    fn gauge(&mut self, name: &str, unit: Option<&str>, help: &str, value: impl Display) {
        self.describe(name, unit, help);
        let _ = writeln!(self.0, "vpce_scout_{name} {value}");
    }

    fn family<'v, V: Display>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'v str, V)>,
    ) {
        self.describe(name, None, help);
        for (key, value) in values {
            let key = escaped(key);
            let _ = writeln!(self.0, "vpce_scout_{name}{{{label}=\"{key}\"}} {value}");
        }
    }

    fn finish(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

/// A label's value, whose backslashes, quotes and line ends are escaped.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::model::totals::Totals;

    fn header(gaps: &[(&str, u64)]) -> ReportHeader {
        let gaps: BTreeMap<String, u64> = gaps.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        let totals = Totals {
            accounts: 14,
            logs_bytes_scanned: 1 << 30,
            gaps,
            ..Totals::default()
        };
        let run = json!({
            "id": "r", "started_at": "2026-01-08T00:00:00Z", "finished_at": "2026-01-08T00:01:30Z",
            "window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-08T00:00:00Z",
            "arguments": [],
        });
        let whole = json!({
            "schema_version": 1, "generated_at": "2026-01-08T00:00:00Z", "tool": "t", "run": run,
            "totals": totals, "prices": [],
        });
        serde_json::from_value(whole).unwrap()
    }

    /// Reads the text by the grammar of OpenMetrics, as far as gauges need it.
    fn samples(text: &str) -> BTreeMap<String, f64> {
        let body = text.strip_suffix("# EOF\n").unwrap();
        let (mut current, mut found) = (String::new(), BTreeMap::new());
        for line in body.lines() {
            assert!(!line.is_empty(), "an empty line is not allowed");
            let name_of = |rest: &str| rest.split(' ').next().unwrap().to_owned();
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                current = name_of(rest);
                assert!(rest.ends_with(" gauge"), "{line}");
            } else if let Some(rest) = line.strip_prefix("# UNIT ") {
                let (name, unit) = rest.split_once(' ').unwrap();
                assert!(
                    name == current && name.ends_with(&format!("_{unit}")),
                    "{line}"
                );
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                assert_eq!(name_of(rest), current);
            } else {
                let (key, value) = line.rsplit_once(' ').unwrap();
                assert_eq!(key.split('{').next().unwrap(), current, "{line}");
                let before = found.insert(key.to_owned(), value.parse().unwrap());
                assert_eq!(before, None, "{line} is there twice");
            }
        }
        found
    }

    #[test]
    fn a_run_is_written_as_gauges_that_follow_the_grammar() {
        let traffic = Traffic {
            requests: 812,
            throttled: 3,
        };
        let header = header(&[("access_denied", 4), ("role_denied", 1)]);
        let found = samples(&text(&header, traffic, 3));
        for (key, value) in [
            ("vpce_scout_exit_code", 3.0),
            ("vpce_scout_duration_seconds", 90.0),
            ("vpce_scout_accounts", 14.0),
            ("vpce_scout_requests", 812.0),
            ("vpce_scout_requests_throttled", 3.0),
            ("vpce_scout_logs_scanned_bytes", 1_073_741_824.0),
            ("vpce_scout_gaps{reason=\"access_denied\"}", 4.0),
            ("vpce_scout_gaps{reason=\"role_denied\"}", 1.0),
        ] {
            assert_eq!(found.get(key), Some(&value), "{key}");
        }
        let cost = found.keys().find(|key| key.starts_with("vpce_scout_cost"));
        assert_eq!(cost, None, "an unknown cost is left out");
    }

    #[test]
    fn a_label_cannot_end_its_quotes() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
