//! Two small reports, and the differences that are listed between them.

use serde_json::{Value, json};

use super::*;
use crate::model::report::Report;

/// A report from the parts that matter, the rest empty.
fn report(parts: &Value) -> Report {
    let run = json!({
        "id": parts["run"], "started_at": "2026-01-08T00:00:00Z",
        "finished_at": "2026-01-08T00:00:00Z", "window_start": "2026-01-01T00:00:00Z",
        "window_end": "2026-01-08T00:00:00Z", "arguments": [],
    });
    let totals = serde_json::to_value(crate::model::totals::Totals::default()).unwrap();
    let mut whole = json!({
        "schema_version": 1, "generated_at": "2026-01-08T00:00:00Z", "tool": "t", "run": run,
        "totals": totals, "prices": [], "accounts": [], "coverage": [], "vpcs": [],
        "vpc_services": [], "services": [], "hosts": [], "nat_gateways": [], "endpoints": [],
        "findings": [], "opportunities": [], "hub_or_own": [], "flow_usage": [],
        "partner_services": [], "egress_chargeback": [], "bill": [],
    });
    for (table, rows) in parts.as_object().unwrap() {
        if table != "run" {
            whole[table] = rows.clone();
        }
    }
    for vpc in whole["vpcs"].as_array_mut().unwrap() {
        vpc["window_hours"] = 168.into();
    }
    serde_json::from_value(whole).unwrap()
}

fn tables(parts: &Value) -> Tables {
    let report = report(parts);
    let mut outcomes = Outcomes::default();
    for row in &report.coverage {
        add_outcome(&mut outcomes, row);
    }
    Tables {
        tool: report.tool,
        run: report.run,
        outcomes,
        vpcs: report.vpcs,
        vpc_services: report.vpc_services,
        endpoints: report.endpoints,
        nat_gateways: report.nat_gateways,
        opportunities: report.opportunities,
    }
}

fn place() -> Value {
    json!({ "account_id": "123456789012", "account_name": "shop", "region": "eu-west-1" })
}

/// A row: the place, what is given, and `null` for each of the other columns.
fn row(given: &Value, others: &[&str]) -> Value {
    let mut row = place();
    for column in others {
        row[column] = Value::Null;
    }
    for (column, value) in given.as_object().unwrap() {
        row[column] = value.clone();
    }
    row
}

fn covered(outcome: &str, reason: &Value) -> Value {
    let steps = ["vpcs", "endpoints", "nat_gateways", "dns_usage"];
    let cell = |step: &str| {
        let given = json!({ "step": step, "outcome": outcome, "reason": reason, "attempts": 1,
                            "duration_ms": 1 });
        row(&given, &["error_code", "message", "request_id"])
    };
    steps.map(cell).to_vec().into()
}

fn vpc(id: &str, logging: &str, queries: Option<u64>) -> Value {
    let given = json!({
        "vpc_id": id, "owner_account_id": "123456789012", "is_default": false, "cidrs": [],
        "query_logging": logging, "query_log_destinations": [], "flow_logs": [],
        "dns_queries": queries,
    });
    row(&given, &["vpc_name"])
}

fn service(vpc: &str, name: &str, path: &str) -> Value {
    let given = json!({
        "vpc_id": vpc, "service": name, "query_count": 7, "hosts": 1, "top_host": "h",
        "endpoint_types": [], "endpoint_ids": [], "path": path, "private_queries": 0,
        "public_queries": 7, "answers": [],
    });
    row(&given, &["vpc_name"])
}

fn nat(id: &str, gb: Option<f64>, usd: Option<f64>) -> Value {
    let given = json!({
        "vpc_id": "vpc-1", "nat_gateway_id": id, "state": "available",
        "connectivity_type": "public", "availability_mode": "zonal", "availability_zones": [],
        "gb_processed_month": gb, "monthly_total_usd": usd,
    });
    row(&given, &["name"])
}

fn endpoint(id: &str, usd: Option<f64>) -> Value {
    let given = json!({
        "vpc_id": "vpc-1", "endpoint_id": id, "service": "sts", "endpoint_type": "Interface",
        "state": "available", "subnets": [], "route_tables": [], "monthly_usd": usd,
        "findings": [], "flow_usage": [],
    });
    row(&given, &[])
}

