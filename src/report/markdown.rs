//! `report.md`: what a ticket or a chat needs of a run. Always short enough for one comment
//! (<https://github.com/orgs/community/discussions/27190>: 65,536 characters), whatever the names.

use std::{fmt::Write as _, io};

use super::{
    cells::Cell,
    figures::Figures,
    meaning::Meanings,
    row::{KeptRow, RowView},
    text::{UNKNOWN, gb, gb_of, grouped, of_shard, usd, with_plural},
};
use crate::model::{coverage::Step, report::ReportHeader, text::printable, totals::Totals};

/// Characters that the document has at the most.
const LONGEST: usize = 60_000;
/// Room for what follows the list of actions.
const RESERVED: usize = 1_000;
/// Characters of a name, and of a reason.
const LONGEST_NAME: usize = 80;
const LONGEST_REASON: usize = 600;
/// Actions that are listed.
const ACTIONS: usize = 20;
/// Gap reasons and services that are listed.
const LISTED: usize = 20;

/// The document.
///
/// # Errors
///
/// If the texts of the actions cannot be read.
pub(super) fn text_of(report: &ReportHeader, figures: &Figures) -> io::Result<String> {
    let meanings = Meanings::built_in()?;
    let mut out = String::from("# AWS endpoints and NAT gateways\n\n");
    scope(&mut out, report, figures);
    money(&mut out, &report.totals, figures);
    gaps(&mut out, report, &meanings);
    services(&mut out, figures);
    actions(&mut out, report, figures, &meanings);
    Ok(out)
}

// Writing to a String cannot fail.
fn scope(out: &mut String, report: &ReportHeader, figures: &Figures) {
    let (run, totals) = (&report.run, &report.totals);
    let queries = figures.queries.map_or_else(
        || UNKNOWN.to_owned(),
        |(all, aws)| format!("{}; {} to AWS services", grouped(all), grouped(aws)),
    );
    let vpcs = match (totals.is_listed(Step::Vpcs), totals.vpcs_logging_unknown) {
        (false, _) => UNKNOWN.to_owned(),
        (true, unknown) => {
            let unknown = match unknown {
                0 => String::new(),
                more => format!(", {} unknown", grouped(more)),
            };
            format!(
                "{}; {} log their DNS queries{unknown}",
                grouped(totals.vpcs),
                grouped(totals.vpcs_logged)
            )
        }
    };
    let _ = write!(
        out,
        "| Scope | |\n|---|---|\n\
         | Window | {} to {} |\n\
         | Accounts | {} of {} scanned{} |\n\
         | Regions | {} |\n\
         | VPCs | {vpcs} |\n\
         | DNS queries | {queries} |\n\
         | Run | {} ({}) |\n",
        run.window_start,
        run.window_end,
        grouped(totals.accounts_scanned),
        grouped(totals.accounts),
        of_shard(run.shard),
        grouped(totals.regions),
        escaped(&run.id, LONGEST_NAME),
        report.tool,
    );
}

/// How many things were listed, or that none could be.
fn listed(totals: &Totals, step: Step, count: u64, what: &str) -> String {
    if totals.is_listed(step) {
        with_plural(count, what)
    } else {
        "none could be listed".to_owned()
    }
}

fn money(out: &mut String, totals: &Totals, figures: &Figures) {
    let without = |count: u64, what: &str| match count {
        0 => String::new(),
        _ => format!("; without {} {what}", grouped(count)),
    };
    let _ = write!(
        out,
        "\n## Money a month\n\n| What | USD/month | |\n|---|--:|---|\n\
         | NAT gateways now | {} | {}{} |\n\
         | of this, data processing | {} | the most that endpoints can save |\n\
         | Endpoints now | {} | {}{} |\n\
         | Saving, measured | {} | {}, {} of them without a measured saving |\n",
        usd(figures.nat_monthly),
        listed(
            totals,
            Step::NatGateways,
            totals.nat_gateways,
            "NAT gateway"
        ),
        without(
            totals.nat_gateways_cost_unknown,
            nat_cost_unknown(totals.nat_gateways_young)
        ),
        usd(figures.nat_data_monthly),
        usd(figures.endpoints_monthly),
        listed(totals, Step::Endpoints, totals.endpoints, "endpoint"),
        without(totals.endpoints_price_unknown, "of unknown price"),
        usd(figures.saving),
        with_plural(totals.opportunities, "action"),
        grouped(totals.opportunities_saving_unknown),
    );
    // Without such a row nothing looks unused, which is not unknown.
    if let Some(idle) = totals.removable_monthly_usd {
        let _ = writeln!(
            out,
            "| Idle, not measured | {} | hours of endpoints and NAT gateways that look unused |",
            usd(Some(idle.0)),
        );
    }
}

