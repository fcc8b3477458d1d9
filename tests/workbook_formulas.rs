//! The formulas of the workbook: a changed price or factor changes what it should.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use vpce_scout::{
    model::{
        report::{Report, ReportHeader},
        totals::Totals,
    },
    report::{self, Directory, Formats, Kind, ReportReader},
    store::{RowBuffer, Store, TableColumns},
};

use crate::support::{office::Office, script::Script, workbook::Workbook};

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

/// A report whose rows are those of a document.
fn reader(document: &Report, state: &Path) -> ReportReader {
    let tables = report::tables().iter().map(|table| TableColumns {
        table: table.name,
        columns: table
            .columns
            .iter()
            .map(|it| it.name)
            .collect::<Vec<_>>()
            .leak(),
    });
    let tables: Vec<_> = tables.collect();
    let rows = Store::open(state).unwrap().report_rows(&tables).unwrap();
    let document = serde_json::to_value(document).unwrap();
    for table in report::tables() {
        for row in document[table.name].as_array().unwrap() {
            let mut values = RowBuffer::default();
            for column in &table.columns {
                values.add(&row[column.name]).unwrap();
            }
            rows.add(table.name, "", &[], &values).unwrap();
        }
    }
    let header: ReportHeader = serde_json::from_value(document).unwrap();
    ReportReader::new(header, rows, false)
}

/// Writes the workbook of a document to a directory, and returns its path.
fn write_workbook(document: &Report, dir: &Path) -> PathBuf {
    let formats = Formats {
        xlsx: true,
        ..Formats::default()
    };
    let state = tempfile::tempdir().unwrap();
    let report = reader(document, state.path());
    let directory = Directory::open(dir).unwrap();
    directory.write(&report, formats).unwrap();
    dir.join("report.xlsx")
}

/// Prices and the factor of the window, changed in LibreOffice; each expected figure worked out by hand.
#[test]
fn a_changed_price_or_factor_changes_rows_totals_and_summary() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_workbook(&small(), dir.path());
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

/// Beside the gateway, a VPC that is to use a central endpoint, and an endpoint whose GB are in two tiers.
fn with_endpoints() -> Report {
    let mut document = serde_json::to_value(small()).unwrap();
    let price = |item: &str, from: u64, to: Option<u64>, usd: f64| {
        json!({
            "region": "eu-west-1", "item": item, "unit": "GB", "tier_from": from, "usd": usd,
            "source": "a test", "as_of": "2026-01-01", "tier_to": to, "list_usd": usd,
            "discount_percent": null
        })
    };
    let prices = document["prices"].as_array_mut().unwrap();
    prices.extend([
        price("interface_endpoint_hour", 0, None, 0.011),
        price("tgw_gb", 0, None, 0.02),
        price("interface_endpoint_gb", 0, Some(1_048_576), 0.01),
        price("interface_endpoint_gb", 1_048_576, None, 0.006),
    ]);
    let action = json!({
        "account_id": "001234567890", "region": "eu-west-1", "vpc_id": "vpc-2", "service": "kms",
        "endpoint_type": "Interface", "action": "use_hub", "reason": "it pays", "basis": "measured",
        "gb_month": 300.0, "hub_vpc_id": "vpc-hub", "hub_account_id": "001234567890",
        // 300 x (0.02 + 0.01), and 4.01 of the hub's hours; 300 x (0.048 + 0.02) today.
        "monthly_endpoint_usd": 13.01, "monthly_nat_usd": 20.4, "monthly_saving_usd": 7.39,
    });
    let rows = document["opportunities"].as_array_mut().unwrap();
    rows.push(row("opportunities", &action));
    let endpoint = json!({
        "account_id": "001234567890", "region": "eu-west-1", "vpc_id": "vpc-hub", "endpoint_id": "vpce-1",
        "service": "logs", "endpoint_type": "Interface", "state": "available", "subnets": ["subnet-1"],
        "gb_processed_month": 2_000_000.0,
        // 1,048,576 x 0.01 + 951,424 x 0.006, and 730 x 0.011.
        "monthly_data_usd": 16194.3, "monthly_hours_usd": 8.03, "monthly_usd": 16202.33,
    });
    document["endpoints"] = json!([row("endpoints", &endpoint)]);
    serde_json::from_value(document).unwrap()
}

