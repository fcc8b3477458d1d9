//! Every fault in every step: the run ends, the row of the step has the right reason, and all others are
//! as without the fault.
//!
//! One organization has an account for each fault, so that one scan tries them all on a step.

use serde_json::{Value, json};
use vpce_scout::model::coverage;

use crate::support::{
    admin::Aws,
    fault::{FAULTS, Fault, Ground, OTHER_REGION, Tables, assert_same, scan},
    organization::{HOME, Seeded},
    steps::NEED_THE_ROLE,
    table::{Row, Table},
};

/// A step and the call that goes wrong in it.
struct Step {
    name: &'static str,
    service: &'static str,
    /// All of them have to fail for the step to fail.
    operations: &'static [&'static str],
    /// Where it goes wrong; nowhere for a step that is done once an account.
    region: Option<&'static str>,
    /// Steps of the same place that need it.
    needed_by: &'static [&'static str],
}

const fn step(
    name: &'static str,
    service: &'static str,
    operations: &'static [&'static str],
    needed_by: &'static [&'static str],
) -> Step {
    Step {
        name,
        service,
        operations,
        region: Some(HOME),
        needed_by,
    }
}

impl Step {
    /// What the service calls a denied call.
    fn denied_code(&self) -> &'static str {
        match self.service {
            "sts" => "AccessDenied",
            // `*`: of the two that list an account's Regions EC2 is asked first.
            "ec2" | "*" => "UnauthorizedOperation",
            _ => "AccessDeniedException",
        }
    }
}

/// The steps of every region.
fn regional() -> impl Iterator<Item = &'static str> {
    coverage::Step::REGIONAL
        .into_iter()
        .map(coverage::Step::name)
}

fn document(fault: &Fault, step: &Step, operation: &str, account: &str) -> Value {
    json!({
        "account": account,
        "region": step.region.unwrap_or("*"),
        "service": step.service,
        "operation": operation,
        "fault": fault.kind,
        "times": fault.times,
        "seconds": if fault.kind == "slow" { json!(0.3) } else { Value::Null },
    })
}

/// Tries every fault on two steps in one scan, each in a Region of its own.
fn try_both(one: Step, mut other: Step) {
    other.region = Some(OTHER_REGION);
    try_all(&[one, other]);
}

/// Tries every fault on each of the steps, which are in different places.
fn try_all(steps: &[Step]) {
    let aws = Aws::shared();
    let ground = Ground::take();
    let organization = &ground.organization;
    let before = steps.iter().map(|step| calls(aws, organization, step));
    let before: Vec<_> = before.collect();
    for step in steps {
        for fault in &FAULTS {
            for operation in step.operations {
                let account = organization.account(fault.name);
                aws.fault(&document(fault, step, operation, account));
            }
        }
    }
    let faulty = Tables::of(&scan(aws, organization).exits_with(3));
    for (step, before) in steps.iter().zip(before) {
        let after = calls(aws, organization, step);
        for (index, fault) in FAULTS.iter().enumerate() {
            let account = organization.account(fault.name);
            check_step(step, fault, account, &ground.sound, &faulty);
            check_repeats(step, fault, after[index] - before[index]);
        }
    }
    for fault in &FAULTS {
        let account = organization.account(fault.name);
        check_account(steps, fault, account, &ground.sound, &faulty);
    }
    check_others(steps, organization, &ground.sound, &faulty);
    ground.give_back();
}

/// A denied call is never repeated: each operation is called once, and not at all where the one before
/// it ended the step.
fn check_repeats(step: &Step, fault: &Fault, calls: usize) {
    if !["access_denied", "scp_denied"].contains(&fault.kind) {
        return;
    }
    // Query logs and flow logs are in a log group each; the metrics of NAT gateways and of endpoints
    // are steps of their own.
    let shared = ["dns_usage", "nat_metrics"].contains(&step.name);
    let groups = if shared { 2 } else { 1 };
    let name = fault.name;
    assert!(
        calls <= step.operations.len() * groups,
        "{name} of {}: {calls} calls",
        step.name
    );
}

/// Calls of the step's operations in the place of the fault, by account in the order of [`FAULTS`].
fn calls(aws: &Aws, organization: &Seeded, step: &Step) -> Vec<usize> {
    let count = |fault: &Fault| {
        let journal = aws.journal(&[organization.account(fault.name)]);
        let fits = |operation: &str, region: &str| {
            step.operations.contains(&operation) && step.region.is_none_or(|it| it == region)
        };
        let calls = journal.iter();
        calls.filter(|it| fits(&it.operation, &it.region)).count()
    };
    FAULTS.iter().map(count).collect()
}

