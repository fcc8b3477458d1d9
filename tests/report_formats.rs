//! One report in every format: the same rows and cells in CSV, JSON, the workbook and the page, and a
//! workbook whose figures follow its prices.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde_json::{Map, Value, json};
use vpce_scout::{
    model::{
        report::{Report, ReportHeader},
        totals::Totals,
    },
    report::{self, Directory, Formats, Kind, ReportReader},
    store::Store,
};

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
fn demo_home() -> &'static Home {
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

/// A row with what is given, and nothing where that is allowed.
fn row(table: &str, given: &Value) -> Value {
    let table = report::table(table).unwrap();
    let columns = table.columns.iter().map(|column| {
        let nothing = match column.kind {
            Kind::Bool => json!(false),
            Kind::List => json!([]),
            Kind::Integer | Kind::Bytes => json!(0),
            Kind::Text => json!(""),
            _ => Value::Null,
        };
        let value = given.get(column.name).cloned().unwrap_or(nothing);
        (column.name.to_owned(), value)
    });
    Value::Object(columns.collect::<Map<_, _>>())
}

/// A NAT gateway through which 168 GB went in the 168 hours of the window, half of them to S3.
fn small() -> Report {
    let place = json!({"account_id": "001234567890", "region": "eu-west-1", "vpc_id": "vpc-1"});
    let with = |more: Value| {
        let mut all = place.as_object().unwrap().clone();
        all.extend(more.as_object().unwrap().clone());
        Value::Object(all)
    };
    let price = |item: &str, unit: &str, usd: f64| {
        json!({
            "region": "eu-west-1", "item": item, "unit": unit, "tier_from": 0, "usd": usd,
            "source": "a test", "as_of": "2026-01-01", "tier_to": null, "list_usd": usd,
            "discount_percent": null
        })
    };
    let gateway = with(json!({
        "nat_gateway_id": "nat-1", "state": "available", "connectivity_type": "public",
        "availability_mode": "zonal", "availability_zones": ["eu-west-1a"], "window_hours": 168.0,
        "bytes_in_from_source": 180_388_626_432_u64, "bytes_in_from_destination": 0,
        "gb_processed_month": 730.0, "hour_price_usd": 0.048, "gb_price_usd": 0.048,
        "monthly_hours_usd": 35.04, "monthly_data_usd": 35.04, "monthly_total_usd": 70.08,
        "idle": false, "window_billed_hours": 168.0, "window_usd": 16.13
    }));
    let action = with(json!({
        "service": "s3", "endpoint_type": "Gateway", "action": "create", "reason": "it is free",
        "basis": "measured", "gb_month": 365.0, "monthly_endpoint_usd": 0.0,
        "monthly_nat_usd": 17.52, "monthly_saving_usd": 17.52, "break_even_gb_month": 0.0
    }));
    let mut totals = serde_json::to_value(Totals::default()).unwrap();
    totals["nat_gateways"] = json!(1);
    totals["nat_monthly_usd"] = json!(70.08);
    totals["monthly_saving_usd"] = json!(17.52);
    totals["opportunities"] = json!(1);
    let mut document = json!({
        "schema_version": 1, "generated_at": "2026-01-08T00:00:00Z", "tool": "a test",
        "run": {
            "id": "1", "started_at": "2026-01-08T00:00:00Z", "finished_at": "2026-01-08T00:00:00Z",
            "window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-08T00:00:00Z",
            "arguments": []
        },
        "totals": totals,
        "prices": [
            price("nat_gateway_hour", "hour", 0.048),
            price("nat_gateway_gb", "GB", 0.048),
            price("gateway_endpoint_hour", "hour", 0.0),
        ]
    });
    for table in report::tables() {
        document[table.name] = json!([]);
    }
    document["nat_gateways"] = json!([row("nat_gateways", &gateway)]);
    document["opportunities"] = json!([row("opportunities", &action)]);
    let service = json!({"service": "s3", "query_count": 7, "monthly_saving_usd": 17.52});
    document["services"] = json!([row("services", &service)]);
    serde_json::from_value(document).unwrap()
}

