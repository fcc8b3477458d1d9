//! The lines of the summary: a label, a figure to the right, and what belongs to it.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::{
    super::{
        figures::Figures,
        markdown::saving,
        meaning::Meanings,
        row::{KeptRow, RowView},
        text::{UNKNOWN, gb, grouped, percent, usd, with_plural},
    },
    Style,
    notes::{NOT_LISTED, endpoints, nat},
};
use crate::model::{coverage::Step, report::ReportHeader, text::printable};

/// Columns of a label, and of a figure, which stands to the right of them.
const LABEL: usize = 26;
const FIGURE: usize = 16;
/// Where notes begin, and where lines end on a terminal.
const NOTE: usize = 2 + LABEL + FIGURE + 2;
const WIDTH: usize = 80;
/// Where the place of an action begins.
const ACTION: usize = 5;
/// Actions, and services of a ranking.
const TOP: usize = 5;

const BOLD: &str = "\u{1b}[1m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RESET: &str = "\u{1b}[0m";

/// The summary on its way.
pub(super) struct Lines {
    text: String,
    style: Style,
}

// Writing to a String cannot fail.
impl Lines {
    pub(super) fn new(style: Style) -> Self {
        Self {
            text: String::new(),
            style,
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn coloured(&self, colour: &str, text: &str) -> String {
        if self.style.colour {
            format!("{colour}{text}{RESET}")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn section(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let title = self.coloured(BOLD, title);
        let _ = writeln!(self.text, "{title}");
    }

    /// A figure and a note.
    fn figure(&mut self, label: &str, figure: &str, note: &str) {
        self.painted("", label, figure, note);
    }

    fn painted(&mut self, colour: &str, label: &str, figure: &str, note: &str) {
        let mut padded = format!("{figure:>FIGURE$}");
        if !colour.is_empty() {
            padded = self.coloured(colour, &padded);
        }
        let notes = self.lines_of(note, WIDTH - NOTE);
        let mut notes = notes.iter();
        let first = notes.next().map_or("", String::as_str);
        let line = format!("  {label:<LABEL$}{padded}  {first}");
        let _ = writeln!(self.text, "{}", line.trim_end());
        for note in notes {
            let _ = writeln!(self.text, "{:NOTE$}{note}", "");
        }
    }

    /// The text in lines of so many letters where it goes to a terminal, else in one.
    fn lines_of(&self, text: &str, width: usize) -> Vec<String> {
        if self.style.wrapped {
            wrapped(text, width)
        } else {
            vec![text.to_owned()]
        }
    }

    /// A label and words.
    fn words(&mut self, label: &str, words: &str) {
        let line = format!("  {label:<LABEL$}{words}");
        let _ = writeln!(self.text, "{}", line.trim_end());
    }

    pub(super) fn scope(&mut self, report: &ReportHeader) {
        let (run, totals) = (&report.run, &report.totals);
        self.section("Scope");
        self.words(
            "Window",
            &format!("{} to {}", run.window_start, run.window_end),
        );
        if let Some(shard) = run.shard {
            let (index, count) = (shard.index(), shard.count());
            self.words(
                "Accounts of",
                &format!(
                    "shard {index} of {count}; `vpce-scout merge` makes one run of all shards"
                ),
            );
        }
        let of = format!("of {} scanned", grouped(totals.accounts));
        self.figure("Accounts", &grouped(totals.accounts_scanned), &of);
        self.figure("Regions", &grouped(totals.regions), "");
        if !totals.is_listed(Step::Vpcs) {
            self.figure("VPCs", UNKNOWN, "none could be listed");
            return;
        }
        let mut logged = format!("{} log their DNS queries", grouped(totals.vpcs_logged));
        if let Some(percent) = percent(totals.vpcs_logged, totals.vpcs) {
            let _ = write!(logged, " ({percent})");
        }
        if totals.vpcs_logging_unknown > 0 {
            let _ = write!(logged, ", {} unknown", grouped(totals.vpcs_logging_unknown));
        }
        self.figure("VPCs", &grouped(totals.vpcs), &logged);
    }

    pub(super) fn usage(&mut self, report: &ReportHeader, figures: &Figures) {
        self.section("Usage in the window");
        match figures.queries {
            Some((all, aws)) => {
                let aws = format!("{} to AWS services", grouped(aws));
                self.figure("DNS queries", &grouped(all), &aws);
            }
            None => self.figure("DNS queries", UNKNOWN, "no query log was read"),
        }
        self.ranking("Services by queries", &figures.by_queries, |row| {
            grouped(row.count("query_count"))
        });
        self.bytes(report, figures);
        self.ranking("Services by bytes", &figures.by_bytes, |row| {
            gb(row.count("bytes"))
        });
    }

    fn ranking(&mut self, title: &str, rows: &[KeptRow], figure: impl Fn(RowView<'_>) -> String) {
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "  {title}");
        for row in rows.iter().take(TOP).map(KeptRow::view) {
            let label = format!("  {}", printable(row.text("service")));
            let without = match row.count("vpcs_without_endpoint") {
                0 => String::new(),
                count => format!(", {} without an endpoint", grouped(count)),
            };
            let note = with_plural(row.count("vpcs"), "VPC") + &without;
            self.figure(&label, &figure(row), &note);
        }
    }

    /// What flow logs show, or that they could.
    fn bytes(&mut self, report: &ReportHeader, figures: &Figures) {
        let totals = &report.totals;
        if !totals.is_listed(Step::NatGateways) {
            self.figure("NAT gateway bytes", UNKNOWN, NOT_LISTED);
            return;
        }
        let (logged, all) = (totals.nat_gateways_flow_logged, totals.nat_gateways);
        let with_logs = format!(
            "{} of {} NAT gateways have flow logs",
            grouped(logged),
            grouped(all)
        );
        match (totals.attributed_percent, totals.flow_log_bytes) {
            (Some(percent), _) => {
                let mut note = format!("attributed to services and partners; {with_logs}");
                if let Some(difference) = totals.flow_log_difference_percent {
                    let _ = write!(
                        note,
                        ", within {:.1} % of CloudWatch metrics",
                        difference.abs()
                    );
                }
                self.figure("NAT gateway bytes", &format!("{percent:.0} %"), &note);
            }
            (None, Some(_)) => {
                self.figure("NAT gateway bytes", "none", "by flow logs");
            }
            (None, None) => {
                let note =
                    "by service: no flow log shows them, see `vpce-scout logging enable flow`";
                self.figure("NAT gateway bytes", UNKNOWN, note);
            }
        }
        let wanted = logged < all || !figures.flow_logs;
        if let Some(format) = totals
            .flow_log_format
            .as_ref()
            .filter(|_| wanted && self.style.verbose)
        {
            self.words("Flow log format", format);
        }
    }

    pub(super) fn money(&mut self, report: &ReportHeader, figures: &Figures) {
        let totals = &report.totals;
        self.section("Cost a month");
        self.amount("NAT gateways", figures.nat_monthly, &nat(totals));
        self.amount("Endpoints", figures.endpoints_monthly, &endpoints(totals));
        let to_do = with_plural(totals.opportunities, "action");
        let note = match totals.opportunities_saving_unknown {
            0 => to_do,
            unknown => format!("{to_do}, {} without a measured saving", grouped(unknown)),
        };
        self.amount("Saving, measured", figures.saving, &note);
        if let Some(most) = figures.nat_data_monthly {
            let note = "data processing charges: the most that endpoints can save";
            self.amount("Saving, at most", Some(most), note);
        }
        if let Some(idle) = totals.removable_monthly_usd {
            self.amount(
                "Idle, not measured",
                Some(idle.0),
                "hours of what looks unused",
            );
        }
    }

    pub(super) fn amount(&mut self, label: &str, amount: Option<Decimal>, note: &str) {
        let colour = match amount {
            None => YELLOW,
            Some(amount) if label.starts_with("Saving, measured") && !amount.is_zero() => GREEN,
            Some(_) => "",
        };
        self.painted(colour, label, &usd(amount), note);
    }

    pub(super) fn actions(
        &mut self,
        report: &ReportHeader,
        figures: &Figures,
        meanings: &Meanings,
    ) {
        if figures.actions.is_empty() {
            return;
        }
        self.section("What to do first");
        for (row, place) in figures.actions.iter().take(TOP).map(KeptRow::view).zip(1..) {
            let title = meanings.title(row);
            let service = match row.text("service") {
                "" => String::new(),
                service => format!(": {}", printable(service)),
            };
            let amount = saving(row);
            let amount = match row.decimal("monthly_saving_usd") {
                Some(_) => self.coloured(GREEN, &amount),
                None => amount,
            };
            let _ = writeln!(self.text, "  {place}. {title}{service}, {amount}");
            let place = format!(
                "VPC {} in {}, account {}",
                named(row, "vpc_name", "vpc_id"),
                printable(row.text("region")),
                named(row, "account_name", "account_id"),
            );
            for line in self.lines_of(&place, WIDTH - ACTION) {
                let _ = writeln!(self.text, "{:ACTION$}{line}", "");
            }
        }
        let left = report.totals.opportunities.saturating_sub(TOP as u64);
        if left > 0 {
            let _ = writeln!(
                self.text,
                "  {}: see opportunities.csv",
                with_plural(left, "more action")
            );
        }
    }

    pub(super) fn missing(&mut self, report: &ReportHeader, meanings: &Meanings) {
        let gaps = &report.totals.gaps;
        self.section("Gaps");
        if gaps.is_empty() {
            self.words("none", "");
            return;
        }
        for (reason, cells) in gaps {
            self.painted(YELLOW, reason, &grouped(*cells), meanings.remedy(reason));
        }
        let _ = writeln!(
            self.text,
            "  Each is an account, Region and step: see coverage.csv"
        );
    }

    pub(super) fn reports(&mut self, directory: &str) {
        self.section("Reports");
        let _ = writeln!(self.text, "  {directory}");
    }
}

/// The words of a text in lines of so many letters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let letters = |text: &str| text.chars().count();
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if letters(line) + 1 + letters(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `name (id)`, or the id.
fn named(row: RowView<'_>, name: &str, id: &str) -> String {
    let (name, id) = (printable(row.text(name)), printable(row.text(id)));
    if name.is_empty() {
        id
    } else {
        format!("{name} ({id})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_a_note_continues_below_its_beginning() {
        let style = Style {
            wrapped: true,
            ..Style::default()
        };
        let mut lines = Lines::new(style);
        let note = "12 NAT gateways; the price of 1 in 1 Region is unknown";
        lines.figure("NAT gateways", "4,408.15 USD", note);
        let text = lines.finish();
        assert_eq!(
            text,
            "  NAT gateways                  4,408.15 USD  12 NAT gateways; the price of 1 in\n\
             \x20                                             1 Region is unknown\n"
        );
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
    }
}