/// The changes as `kind change id`.
fn text_of_diff(before: &Value, after: &Value) -> Vec<String> {
    let word = |value: Value| value.as_str().unwrap().to_owned();
    diff(&tables(before), &tables(after))
        .changes
        .into_iter()
        .map(|row| {
            let kind = word(serde_json::to_value(row.kind).unwrap());
            let change = word(serde_json::to_value(row.change).unwrap());
            format!("{kind} {change} {}", row.id)
        })
        .collect()
}

#[test]
fn what_came_went_and_changed_is_reported_and_what_stayed_is_not() {
    let before = json!({
        "run": "a", "coverage": covered("complete", &Value::Null),
        "vpcs": [vpc("vpc-1", "none", Some(1)), vpc("vpc-2", "own", Some(2)),
                 vpc("vpc-gone", "own", Some(1))],
        "vpc_services": [service("vpc-1", "sts", "public"), service("vpc-1", "kms", "public"),
                         service("vpc-2", "s3", "public")],
        "endpoints": [endpoint("vpce-gone", Some(7.3)), endpoint("vpce-stays", Some(7.3))],
        "nat_gateways": [nat("nat-1", Some(100.0), Some(37.3)), nat("nat-same", None, None)],
    });
    let after = json!({
        "run": "b", "coverage": covered("complete", &Value::Null),
        "vpcs": [vpc("vpc-1", "own", Some(1)), vpc("vpc-2", "none", Some(2)),
                 vpc("vpc-new", "none", Some(0))],
        "vpc_services": [service("vpc-1", "sts", "local_endpoint"),
                         service("vpc-1", "logs", "public"), service("vpc-2", "s3", "public")],
        "endpoints": [endpoint("vpce-new", Some(7.3)), endpoint("vpce-stays", Some(7.3))],
        "nat_gateways": [nat("nat-1", Some(40.0), Some(34.6)), nat("nat-same", None, None)],
    });
    let expected = [
        "vpc removed vpc-gone",
        "vpc added vpc-new",
        "query_logging added vpc-1",
        "query_logging removed vpc-2",
        "endpoint removed vpce-gone",
        "endpoint added vpce-new",
        "service removed kms",
        "service added logs",
        "service changed sts",
        "nat_gateway changed nat-1",
    ];
    assert_eq!(text_of_diff(&before, &after), expected);
    let change = diff(&tables(&before), &tables(&after)).changes[9].monthly_usd_change;
    assert_eq!(change.unwrap().0.to_string(), "-2.7");
    assert!(text_of_diff(&before, &before).is_empty());
}

#[test]
fn what_one_run_could_not_see_is_unknown_and_gives_the_reason() {
    let before = json!({
        "run": "a", "coverage": covered("complete", &Value::Null),
        "vpcs": [vpc("vpc-1", "own", Some(1))],
        "vpc_services": [service("vpc-1", "sts", "public")],
        "endpoints": [endpoint("vpce-1", None)], "nat_gateways": [nat("nat-1", None, None)],
    });
    let denied = json!({ "run": "b", "coverage": covered("failed", &json!("access_denied")) });
    let rows = diff(&tables(&before), &tables(&denied)).changes;
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert_eq!(row.change, Change::Unknown, "{row:?}");
        let note = row.note.as_ref().unwrap();
        assert!(note.contains("access_denied"), "{note}");
    }
    let elsewhere = json!({ "run": "b", "coverage": [] });
    let rows = diff(&tables(&elsewhere), &tables(&before)).changes;
    assert!(
        rows.iter().all(|row| row.change == Change::Unknown),
        "{rows:?}"
    );
}

#[test]
fn a_service_is_not_gone_from_a_vpc_whose_queries_are_unknown() {
    let covered = covered("complete", &Value::Null);
    let before = json!({
        "run": "a", "coverage": covered, "vpcs": [vpc("vpc-1", "own", Some(9))],
        "vpc_services": [service("vpc-1", "sts", "public")],
    });
    let after = json!({
        "run": "b", "coverage": covered, "vpcs": [vpc("vpc-1", "unknown", None)],
    });
    assert_eq!(
        text_of_diff(&before, &after),
        ["query_logging unknown vpc-1", "service unknown sts"]
    );
}

