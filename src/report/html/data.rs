//! The data of the page: a JSON document a table, and one with what the page begins with.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde_json::{Value, json};

use super::super::{
    figures::Figures,
    meaning::{self, Meanings},
    reader::ReportReader,
    row::{KeptRow, RowView},
    tables::{Table, tables},
};
use crate::model::{coverage::Outcome, report::CoverageRow};

/// Rows of a table that the page holds.
const MOST_ROWS: u64 = 100_000;
/// Tables that the page leaves to the other files: there is no end of them, and they lead to no action.
const LEFT_OUT: [&str; 1] = ["hosts"];

/// Writes the data.
pub(super) fn write(
    report: &ReportReader,
    figures: &Figures,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = Escaping(out);
    element(&mut out, "head", |out| {
        Ok(serde_json::to_writer(out, &head(report, figures)?)?)
    })?;
    for table in tables().iter().filter(|it| !LEFT_OUT.contains(&it.name)) {
        element(&mut out, table.name, |out| rows(report, table, out))?;
    }
    Ok(())
}

/// An element that no browser runs.
fn element(
    out: &mut Escaping<'_>,
    name: &str,
    content: impl FnOnce(&mut Escaping<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Escaping(plain) = out;
    write!(
        plain,
        "<script type=\"application/json\" id=\"data-{name}\">"
    )?;
    content(out)?;
    let Escaping(plain) = out;
    writeln!(plain, "</script>")
}

/// The rows of a table, each a list in the order of its columns. Of too many, those of the coverage
/// that are complete are left out first.
fn rows(report: &ReportReader, table: &'static Table, out: &mut Escaping<'_>) -> io::Result<()> {
    let all = report.count(table);
    let incomplete_only = all > MOST_ROWS && table.name == "coverage";
    let columns: Vec<Value> = table
        .columns
        .iter()
        .map(|it| {
            let kind = format!("{:?}", it.kind).to_lowercase();
            json!({"name": it.name, "kind": kind, "meaning": it.meaning})
        })
        .collect();
    write!(
        out,
        "{{\"columns\":{},\"all\":{all},\"rows\":[",
        Value::from(columns)
    )?;
    let mut written = 0_u64;
    report.each(table, &mut |cells| {
        let row = RowView { table, cells };
        let left_out = incomplete_only && row.text("outcome") == "complete";
        if written == MOST_ROWS || left_out {
            return Ok(());
        }
        out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
        written += 1;
        Ok(serde_json::to_writer(&mut *out, cells)?)
    })?;
    out.write_all(b"]}")
}

/// What the page begins with.
fn head(report: &ReportReader, figures: &Figures) -> io::Result<Value> {
    let header = report.header();
    let meanings = Meanings::built_in()?;
    let usd = |amount: Option<rust_decimal::Decimal>| {
        amount.and_then(|it| it.to_string().parse::<f64>().ok())
    };
    let top =
        |rows: &[KeptRow]| -> Vec<Value> { rows.iter().map(|it| it.view().object()).collect() };
    Ok(json!({
        "schema_version": header.schema_version,
        "tool": header.tool,
        "run": header.run,
        "totals": header.totals,
        "figures": {
            "queries": figures.queries.map(|(all, aws)| [all, aws]),
            "nat_monthly_usd": usd(figures.nat_monthly),
            "nat_data_monthly_usd": usd(figures.nat_data_monthly),
            "endpoints_monthly_usd": usd(figures.endpoints_monthly),
            "monthly_saving_usd": usd(figures.saving),
        },
        "services_by_queries": top(&figures.by_queries),
        "services_by_bytes": top(&figures.by_bytes),
        "nat_gateways": top(&figures.gateways),
        "meanings": meanings,
        "action_kinds": kinds(report)?,
        "action_templates": report.action_templates,
        "heat": heat(report)?,
    }))
}

/// The kind of action of each row of `opportunities` that the page holds.
fn kinds(report: &ReportReader) -> io::Result<Vec<String>> {
    let mut kinds = Vec::new();
    super::super::figures::each(report, "opportunities", |row| {
        if kinds.len() as u64 <= MOST_ROWS {
            kinds.push(meaning::kind(row));
        }
    })?;
    Ok(kinds)
}

/// Steps of an account in a Region.
#[derive(Default)]
struct Steps {
    complete: u64,
    not_wanted: u64,
    gaps: u64,
}

/// Accounts by Regions: steps that are complete, that were not wanted, and gaps. Steps of a whole
/// account have no Region.
fn heat(report: &ReportReader) -> io::Result<Value> {
    let mut accounts: BTreeMap<String, (Option<String>, BTreeMap<String, Steps>)> = BTreeMap::new();
    report.each_row(|row: CoverageRow| {
        let Some(account) = row.account_id else {
            return Ok(());
        };
        let (name, regions) = accounts.entry(account.to_string()).or_default();
        if name.is_none() {
            *name = row.account_name.as_deref().map(str::to_owned);
        }
        let region = row.region.map(|it| it.to_string()).unwrap_or_default();
        let steps = regions.entry(region).or_default();
        match (row.outcome, row.reason) {
            (Outcome::Complete, _) => steps.complete += 1,
            (_, Some(reason)) if !reason.is_gap() => steps.not_wanted += 1,
            _ => steps.gaps += 1,
        }
        Ok(())
    })?;
    let of = |(region, steps): (String, Steps)| {
        (
            region,
            json!([steps.complete, steps.not_wanted, steps.gaps]),
        )
    };
    let accounts = accounts.into_iter().map(|(id, (name, regions))| {
        let regions: serde_json::Map<_, _> = regions.into_iter().map(of).collect();
        json!({"id": id, "name": name, "regions": regions})
    });
    Ok(accounts.collect())
}

/// Writes JSON so that it can stand in an element: no `<` ends it, or begins another.
struct Escaping<'o>(&'o mut dyn Write);

impl Write for Escaping<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (at, part) in bytes.split(|byte| *byte == b'<').enumerate() {
            if at > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