/// A report whose rows are those of a document; without a run there is no coverage.
fn reader(document: &Report, state: &Path) -> ReportReader {
    let names = report::tables().iter().map(|it| it.name);
    let names: Vec<&'static str> = names.filter(|it| *it != "coverage").collect();
    let rows = Store::open(state).unwrap().report_rows(&names).unwrap();
    let document = serde_json::to_value(document).unwrap();
    for table in report::tables().iter().filter(|it| it.name != "coverage") {
        let mut writer = rows.writer(table.name).unwrap();
        for (place, row) in document[table.name].as_array().unwrap().iter().enumerate() {
            // The keys of a row are written in the order of its columns.
            let cell = |column: &report::Column| format!("{:?}:{}", column.name, row[column.name]);
            let cells: Vec<String> = table.columns.iter().map(cell).collect();
            let content = format!("{{{}}}", cells.join(","));
            writer.add("", place as u64, &[], &content).unwrap();
        }
    }
    let header: ReportHeader = serde_json::from_value(document).unwrap();
    ReportReader::new(header, rows, 0)
}

/// Prices and the factor of the window, changed in LibreOffice; each expected figure worked out by hand.
#[test]
fn a_changed_price_or_factor_changes_rows_totals_and_summary() {
    let dir = tempfile::tempdir().unwrap();
    let formats = Formats {
        xlsx: true,
        ..Formats::default()
    };
    let directory = Directory::open(dir.path()).unwrap();
    let state = tempfile::tempdir().unwrap();
    let report = reader(&small(), state.path());
    directory.write(&report, formats).unwrap();
    let path = dir.path().join("report.xlsx");
    let office = Office::ready();
    let figures = |changes: &[(&str, &str, &str)]| -> Vec<f64> {
        let workbook = Workbook::read(&office.calculated(&path, changes));
        let row =
            |table: &str, key: &str, id: &str, column: &str| workbook.find(table, key, id, column);
        let gateway = |column: &str| row("nat_gateways", "nat_gateway_id", "nat-1", column);
        assert_eq!(gateway("account_id"), "001234567890");
        [
            gateway("gb_processed_month"),
            gateway("monthly_data_usd"),
            gateway("monthly_total_usd"),
            row("opportunities", "service", "s3", "monthly_nat_usd"),
            row("opportunities", "service", "s3", "monthly_saving_usd"),
            row("services", "service", "s3", "monthly_saving_usd"),
            row("Actions", "Service", "s3", "Saving a month"),
            workbook.summary("NAT gateways now"),
            workbook.summary("Saving, measured"),
        ]
        .map(|it| (it.as_f64().unwrap() * 1e4).round() / 1e4)
        .to_vec()
    };
    assert_eq!(
        figures(&[]),
        [
            730.0, 35.04, 70.08, 17.52, 17.52, 17.52, 17.52, 70.08, 17.52
        ]
    );
    // 730 GB x 0.10 = 73.00, and 35.04 for the hours; 365 GB x 0.10 = 36.50.
    assert_eq!(
        figures(&[("Prices", "E3", "0.1")]),
        [730.0, 73.0, 108.04, 36.5, 36.5, 36.5, 36.5, 108.04, 36.5]
    );
    // Twice the factor: 1,460 GB x 0.048 = 70.08, and 35.04 for the hours; 730 GB x 0.048 = 35.04.
    let factor = ("Summary", factor_cell(&path), "8.69047619047619");
    let (sheet, cell, number) = &factor;
    assert_eq!(
        figures(&[(*sheet, cell.as_str(), *number)]),
        [
            1460.0, 70.08, 105.12, 35.04, 35.04, 35.04, 35.04, 105.12, 35.04
        ]
    );
}

fn factor_cell(path: &Path) -> String {
    let workbook = Workbook::read(path);
    let rows = 0..=workbook.rows("Summary");
    let mut rows = rows.filter(|row| {
        workbook.cell("Summary", *row, 0) == json!("Factor from the window to a month")
    });
    format!("B{}", rows.next().unwrap() + 1)
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
