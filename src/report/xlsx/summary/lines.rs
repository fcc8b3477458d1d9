//! What the sheet `Summary` holds, line by line.

use rust_decimal::Decimal;

use super::{
    super::{
        super::{
            meaning::Meanings,
            text::{UNKNOWN, grouped, of_shard, with_plural},
        },
        cell,
        money::{FACTOR, HOURS, WINDOW},
    },
    Contents, Figure, Line, WIDTHS,
};
use crate::model::{coverage::Step, money::HOURS_PER_MONTH, totals::Totals};

pub(super) fn head(contents: &Contents<'_>) -> Vec<Line> {
    let (report, totals) = (contents.report, &contents.report.totals);
    let fact =
        |label: &str, text: String, note: &str| Line::Fact(label.to_owned(), text, note.to_owned());
    vec![
        Line::Title("AWS endpoints and NAT gateways: what they cost and what to do".to_owned()),
        Line::Note(format!("{}, run {}", report.tool, report.run.id)),
        Line::Blank,
        Line::Section("Scope"),
        fact(
            "Window from",
            report.run.window_start.to_string(),
            "Times are UTC. Usage in the window is scaled to a month.",
        ),
        fact("Window to", report.run.window_end.to_string(), ""),
        fact(
            "Accounts scanned",
            format!(
                "{} of {}{}",
                grouped(totals.accounts_scanned),
                grouped(totals.accounts),
                of_shard(report.run.shard)
            ),
            "See the sheet accounts.",
        ),
        fact("Regions", grouped(totals.regions), ""),
        fact(
            "VPCs",
            if totals.is_listed(Step::Vpcs) {
                grouped(totals.vpcs)
            } else {
                UNKNOWN.to_owned()
            },
            &logging(totals),
        ),
        Line::Blank,
    ]
}

/// How many VPCs log their queries.
fn logging(totals: &Totals) -> String {
    let mut note = format!("{} log their DNS queries", grouped(totals.vpcs_logged));
    if totals.vpcs_logging_unknown > 0 {
        let unknown = grouped(totals.vpcs_logging_unknown);
        note = format!("{note}, of {unknown} it is unknown");
    }
    if totals.vpcs_logged < totals.vpcs {
        note += ". What the others call is not known";
    }
    note + "."
}

/// How many things were listed, or that none could be.
fn listed(totals: &Totals, step: Step, count: u64, what: &str) -> String {
    if totals.is_listed(step) {
        with_plural(count, what)
    } else {
        "None could be listed".to_owned()
    }
}

pub(super) fn money(contents: &Contents<'_>) -> Vec<Line> {
    let totals = &contents.report.totals;
    let of = |unknown: u64, why: &str| {
        if unknown == 0 {
            String::new()
        } else {
            format!(" Without {unknown}, {why}.")
        }
    };
    vec![
        Line::Section("Money a month"),
        Line::Money(
            "NAT gateways now",
            Figure::NatMonthly,
            format!(
                "{}.{}",
                listed(
                    totals,
                    Step::NatGateways,
                    totals.nat_gateways,
                    "NAT gateway"
                ),
                of(
                    totals.nat_gateways_cost_unknown,
                    if totals.nat_gateways_young > 0 {
                        "whose price, bytes or month are not known: less than 24 hours make no month"
                    } else {
                        "whose price or bytes are not known"
                    }
                )
            ),
        ),
        Line::Money(
            "Public IPv4 addresses of NAT gateways",
            Figure::PublicIpv4,
            "Not in the line above: the address has a price of its own.".to_owned(),
        ),
        Line::Money(
            "Endpoints now",
            Figure::EndpointsMonthly,
            format!(
                "{}.{}{}",
                listed(totals, Step::Endpoints, totals.endpoints, "endpoint"),
                of(totals.endpoints_price_unknown, "whose price is not known"),
                of(
                    totals.endpoints_data_unknown,
                    "whose data was not measured and is left out"
                )
            ),
        ),
        Line::Money(
            "Saving, measured",
            Figure::Saving,
            format!(
                "By bytes in flow logs. {}, {} of them without a measured saving.",
                with_plural(totals.opportunities, "action"),
                grouped(totals.opportunities_saving_unknown)
            ),
        ),
        Line::Money(
            "Saving, at most",
            Figure::NatData,
            "What NAT gateways cost for data now: endpoints cannot save more of it.".to_owned(),
        ),
        Line::Money(
            "Of this, by actions not measured",
            Figure::Ceilings,
            "The column saving_ceiling_usd without what to remove: a NAT gateway that several actions are about counts once (ceiling_group).".to_owned(),
        ),
        Line::Money(
            "Idle, not measured",
            Figure::Idle,
            "Hours of endpoints and NAT gateways that look unused. Not in the lines above."
                .to_owned(),
        ),
        Line::Blank,
    ]
}

pub(super) fn missing(totals: &Totals, meanings: &Meanings) -> Vec<Line> {
    let mut lines = vec![Line::Section("What is missing")];
    if totals.gaps.is_empty() {
        lines.push(Line::Note(
            "Nothing: every step of every account and Region is complete.".to_owned(),
        ));
    }
    for (reason, cells) in &totals.gaps {
        let remedy = meanings.remedy(reason).replace('`', "");
        let note = format!("Steps: see the sheet coverage. {remedy}");
        lines.push(Line::Fact(reason.replace('_', " "), grouped(*cells), note));
    }
    lines.push(Line::Blank);
    lines
}

pub(super) fn settings(window: Decimal) -> Vec<Line> {
    let month = Decimal::from(HOURS_PER_MONTH);
    let factor = month.checked_div(window).unwrap_or_default();
    let note = if window < Decimal::from(24) {
        "Not used: less than 24 hours make no figure of a month."
    } else {
        "A formula. A number here takes its place."
    };
    vec![
        Line::Section("Settings of the formulas"),
        Line::Setting("Hours of a month", HOURS, None, month, "Change this, the next two or a price in the sheet Prices: rows, totals and this page follow."),
        Line::Setting("Hours of the window", WINDOW, None, window, ""),
        Line::Setting("Factor from the window to a month", FACTOR, Some(format!("{HOURS}/{WINDOW}")), factor, note),
        Line::Note("A figure that no formula gives to its last digit (a discount by volume, a plan whose endpoints share a tier) is a number.".to_owned()),
        Line::Note("Parts of a price tier, shares of a central endpoint or NAT gateway, and the plans of hub_or_own are those of today.".to_owned()),
        Line::Blank,
    ]
}

impl Line {
    /// The height of a line whose note does not fit into one: not every program works it out.
    pub(super) fn height(&self) -> Option<f64> {
        let note = match self {
            Self::Fact(.., note) | Self::Money(.., note) | Self::Meaning(.., note) => note.as_str(),
            Self::Setting(.., note) => note,
            _ => return None,
        };
        cell::height(&[(note, WIDTHS[2])])
    }
}

/// A text without the braces of its columns.
pub(super) fn plain(text: &str) -> String {
    text.replace("{endpoint_service_name}", "the service")
        .replace("{hub_vpc_id}", "of the organization")
        .replace("{service}", "the service")
        .replace("{vpc}", "the VPC")
}
