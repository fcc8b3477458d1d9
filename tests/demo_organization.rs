//! The organization of `cargo run --example demo`: what it holds, and that its scan shows what is
//! missing and why.

use std::collections::BTreeSet;

use crate::support::scout::demo_report;

#[test]
fn the_scan_of_the_demo_organization_ends_with_gaps_and_gives_the_reason() {
    let report = demo_report();

    let accounts = report.table("accounts");
    assert!(accounts.rows().len() >= 12, "{accounts:?}");
    assert_eq!(
        accounts
            .rows_with(&[("reason", "account_suspended"), ("scanned", "false")])
            .len(),
        1
    );
    let denied = accounts.row(&[("reason", "role_denied"), ("scanned", "false")]);
    let nested = accounts
        .rows()
        .iter()
        .any(|row| row["ou_path"].matches('/').count() > 1);
    assert!(nested, "{accounts:?}");

    let coverage = report.table("coverage");
    let place = [
        ("account_id", denied["account_id"].as_str()),
        ("step", "assume_role"),
    ];
    let row = coverage.row(&place);
    assert_eq!(
        (row["outcome"].as_str(), row["error_code"].as_str()),
        ("failed", "AccessDenied")
    );
    assert!(report.stdout.contains("role_denied"), "{}", report.stdout);

    let vpcs = report.table("vpcs");
    let column = |name: &str| -> BTreeSet<&str> {
        vpcs.rows().iter().map(|row| row[name].as_str()).collect()
    };
    assert!(column("region").len() >= 3, "{vpcs:?}");
    assert!(
        column("query_logging").is_superset(&["own", "shared", "none"].into()),
        "{vpcs:?}"
    );
    let types: BTreeSet<_> = {
        let endpoints = report.table("endpoints");
        endpoints
            .rows()
            .iter()
            .map(|row| row["endpoint_type"].clone())
            .collect()
    };
    assert!(
        types.contains("Gateway") && types.contains("Interface"),
        "{types:?}"
    );
    let gateways = report.table("nat_gateways");
    assert!(
        gateways
            .rows()
            .iter()
            .any(|row| !row["bytes_in_from_source"].is_empty()),
        "{gateways:?}"
    );

    let hosts = report.table("hosts");
    let kinds: BTreeSet<_> = hosts
        .rows()
        .iter()
        .map(|row| row["kind"].as_str())
        .collect();
    assert!(
        kinds.is_superset(&["service", "customer_resource", "other_aws"].into()),
        "{kinds:?}"
    );
    let names: BTreeSet<_> = hosts
        .rows()
        .iter()
        .map(|row| row["host"].as_str())
        .collect();
    assert!(names.len() >= 40, "{names:?}");
}

#[test]
fn the_demo_shows_a_partner_with_measured_bytes_and_the_service_that_its_account_can_see() {
    let report = demo_report();
    let table = report.table("partner_services");
    assert_eq!(table.rows().len(), 1, "{table:?}");
    let row = &table.rows()[0];
    let name = "com.amazonaws.vpce.us-east-1.vpce-svc-0ee865cd1c0a7ba32";
    for (column, expected) in [
        ("account_name", "data platform"),
        ("provider", "Datadog"),
        ("hosts", "trace.agent.datadoghq.com"),
        ("query_count", "44"),
        ("path", "public"),
        ("nat_bytes", "115000000000"),
        ("endpoint_service_name", name),
        ("endpoint_service_offered", "true"),
        ("hosts_stay", "yes"),
        ("caveats", ""),
        // Two zones: 2 x 0.010 x 730 / (0.045 - 0.010).
        ("break_even_gb_month", "417.1429"),
    ] {
        assert_eq!(row[column], expected, "{column}: {row:?}");
    }
    let coverage = report.table("coverage");
    let asked = coverage.rows_with(&[("step", "partner_services")]);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["outcome"], "complete");
    let gateways = report.table("nat_gateways");
    let partner = gateways.rows_with(&[("partner_bytes", "115000000000")]);
    assert_eq!(partner.len(), 1, "{gateways:?}");
}