#[test]
fn shares_of_a_hub_and_prices_by_tier_follow_their_prices() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_workbook(&with_endpoints(), dir.path());
    let office = Office::ready();
    let figures = |changes: &[(&str, &str, &str)]| -> Vec<f64> {
        let workbook = Workbook::read(&office.calculated(&path, changes));
        let kms = |column: &str| workbook.find("opportunities", "service", "kms", column);
        let logs = |column: &str| workbook.find("endpoints", "service", "logs", column);
        [
            kms("monthly_nat_usd"),
            kms("monthly_endpoint_usd"),
            kms("monthly_saving_usd"),
            logs("monthly_data_usd"),
            logs("monthly_usd"),
        ]
        .map(|it| (it.as_f64().unwrap() * 1e4).round() / 1e4)
        .to_vec()
    };
    assert_eq!(figures(&[]), [20.4, 13.01, 7.39, 16194.3, 16202.33]);
    // The hour twice: 9.00 + 8.02, and 16.06 for the hours of the other endpoint.
    assert_eq!(
        figures(&[("Prices", "E5", "0.022")]),
        [20.4, 17.02, 3.38, 16194.3, 16210.36]
    );
    // The transit gateway: 300 x 0.078, and 300 x 0.04 + 4.01.
    assert_eq!(
        figures(&[("Prices", "E6", "0.03")]),
        [23.4, 16.01, 7.39, 16194.3, 16202.33]
    );
    // The second tier: 1,048,576 x 0.01 + 951,424 x 0.005.
    assert_eq!(
        figures(&[("Prices", "E8", "0.005")]),
        [20.4, 13.01, 7.39, 15242.88, 15250.91]
    );
}

/// Beside these, subnets that go out by a NAT gateway in another zone, and a service whose VPCs are to share a hub.
fn with_zones_and_a_hub() -> Report {
    let mut document = serde_json::to_value(with_endpoints()).unwrap();
    let prices = document["prices"].as_array_mut().unwrap();
    for (item, usd) in [("inter_az_gb", 0.01), ("tgw_attachment_hour", 0.05)] {
        prices.push(json!({
            "region": "eu-west-1", "item": item, "unit": "GB", "tier_from": 0, "usd": usd,
            "source": "a test", "as_of": "2026-01-01", "tier_to": null, "list_usd": usd,
            "discount_percent": null
        }));
    }
    let action = json!({
        "account_id": "001234567890", "region": "eu-west-1", "vpc_id": "vpc-3",
        "action": "add_availability_zones", "reason": "it crosses zones", "basis": "measured",
        // 730 x 0.048 for a NAT gateway; 5,000 x 2 x 0.01 today; 35.04 / 0.02.
        "gb_month": 5000.0, "monthly_endpoint_usd": 35.04, "monthly_nat_usd": 100.0,
        "monthly_saving_usd": 64.96, "break_even_gb_month": 1752.0,
    });
    let rows = document["opportunities"].as_array_mut().unwrap();
    rows.push(row("opportunities", &action));
    let comparison = json!({
        "region": "eu-west-1", "service": "kms", "vpcs": 3, "vpcs_measured": 3, "gb_month": 3000.0,
        "availability_zones": 2, "reason": "a hub is cheaper",
        // 2,000 x 0.048 + 500 x 0.02 + 1,000 x 0.01 + 2 x 8.03.
        "monthly_now_usd": 132.06, "now_nat_gb_month": 2000.0, "now_transit_gateway_gb_month": 500.0,
        "now_endpoint_gb_month": 1000.0, "now_endpoint_zones": 2,
        // 2,000 x 0.02 + 3,000 x 0.01 + 2 x 8.03 + half of 730 x 0.05.
        "monthly_best_usd": 104.31, "best_nat_gb_month": 0.0, "best_transit_gateway_gb_month": 2000.0,
        "best_endpoint_gb_month": 3000.0, "best_endpoint_zones": 2, "best_attachments": 0.5,
        // 16.06 / (0.048 - 0.01 - 0.02), and 16.06 / 0.02.
        "hub_break_even_gb_month": 892.2222, "own_instead_of_hub_gb_month": 803.0,
    });
    document["hub_or_own"] = json!([row("hub_or_own", &comparison)]);
    document["totals"]["monthly_saving_usd"] = json!(89.87);
    serde_json::from_value(document).unwrap()
}