#[test]
fn sums_leave_out_the_unknown_and_state_it_and_a_saving_that_nobody_promised_is_unknown() {
    let before = json!({ "run": "a",
        "nat_gateways": [nat("nat-1", Some(1.5), Some(30.0)), nat("nat-2", None, None)] });
    let after = json!({ "run": "b", "nat_gateways": [nat("nat-2", None, None)] });
    let totals = diff(&tables(&before), &tables(&after)).totals;
    let total = |id: &str| totals.iter().find(|row| row.id == id).unwrap();
    let cost = total("nat_gateway_cost");
    assert_eq!(cost.monthly_usd_before.unwrap().0.to_string(), "30");
    assert_eq!(cost.monthly_usd_after, None, "nothing of it is known");
    assert_eq!(cost.change, Change::Unknown);
    assert!(cost.note.as_ref().unwrap().contains("1 before, 1 after"));
    let endpoints = total("endpoint_cost");
    assert_eq!(endpoints.monthly_usd_after, None, "nobody looked for any");
    assert_eq!(total("vpcs").after, None, "nor for VPCs");
    for id in ["saving_promised", "saving_realised"] {
        let row = total(id);
        assert_eq!((row.change, row.monthly_usd_after), (Change::Unknown, None));
    }
}

#[test]
fn a_sum_of_nothing_is_zero_only_where_a_run_looked() {
    let covered = |run: &str| json!({ "run": run, "coverage": covered("complete", &Value::Null) });
    let denied = |run: &str| {
        let reason = json!("role_denied");
        json!({ "run": run, "coverage": super::tests::covered("skipped", &reason) })
    };
    let both = diff(&tables(&covered("a")), &tables(&denied("b")));
    let total = |id: &str| both.totals.iter().find(|row| row.id == id).unwrap();
    for id in ["endpoint_cost", "nat_gateway_cost", "nat_gateway_gb"] {
        let row = total(id);
        let amount =
            |usd: Option<Amount>, gb: Option<Amount>| usd.or(gb).map(|it| it.0.to_string());
        let before = amount(row.monthly_usd_before, row.gb_month_before);
        assert_eq!(before.as_deref(), Some("0"), "{id}");
        assert_eq!(
            amount(row.monthly_usd_after, row.gb_month_after),
            None,
            "{id}"
        );
        assert_eq!(row.change, Change::Unknown, "{id}");
    }
    let vpcs = total("vpcs");
    assert_eq!((vpcs.before.as_deref(), &vpcs.after), (Some("0"), &None));
    let shown = text(&both);
    assert!(shown.contains("0 -> unknown"), "{shown}");
    assert!(shown.contains("0.00 USD/month -> unknown"), "{shown}");
}

fn opportunity(vpc: &str, service: &str, action: &str, saving: Option<f64>) -> Value {
    let given = json!({
        "vpc_id": vpc, "service": service, "endpoint_type": "Interface", "action": action,
        "reason": "because", "basis": "measured", "monthly_saving_usd": saving, "caveats": [],
    });
    row(&given, &["vpc_name"])
}

#[test]
fn a_saving_is_realised_if_what_was_promised_is_seen_to_be_done() {
    let covered = covered("complete", &Value::Null);
    let vpcs = [vpc("vpc-1", "own", None), vpc("vpc-2", "own", None)];
    let mut idle = endpoint("vpce-idle", Some(7.3));
    idle["vpc_id"] = json!("vpc-2");
    let before = json!({
        "run": "a", "coverage": covered, "vpcs": vpcs, "endpoints": [idle],
        "opportunities": [
            opportunity("vpc-1", "sts", "create", Some(20.5)),
            opportunity("vpc-1", "kms", "create", Some(10.0)),
            opportunity("vpc-2", "sts", "remove", Some(7.3)),
            opportunity("vpc-2", "kms", "use_hub", Some(1.2)),
            opportunity("vpc-gone", "kms", "create", Some(100.0)),
            opportunity("vpc-2", "sqs", "none", None),
        ],
    });
    let mut made = endpoint("vpce-new", Some(7.3));
    made["vpc_id"] = json!("vpc-1");
    let after = json!({
        "run": "b", "coverage": covered, "vpcs": vpcs, "endpoints": [made],
        "vpc_services": [service("vpc-2", "kms", "central_endpoint")],
        "opportunities": [opportunity("vpc-1", "kms", "create", Some(10.0))],
    });
    let totals = diff(&tables(&before), &tables(&after)).totals;
    let total = |id: &str| totals.iter().find(|row| row.id == id).unwrap();
    let text = |usd: Option<Amount>| usd.unwrap().0.to_string();
    let promised = total("saving_promised");
    assert_eq!(text(promised.monthly_usd_before), "139");
    assert_eq!(text(promised.monthly_usd_after), "10");
    let realised = total("saving_realised");
    assert_eq!(text(realised.monthly_usd_after), "29");
    let note = realised.note.as_deref().unwrap();
    assert_eq!(note, "3 of 5 measured savings realised, 1 unknown");
}