/// Whether another step ends otherwise by the fault.
fn is_touched(step: &Step, fault: &Fault, name: &str) -> bool {
    let policy = step.name == "vpcs" && fault.kind == "scp_denied";
    !fault.reason.is_empty()
        && (step.needed_by.contains(&name) || policy && regional().any(|it| it == name))
}

/// The row of the step itself: how it ended, why, in whose words, and after how many attempts.
fn check_step(step: &Step, fault: &Fault, account: &str, sound: &Tables, faulty: &Tables) {
    let region = step.region.unwrap_or_default();
    let reason = match (step.name, fault.reason) {
        ("assume_role", "access_denied") => "role_denied",
        (_, reason) => reason,
    };
    let row = faulty.coverage().row(&[
        ("account_id", account),
        ("region", region),
        ("step", step.name),
    ]);
    let what = format!("{} in {}: {row:?}", fault.name, step.name);
    let complete = reason.is_empty();
    let outcome = if complete { "complete" } else { "failed" };
    assert_eq!(row["outcome"], outcome, "{what}");
    assert_eq!(row["reason"], reason, "{what}");
    assert_eq!(row["message"].is_empty(), complete, "{what}");
    if !["access_denied", "throttle", "drop"].contains(&fault.kind) {
        return;
    }
    let answered = !complete && fault.kind != "drop";
    assert_eq!(!row["request_id"].is_empty(), answered, "{what}");
    match fault.kind {
        "access_denied" => assert_eq!(row["error_code"], step.denied_code(), "{what}"),
        "throttle" => assert_eq!(!row["error_code"].is_empty(), answered, "{what}"),
        _ => assert_eq!(row["error_code"], "", "{what}"),
    }
    let [before, after] = [sound, faulty].map(|it| attempts(it.coverage(), account, region, step));
    let repeats = match fault.kind {
        "access_denied" => 0,
        _ => fault.times.unwrap_or(4),
    };
    assert!(after > repeats, "{what}");
    if let Some(times) = fault.times {
        assert!(after >= before + times, "{what}; without it: {before}");
    }
}

/// Attempts of a step, and of the step whose calls are the same: a fault meets either of them.
fn attempts(table: &Table, account: &str, region: &str, step: &Step) -> u32 {
    let same_calls = (step.name == "nat_metrics").then_some("endpoint_metrics");
    let steps = std::iter::once(step.name).chain(same_calls);
    let of = |name: &str| -> u32 {
        let place = [("account_id", account), ("region", region), ("step", name)];
        table.row(&place)["attempts"].parse().expect("a number")
    };
    steps.map(of).sum()
}

/// All other rows of the account are as without the fault.
fn check_account(steps: &[Step], fault: &Fault, account: &str, sound: &Tables, faulty: &Tables) {
    let gone = !fault.reason.is_empty();
    let differs = |step: &Step, row: &Row| {
        let region = row.get("region").map(String::as_str);
        let here = step
            .region
            .is_none_or(|it| region.is_none_or(|region| region == it));
        here && match row.get("step").map(String::as_str) {
            // One account answers for all.
            Some("endpoint_services") => true,
            Some(other) => other == step.name || is_touched(step, fault, other),
            None => gone,
        }
    };
    let is_excused =
        |row: &Row| row["account_id"] != account || steps.iter().any(|step| differs(step, row));
    let what = format!("{} in {}", fault.name, names(steps));
    assert_same(&what, sound, faulty, is_excused);
}

/// What belongs to accounts without a fault, or to none, is as without faults.
fn check_others(steps: &[Step], organization: &Seeded, sound: &Tables, faulty: &Tables) {
    let met = FAULTS.map(|fault| organization.account(fault.name));
    let is_excused = |row: &Row| {
        // One account answers for all.
        met.contains(&row["account_id"].as_str())
            || row.get("step").is_some_and(|it| it == "endpoint_services")
    };
    assert_same(&names(steps), sound, faulty, is_excused);
}

fn names(steps: &[Step]) -> String {
    let names: Vec<_> = steps.iter().map(|it| it.name).collect();
    names.join(" and ")
}

#[test]
fn assume_role_with_every_fault() {
    try_all(&[Step {
        region: None,
        needed_by: NEED_THE_ROLE,
        ..step("assume_role", "sts", &["AssumeRole"], &[])
    }]);
}

#[test]
fn regions_with_every_fault() {
    try_all(&[Step {
        region: None,
        ..step("regions", "*", &["DescribeRegions", "ListRegions"], &[])
    }]);
}