/// Why the cost of NAT gateways may be unknown.
fn nat_cost_unknown(young: u64) -> &'static str {
    if young > 0 {
        "of unknown cost (less than 24 hours make no month)"
    } else {
        "of unknown cost"
    }
}

fn gaps(out: &mut String, report: &ReportHeader, meanings: &Meanings) {
    out.push_str("\n## What is missing\n\n");
    let gaps = &report.totals.gaps;
    if gaps.is_empty() {
        out.push_str("Nothing: every step of every account and Region is complete.\n");
        return;
    }
    out.push_str("| reason | steps | what to do |\n|---|--:|---|\n");
    for (reason, cells) in gaps.iter().take(LISTED) {
        let remedy = meanings.remedy(reason);
        let _ = writeln!(
            out,
            "| `{}` | {} | {remedy} |",
            code(reason),
            grouped(*cells)
        );
    }
    out.push_str("\n`coverage.csv` names the account, the Region and the step of each.\n");
}

fn services(out: &mut String, figures: &Figures) {
    if figures.by_queries.is_empty() {
        return;
    }
    out.push_str(
        "\n## Services by DNS queries\n\n| service | queries | GB in the window | VPCs | without an endpoint |\n\
         |---|--:|--:|--:|--:|\n",
    );
    for row in figures.by_queries.iter().map(KeptRow::view) {
        let count = |column: &str| grouped(row.count(column));
        let bytes = match row.get("bytes") {
            Cell::Integer(bytes) => gb(*bytes),
            _ => UNKNOWN.to_owned(),
        };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            escaped(row.text("service"), LONGEST_NAME),
            count("query_count"),
            bytes,
            count("vpcs"),
            count("vpcs_without_endpoint"),
        );
    }
}

fn actions(out: &mut String, report: &ReportHeader, figures: &Figures, meanings: &Meanings) {
    out.push_str("\n## What to do first\n\n");
    if figures.actions.is_empty() {
        let known = report.totals.is_listed(Step::Vpcs);
        out.push_str(match (known, report.totals.vpcs) {
            (false, _) => "Unknown: no VPC could be listed.\n",
            (true, 0) => {
                "Nothing is proposed: no VPC was found in the accounts and Regions that were scanned.\n"
            }
            (true, _) => "Nothing is proposed.\n",
        });
        return;
    }
    out.push_str(
        "Measured savings add up, and so do the amounts at most: each counts its NAT gateways once. \
         Measured is what flow logs show in the window, scaled to a month of 730 hours.\n\n",
    );
    let mut listed = 0;
    for row in figures.actions.iter().take(ACTIONS) {
        let item = action(listed + 1, row.view(), meanings);
        if out.chars().count() + item.chars().count() + RESERVED > LONGEST {
            break;
        }
        out.push_str(&item);
        listed += 1;
    }
    let left = report.totals.opportunities.saturating_sub(listed);
    if left > 0 {
        let _ = writeln!(
            out,
            "\n{}: see `opportunities.csv`.",
            with_plural(left, "more action")
        );
    }
}

fn action(place: u64, row: RowView<'_>, meanings: &Meanings) -> String {
    let name = |column: &str| escaped(row.text(column), LONGEST_NAME);
    let named = |name_column: &str, id_column: &str| {
        let (name, id) = (name(name_column), name(id_column));
        if name.is_empty() {
            id
        } else {
            format!("{name} ({id})")
        }
    };
    let service = match row.text("service") {
        "" => String::new(),
        service => format!(": {}", escaped(service, LONGEST_NAME)),
    };
    let mut item = format!(
        "{place}. **{}{service}**, VPC {} in {}, account {}.\n",
        meanings.title(row),
        named("vpc_name", "vpc_id"),
        name("region"),
        named("account_name", "account_id"),
    );
    let mut facts = vec![saving(row)];
    if let Some(gb) = row.decimal("gb_month") {
        facts.push(format!("{} a month measured", gb_of(gb)));
    }
    // A ticket may show the lines as one paragraph.
    let _ = writeln!(item, "   {}.", capitalized(&facts.join(", ")));
    let _ = writeln!(item, "   {}", escaped(row.text("reason"), LONGEST_REASON));
    item
}