#[test]
fn text_for_people_drops_what_a_terminal_would_act_on() {
    let mut odd = vpc("vpc-1", "own", None);
    odd["vpc_name"] = json!("a\u{1b}[2Jb");
    let before = json!({ "run": "a", "coverage": covered("complete", &Value::Null) });
    let after = json!({ "run": "b", "coverage": covered("complete", &Value::Null),
                        "vpcs": [odd] });
    let text = text(&diff(&tables(&before), &tables(&after)));
    assert!(
        text.contains("+ 123456789012 eu-west-1 vpc-1: a[2Jb"),
        "{text}"
    );
    assert!(text.contains("Endpoints: no change"), "{text}");
}

#[test]
fn alarms_are_new_public_services_new_idle_gateways_and_logs_endpoints_and_access_that_are_lost() {
    let idle = |id: &str, idle: Option<bool>| {
        let mut row = nat(id, Some(1.0), None);
        row["idle"] = json!(idle);
        row
    };
    let flow = |id: &str, logs: &str| {
        let mut row = vpc(id, "own", Some(1));
        row["flow_logs"] = json!([logs]);
        row
    };
    let before = json!({
        "run": "a", "coverage": covered("complete", &Value::Null),
        "vpcs": [vpc("vpc-1", "own", Some(1)), flow("vpc-2", "s3"), flow("vpc-3", "none")],
        "vpc_services": [service("vpc-1", "sts", "local_endpoint"), service("vpc-1", "kms", "unknown"),
                         service("vpc-1", "s3", "mixed")],
        "endpoints": [endpoint("vpce-gone", None)],
        "nat_gateways": [idle("nat-1", Some(false)), idle("nat-2", None), idle("nat-4", Some(true))],
    });
    let after = json!({
        "run": "b", "coverage": covered("complete", &Value::Null),
        "vpcs": [vpc("vpc-1", "none", Some(1)), flow("vpc-2", "none"), flow("vpc-3", "s3")],
        "vpc_services": [service("vpc-1", "sts", "mixed"), service("vpc-1", "kms", "public"),
                         service("vpc-1", "s3", "public"), service("vpc-1", "sqs", "public"),
                         service("vpc-1", "sns", "central_endpoint")],
        "nat_gateways": [idle("nat-1", Some(true)), idle("nat-2", Some(true)),
                         idle("nat-3", Some(true)), idle("nat-4", Some(true))],
    });
    let found = |before: &Value, after: &Value| -> Vec<String> {
        let rows = diff(&tables(before), &tables(after)).changes;
        let alarm = |row: Row| Some(format!("{} {}", row.alarm?.name(), row.id));
        rows.into_iter().filter_map(alarm).collect()
    };
    assert_eq!(
        found(&before, &after),
        [
            "lost-logging vpc-1",
            "lost-logging vpc-2",
            "lost-endpoint vpce-gone",
            "new-public-service sqs",
            "new-public-service sts",
            "new-idle-nat nat-1",
            "new-idle-nat nat-3",
        ]
    );
    let denied = json!({ "run": "b", "coverage": covered("failed", &json!("access_denied")) });
    let lost = found(&before, &denied);
    assert!(
        !lost.is_empty() && lost.iter().all(|it| it.starts_with("lost-access")),
        "{lost:?}"
    );
    assert!(
        found(&denied, &before).is_empty(),
        "what was not seen before is not new"
    );
    let seen = diff(&tables(&before), &tables(&after));
    assert_eq!(seen.alarms(&[Alarm::NewIdleNat]).count(), 2);
    assert_eq!(seen.alarms(&[]).count(), 0);
}