#[test]
fn vpcs_and_subnets_with_every_fault() {
    let need_vpcs = &[
        "dns_usage",
        "flow_usage",
        "transit_gateways",
        "vpc_block_public_access",
        "vpc_dns_attributes",
    ];
    try_both(
        step("vpcs", "ec2", &["DescribeVpcs"], need_vpcs),
        step("subnets", "ec2", &["DescribeSubnets"], &["flow_usage"]),
    );
}

#[test]
fn vpc_dns_attributes_and_route_tables_with_every_fault() {
    let (attributes, tables) = (&["DescribeVpcAttribute"], &["DescribeRouteTables"]);
    try_both(
        step("vpc_dns_attributes", "ec2", attributes, &[]),
        step("route_tables", "ec2", tables, &["transit_gateways"]),
    );
}

#[test]
fn internet_gateways_and_block_public_access_with_every_fault() {
    let (gateways, options) = (
        &["DescribeInternetGateways"],
        &["DescribeVpcBlockPublicAccessOptions"],
    );
    try_both(
        step("internet_gateways", "ec2", gateways, &[]),
        step("vpc_block_public_access", "ec2", options, &[]),
    );
}

#[test]
fn nat_gateways_and_endpoints_with_every_fault() {
    let need_nat_gateways = &["nat_metrics", "flow_usage"];
    let need_endpoints = &["security_groups", "endpoint_metrics", "flow_usage"];
    try_both(
        step(
            "nat_gateways",
            "ec2",
            &["DescribeNatGateways"],
            need_nat_gateways,
        ),
        step(
            "endpoints",
            "ec2",
            &["DescribeVpcEndpoints"],
            need_endpoints,
        ),
    );
}

#[test]
fn network_interfaces_and_security_groups_with_every_fault() {
    let (interfaces, groups) = (&["DescribeNetworkInterfaces"], &["DescribeSecurityGroups"]);
    try_both(
        step("network_interfaces", "ec2", interfaces, &["flow_usage"]),
        step("security_groups", "ec2", groups, &["flow_usage"]),
    );
}

#[test]
fn transit_gateways_and_flow_logs_with_every_fault() {
    let attachments = &["DescribeTransitGatewayAttachments"];
    try_both(
        step("transit_gateways", "ec2", attachments, &["flow_usage"]),
        step("flow_logs", "ec2", &["DescribeFlowLogs"], &["flow_usage"]),
    );
}

#[test]
fn query_logging_with_every_fault() {
    let of = |operations| {
        step(
            "query_logging",
            "route53resolver",
            operations,
            &["dns_usage"],
        )
    };
    try_both(
        of(&["ListResolverQueryLogConfigs"]),
        of(&["ListResolverQueryLogConfigAssociations"]),
    );
}

#[test]
fn route53_profiles_and_nat_metrics_with_every_fault() {
    let profiles = &["ListProfileAssociations"];
    try_both(
        // What VPCs are associated with themselves is read all the same.
        step("route53_profiles", "route53profiles", profiles, &[]),
        // The metrics of endpoints are read by the same calls.
        step(
            "nat_metrics",
            "cloudwatch",
            &["GetMetricData"],
            &["endpoint_metrics"],
        ),
    );
}

#[test]
fn dns_usage_with_every_fault() {
    // The flow logs are read by the same calls.
    let of = |operations| step("dns_usage", "logs", operations, &["flow_usage"]);
    try_both(of(&["StartQuery"]), of(&["GetQueryResults"]));
}

#[test]
fn after_a_deny_of_a_policy_nothing_more_is_called_in_the_region() {
    let aws = Aws::shared();
    let ground = Ground::take();
    let organization = &ground.organization;
    let denied = organization.account("denied by a policy");
    let calls = || -> Vec<String> {
        let journal = aws.journal(&[denied]).into_iter();
        let here = journal
            .filter(|call| call.region == HOME)
            .map(|call| call.operation);
        here.filter(|it| !["AssumeRole", "DescribeRegions"].contains(&it.as_str()))
            .collect()
    };
    let before = calls().len();
    aws.fault(
        &json!({ "account": denied, "region": HOME, "service": "ec2", "operation": "DescribeVpcs",
        "fault": "scp_denied" }),
    );
    let report = scan(aws, organization).exits_with(3);
    let coverage = report.table("coverage");
    for step in regional() {
        let place = [("account_id", denied), ("region", HOME), ("step", step)];
        let row = coverage.row(&place);
        let is_shared = step == "endpoint_services";
        assert!(is_shared || row["reason"] == "scp_denied", "{row:?}");
    }
    assert_eq!(calls()[before..], ["DescribeVpcs"]);
    ground.give_back();
}