#[test]
fn a_crossing_of_zones_and_a_comparison_of_hub_and_own_follow_their_prices_and_the_factor() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_workbook(&with_zones_and_a_hub(), dir.path());
    let office = Office::ready();
    let figures = |changes: &[(&str, &str, &str)]| -> Vec<f64> {
        let workbook = Workbook::read(&office.calculated(&path, changes));
        let zones = |column: &str| workbook.find("opportunities", "vpc_id", "vpc-3", column);
        let plan = |column: &str| workbook.find("hub_or_own", "service", "kms", column);
        [
            zones("monthly_nat_usd"),
            zones("monthly_endpoint_usd"),
            workbook.find("Actions", "VPC ID", "vpc-3", "Saving a month"),
            zones("break_even_gb_month"),
            plan("monthly_now_usd"),
            plan("monthly_best_usd"),
            plan("hub_break_even_gb_month"),
            plan("own_instead_of_hub_gb_month"),
            workbook.summary("Saving, measured"),
        ]
        .map(|it| (it.as_f64().unwrap() * 1e4).round() / 1e4)
        .to_vec()
    };
    let plain = [
        100.0, 35.04, 64.96, 1752.0, 132.06, 104.31, 892.2222, 803.0, 89.87,
    ];
    assert_eq!(figures(&[]), plain);
    // A NAT gateway's hour twice: 730 x 0.096, and 70.08 / 0.02.
    assert_eq!(
        figures(&[("Prices", "E2", "0.096")]),
        [
            100.0, 70.08, 29.92, 3504.0, 132.06, 104.31, 892.2222, 803.0, 54.83
        ]
    );
    // An endpoint's hour twice: 16.06 more for two zones each; the share of the hub takes 4.01 of the saving.
    assert_eq!(
        figures(&[("Prices", "E5", "0.022")]),
        [
            100.0, 35.04, 64.96, 1752.0, 148.12, 120.37, 1784.4444, 1606.0, 85.86
        ]
    );
    // A GB through the transit gateway 0.01 dearer: 5.00 and 20.00 more; 16.06 / 0.008, and 16.06 / 0.03.
    assert_eq!(
        figures(&[("Prices", "E6", "0.03")]),
        [
            100.0, 35.04, 64.96, 1752.0, 137.06, 124.31, 2007.5, 535.3333, 89.87
        ]
    );
    // A GB between zones twice: 5,000 x 0.04, and 35.04 / 0.04.
    assert_eq!(
        figures(&[("Prices", "E9", "0.02")]),
        [
            200.0, 35.04, 164.96, 876.0, 132.06, 104.31, 892.2222, 803.0, 189.87
        ]
    );
    // Twice the factor: every GB twice, hours as they are. Of the other rows, 35.04 and 600 x 0.068 - 22.01.
    let factor = factor_cell(&path);
    assert_eq!(
        figures(&[("Summary", factor.as_str(), "8.69047619047619")]),
        [
            200.0, 35.04, 164.96, 1752.0, 248.06, 174.31, 892.2222, 803.0, 218.79
        ]
    );
}

#[test]
fn the_bars_of_a_chart_grow_from_the_left_and_the_largest_is_at_the_top() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_workbook(&small(), dir.path());
    let program = "import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read('xl/charts/chart1.xml').decode())";
    let chart = Script::new(program).arg(&path).run().stdout;
    let axis = |name: &str| {
        let begun = chart.split(&format!("<c:{name}>")).nth(1);
        let text = begun.and_then(|it| it.split(&format!("</c:{name}>")).next());
        text.unwrap_or_else(|| panic!("no {name}: {chart}"))
            .to_owned()
    };
    let (names, figures) = (axis("catAx"), axis("valAx"));
    assert!(names.contains(r#"orientation val="maxMin""#), "{names}");
    assert!(figures.contains(r#"orientation val="minMax""#), "{figures}");
    assert!(
        figures.contains("#,##0"),
        "the format is that of the figures: {figures}"
    );
}