#[test]
fn the_demo_shows_what_to_do_and_its_sums_are_those_of_the_sheet() {
    let report = demo_report();
    let table = report.table("opportunities");
    let free = &table.rows()[0];
    assert_eq!(
        (free["endpoint_type"].as_str(), free["action"] == "none"),
        ("Gateway", false),
        "{table:?}"
    );
    // An interface endpoint that is not proposed, with the GB from which it would be.
    let interface = [("endpoint_type", "Interface"), ("action", "none")];
    let below = table.rows_with(&interface);
    assert!(below.iter().all(|row| row["monthly_saving_usd"].is_empty()));
    assert!(
        below
            .iter()
            .any(|row| !row["break_even_gb_month"].is_empty()),
        "{table:?}"
    );
    // The one endpoint that every proof shows to be unused.
    let idle = table.rows_with(&[("action", "remove"), ("endpoint_type", "Interface")]);
    let idle: Vec<_> = idle
        .iter()
        .map(|row| [&row["account_name"], &row["service"], &row["basis"]].map(String::as_str))
        .collect();
    assert_eq!(idle, [["payments", "athena", "measured"]], "{table:?}");
    let endpoints = report.table("endpoints");
    let unused = endpoints.rows_with(&[("idle", "true"), ("endpoint_type", "Interface")]);
    assert_eq!(unused.len(), 1, "{endpoints:?}");
    assert_eq!(
        [
            &unused[0]["service"],
            &unused[0]["idle_missing_proof"],
            &unused[0]["gb_processed_month"]
        ],
        ["athena", "", "0.0"]
    );
    let hub = table.rows_with(&[("action", "use_hub")]);
    assert!(hub.iter().all(|row| !row["hub_vpc_id"].is_empty()));
    assert!(!hub.is_empty(), "{table:?}");
    for row in table.rows() {
        let measured = row["basis"] == "measured";
        assert!(measured || row["monthly_saving_usd"].is_empty(), "{row:?}");
    }

    let cents = |cell: &str| -> i64 {
        let usd: f64 = cell.parse().expect("a number");
        #[expect(clippy::cast_possible_truncation, reason = "sums of a demo")]
        let cents = (usd * 100.0).round() as i64;
        cents
    };
    let sum = |table: &crate::support::table::Table| -> Option<i64> {
        let cells = table.rows().iter().map(|row| &row["monthly_saving_usd"]);
        cells
            .filter(|cell| !cell.is_empty())
            .map(|cell| cents(cell))
            .reduce(|a, b| a + b)
    };
    let totals = &report.json()["totals"];
    let total = totals["monthly_saving_usd"]
        .as_f64()
        .map(|usd| cents(&usd.to_string()));
    assert_eq!(total, sum(&table));
    if let Some(saved) = total {
        #[expect(clippy::cast_precision_loss, reason = "sums of a demo")]
        let saving = format!("{:.2} USD", saved as f64 / 100.0);
        let line = report
            .stdout
            .lines()
            .find(|it| it.contains("Saving, measured"));
        assert!(
            line.is_some_and(|it| it.contains(&saving)),
            "{}",
            report.stdout
        );
        // NAT gateways belong to no service.
        let of_services = table.without(&[], |row| row["service"].is_empty());
        assert_eq!(sum(&report.table("services")), sum(&of_services));
    }
    let to_act_on = table.rows().iter().filter(|row| row["action"] != "none");
    assert_eq!(totals["opportunities"], to_act_on.count());
}

#[test]
fn bytes_rank_the_services_of_the_demo_organization_differently_and_the_summary_shows_both() {
    let report = demo_report();
    let services = report.table("services");
    let bytes = |row: &crate::support::table::Row| row["bytes"].parse::<u64>().unwrap_or(0);
    let by_queries: Vec<_> = services
        .rows()
        .iter()
        .filter(|row| bytes(row) > 0)
        .collect();
    let mut by_bytes = by_queries.clone();
    by_bytes.sort_by_key(|row| std::cmp::Reverse(bytes(row)));
    assert!(
        by_bytes.len() >= 5 && by_bytes != by_queries,
        "{services:?}"
    );
    for output in [
        "Services by queries",
        "Services by bytes",
        "98 %  attributed to services and partners; 2 of 12 NAT gateways have flow logs, within 0.2 % of CloudWatch metrics",
    ] {
        assert!(report.stdout.contains(output), "{}", report.stdout);
    }
    // More queries, a hundredth of the bytes.
    let row = |service: &str| services.row(&[("service", service)]).clone();
    let [sts, streams] = ["sts", "kinesis-streams"].map(row);
    assert!(bytes(&sts) * 100 < bytes(&streams), "{sts:?} {streams:?}");
    // Logs in S3 are read, those of a VPC that logs nowhere else too.
    let coverage = report.table("coverage");
    for reason in ["destination_unsupported", "bucket_missing"] {
        assert!(coverage.rows_with(&[("reason", reason)]).is_empty());
    }
    let audit = report.table("vpc_services");
    let audit = audit.rows_with(&[("account_name", "audit")]);
    let found: Vec<_> = audit
        .iter()
        .map(|row| ["service", "query_count", "nat_bytes"].map(|it| row[it].as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ["s3", "60", "970000000"],
            ["logs", "40", "210000000"],
            ["sts", "20", "34000000"],
        ]
    );
}

#[test]
fn the_demo_charges_its_central_nat_gateway_back_to_the_vpcs_behind_it() {
    let report = demo_report();
    let table = report.table("egress_chargeback");
    for (vpc, bytes, basis) in [
        (
            "vpc-0a1b2c3d4e5f60102",
            "240000000000",
            "transit_gateway_flow_log",
        ),
        (
            "vpc-0a1b2c3d4e5f60103",
            "40000000000",
            "transit_gateway_flow_log",
        ),
        ("", "10000000000", "unassigned"),
    ] {
        let row = table.row(&[("spoke_vpc_id", vpc)]);
        assert_eq!(
            (row["bytes"].as_str(), row["basis"].as_str()),
            (bytes, basis)
        );
    }
    let usd = |row: &crate::support::table::Row, column: &str| row[column].parse::<f64>().unwrap();
    let gateways = report.table("nat_gateways");
    let gateway = gateways.row(&[("name", "central")]);
    let sum: f64 = table.rows().iter().map(|row| usd(row, "data_usd")).sum();
    let whole = usd(gateway, "monthly_data_usd");
    assert!((sum - whole).abs() < 0.001, "{sum} of {whole}");
    let advice = report.table("opportunities");
    let tools = [
        ("vpc_id", "vpc-0a1b2c3d4e5f60102"),
        ("service", "s3"),
        ("action", "create"),
    ];
    assert_eq!(advice.row(&tools)["basis"], "measured");
}
