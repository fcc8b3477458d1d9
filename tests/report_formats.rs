//! One report in every format: the same rows and cells in CSV, JSON, the workbook and the page.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::{Value, json};
use vpce_scout::report;

use crate::support::{
    admin::Aws,
    browser,
    home::Home,
    office::Office,
    organization::{Account, Organization},
    table::Table,
    vpc::Vpc,
    workbook::Workbook,
};

/// Every format.
const ALL: &str = "csv,json,xlsx,html,markdown";
/// Tables that the page leaves out.
const NOT_IN_PAGE: &str = "hosts";

/// Names that break out of careless CSV, workbooks, pages and documents.
const NAMES: [&str; 12] = [
    r#"=HYPERLINK("http://x","y")"#,
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "-2+3",
    "@x",
    "quote \" and , comma; and | pipe",
    "数据 \u{202e}lake",
    "line\nbreak",
    "_x0041_ {{data}} `code` [x](http://y)",
    "' or 1=1 --",
    "&lt;b&gt; &amp;",
    "0012",
];

/// A home with the reports of the demo organization, made once.
pub(crate) fn demo_home() -> &'static Home {
    static HOME: OnceLock<Home> = OnceLock::new();
    HOME.get_or_init(|| {
        let aws = Aws::with_demo();
        let home = Home::as_caller(&aws, aws.demo_caller());
        home.scan(&["--formats", ALL]).exits_with(3);
        home
    })
}

fn demo() -> PathBuf {
    demo_home().path().join("report")
}

/// The reports of an organization with hostile names, made once.
fn hostile() -> PathBuf {
    static HOME: OnceLock<Home> = OnceLock::new();
    let home = HOME.get_or_init(|| {
        let mut organization = Organization::new();
        for (number, name) in NAMES.iter().enumerate() {
            let vpc = Vpc::with_everything(&format!("vpc {number}"));
            let vpc = vpc.with("tags", json!({ "Name": name }));
            organization = organization.account(Account::new(name).vpc(vpc));
        }
        let (_, _, home) = Home::seeded(&organization);
        home.scan(&["--formats", ALL]).exits_with(0);
        home
    });
    home.path().join("report")
}

fn document(directory: &Path) -> Value {
    serde_json::from_slice(&fs::read(directory.join("report.json")).unwrap()).unwrap()
}

/// A value as a cell of a workbook has it: lists joined, numbers as they are, nothing for nothing.
fn as_cell(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items
                .iter()
                .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
                .collect();
            as_cell(&json!(items.join(";")))
        }
        Value::String(text) if text.is_empty() => Value::Null,
        Value::Number(number) => json!(number.as_f64().unwrap()),
        other => other.clone(),
    }
}

/// Holds every cell of the workbook against `report.json`.
fn workbook_equals(workbook: &Workbook, document: &Value) {
    for table in report::tables() {
        let rows = document[table.name].as_array().unwrap();
        let columns: Vec<&str> = table.columns.iter().map(|it| it.name).collect();
        assert_eq!(workbook.columns(table.name), columns);
        assert_eq!(
            workbook.rows(table.name) as usize,
            rows.len(),
            "{}",
            table.name
        );
        for (row, at) in rows.iter().zip(1..) {
            for (place, column) in columns.iter().enumerate() {
                let cell = workbook.cell(table.name, at, place);
                let expected = as_cell(&row[*column]);
                let equal = match (&cell, &expected) {
                    (Value::Number(one), Value::Number(other)) => {
                        let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
                        (one - other).abs() <= other.abs() * 1e-12
                    }
                    _ => cell == expected,
                };
                assert!(equal, "{} {column} {at}: {cell} {expected}", table.name);
            }
        }
    }
}