/// With a capital letter.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|it| it.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What an action saves, in words.
pub(super) fn saving(row: RowView<'_>) -> String {
    match (
        row.decimal("monthly_saving_usd"),
        row.decimal("saving_ceiling_usd"),
    ) {
        (Some(saving), _) if saving.is_sign_negative() && !saving.is_zero() => {
            format!("costs {}/month", usd(Some(-saving)))
        }
        (Some(saving), _) => format!("saves {}/month", usd(Some(saving))),
        (None, Some(most)) if most.is_zero() => "saves no money".to_owned(),
        (None, Some(most)) => format!("saves at most {}/month, not measured", usd(Some(most))),
        // The ceiling is in the first row of each NAT gateway.
        (None, None) if !row.text("ceiling_group").is_empty() => {
            "saves a part of what an action above saves at most, by the same NAT gateways"
                .to_owned()
        }
        (None, None) => "saving unknown".to_owned(),
    }
}

/// Text from outside as Markdown that shows it as it is, in one line and no longer than `most`: no
/// emphasis, no link, no HTML, no mention of a person, no new row of a table.
fn escaped(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = printable(&text.replace(['\n', '\r', '\t'], " "))
        .trim()
        .chars()
        .collect::<Vec<_>>();
    let cut = letters.len() > most;
    letters.truncate(most);
    for (at, letter) in letters.iter().enumerate() {
        match letter {
            '@' => out.push_str("&#64;"),
            // Chats that know no backslashes show no HTML either.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // `www.` and `https:` would become links.
            '.' if at >= 3 && letters[at - 3..at].iter().all(|it| matches!(it, 'w' | 'W')) => {
                out.push_str("&#46;");
            }
            ':' if letters.get(at + 1) == Some(&'/') => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~'
            | '&' | '$' | '^' => {
                out.push('\\');
                out.push(*letter);
            }
            '+' | '-' | '=' if at == 0 => {
                out.push('\\');
                out.push(*letter);
            }
            _ => out.push(*letter),
        }
    }
    if cut {
        out.push_str("...");
    }
    out
}

/// A word of the program's own between backticks.
fn code(word: &str) -> String {
    word.replace(['`', '|', '\n'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::money::Amount;

    #[test]
    fn what_looks_unused_has_a_row_only_where_something_does() {
        let table = |removable_monthly_usd| {
            let totals = Totals {
                removable_monthly_usd,
                ..Totals::default()
            };
            let mut out = String::new();
            money(&mut out, &totals, &Figures::default());
            out
        };
        assert!(!table(None).contains("Idle"));
        let idle = table(Some(Amount("35.04".parse().unwrap())));
        assert!(
            idle.contains("| Idle, not measured | 35.04 USD |"),
            "{idle}"
        );
    }

    #[test]
    fn a_name_cannot_become_markup() {
        for (name, expected) in [
            ("plain-name 1.2", "plain-name 1.2"),
            ("a|b", "a\\|b"),
            ("**bold** _it_", "\\*\\*bold\\*\\* \\_it\\_"),
            ("[x](http://y)", "\\[x\\]\\(http&#58;//y\\)"),
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert\\(1\\)&lt;/script&gt;",
            ),
            ("@all", "&#64;all"),
            ("www.evil.example", "www&#46;evil.example"),
            ("line\nbreak\ttab", "line break tab"),
            ("数据", "数据"),
            ("- item", "\\- item"),
            ("a\u{1b}[31m", "a\\[31m"),
        ] {
            assert_eq!(escaped(name, 80), expected);
        }
        assert_eq!(
            escaped(&"x".repeat(100), 10),
            format!("{}...", "x".repeat(10))
        );
    }
}