/// The data of the page, by the name of a table.
fn page_data(page: &str, name: &str) -> Value {
    let start = format!("<script type=\"application/json\" id=\"data-{name}\">");
    let rest = page
        .split_once(&start)
        .unwrap_or_else(|| panic!("no {name}"))
        .1;
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

fn page_equals(page: &str, document: &Value) {
    for table in report::tables().iter().filter(|it| it.name != NOT_IN_PAGE) {
        let data = page_data(page, table.name);
        let names: Vec<&str> = table.columns.iter().map(|it| it.name).collect();
        let columns = data["columns"].as_array().unwrap().iter();
        assert!(
            columns
                .map(|it| it["name"].as_str().unwrap())
                .eq(names.iter().copied())
        );
        let rows = document[table.name].as_array().unwrap().iter();
        let rows: Vec<Value> = rows
            .map(|row| names.iter().map(|name| row[*name].clone()).collect())
            .collect();
        assert!(data["rows"].as_array() == Some(&rows), "{}", table.name);
    }
}

#[test]
fn csv_json_workbook_and_page_hold_the_same_cells_whatever_the_names() {
    for directory in [demo(), hostile()] {
        let document = document(&directory);
        let workbook = Workbook::read(&directory.join("report.xlsx"));
        let mut names = vec!["Summary".to_owned(), "Actions".to_owned()];
        names.extend(report::tables().iter().map(|it| it.name.to_owned()));
        names.push("Prices".to_owned());
        assert_eq!(workbook.names, names);
        workbook_equals(&workbook, &document);
        let page = fs::read_to_string(directory.join("report.html")).unwrap();
        page_equals(&page, &document);
        for table in report::tables() {
            let csv = fs::read(directory.join(format!("{}.csv", table.name))).unwrap();
            let rows = Table::read(table.name, &csv).rows().len();
            assert_eq!(rows, document[table.name].as_array().unwrap().len());
        }
        let to_do = document["opportunities"].as_array().unwrap().iter();
        let to_do = to_do.filter(|row| row["action"] != "none").count();
        assert_eq!(workbook.rows("Actions") as usize, to_do);
    }
}

#[test]
fn libreoffice_calculates_every_formula_to_the_figure_of_the_report() {
    let office = Office::ready();
    for directory in [demo(), hostile()] {
        let path = directory.join("report.xlsx");
        let calculated = Workbook::read(&office.calculated(&path, &[]));
        workbook_equals(&calculated, &document(&directory));
        let written = Workbook::read(&path);
        for label in [
            "NAT gateways now",
            "Endpoints now",
            "Saving, measured",
            "Saving, at most",
        ] {
            let (one, other) = (calculated.summary(label), written.summary(label));
            let close = match (one.as_f64(), other.as_f64()) {
                (Some(one), Some(other)) => (one - other).abs() < 1e-6,
                _ => one == other,
            };
            assert!(close, "{label}: {one} {other}");
        }
    }
}

#[test]
fn the_page_works_in_a_browser_and_hostile_names_stay_text_in_it() {
    for directory in [demo(), hostile()] {
        browser::test_page(&directory.join("report.html"));
    }
}

#[test]
fn the_document_for_tickets_is_short_and_no_name_is_markup_in_it() {
    for directory in [demo(), hostile()] {
        let text = fs::read_to_string(directory.join("report.md")).unwrap();
        assert!(text.chars().count() < 60_000);
        for markup in ["<script", "<img", "[x](", "`code`", "\u{202e}"] {
            assert!(!text.contains(markup), "{markup}");
        }
        assert!(text.contains("## What to do first"));
    }
}

#[test]
fn csv_begins_with_a_byte_order_mark_where_it_is_wanted_and_the_summary_may_be_json() {
    let home = demo_home();
    let arguments = ["report", "--out", "again"];
    let run = |more: &[&str]| {
        home.run(&[&arguments[..], more].concat())
            .exits_with(3)
            .stdout
    };
    let file = |name: &str| fs::read(home.path().join("again").join(name)).unwrap();
    let summary: Value = serde_json::from_str(&run(&["--csv-bom", "--summary", "json"])).unwrap();
    assert_eq!(summary["totals"]["accounts"], 14);
    assert_eq!(
        summary["files"].as_array().unwrap().len(),
        report::tables().len() + 2
    );
    assert!(summary["first_actions"][0]["reason"].is_string());
    let marked = file("vpcs.csv");
    assert!(marked.starts_with(b"\xef\xbb\xbfaccount_id,"));
    let text = run(&[]);
    assert_eq!(file("vpcs.csv"), marked[3..]);
    assert!(
        !text.contains('\u{1b}'),
        "colour, though stdout is no terminal"
    );
}
