//! Every fault in every step: the run ends, the row of the step tells the truth, and all others are
//! as without the fault.
//!
//! One organization has an account for each fault, so that one scan tries them all on a step.

use serde_json::{Value, json};
use vpce_scout::model::coverage;

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, SUMS, Scan, TABLES},
    steps::NEED_THE_ROLE,
    table::Row,
    vpc::Vpc,
};

const OTHER_REGION: &str = "us-east-1";

/// A fault, the name of its account, and what the row of the step says of it.
struct Fault {
    name: &'static str,
    kind: &'static str,
    times: Option<u32>,
    reason: &'static str,
}

const fn fault(
    name: &'static str,
    kind: &'static str,
    times: Option<u32>,
    reason: &'static str,
) -> Fault {
    Fault {
        name,
        kind,
        times,
        reason,
    }
}

/// An empty reason: the step is complete.
const FAULTS: [Fault; 11] = [
    fault("throttled", "throttle", None, "throttled"),
    fault("throttled for a while", "throttle", Some(2), ""),
    fault("denied", "access_denied", None, "access_denied"),
    fault("denied by a policy", "scp_denied", None, "scp_denied"),
    fault("expired", "expired", None, "expired"),
    fault("expired once", "expired", Some(1), ""),
    fault("unavailable", "unavailable", None, "unreachable"),
    fault("unavailable once", "unavailable", Some(1), ""),
    fault("dropped", "drop", None, "unreachable"),
    fault("garbage", "garbage", None, "invalid_response"),
    fault("slow", "slow", None, ""),
];

/// A step and the call that goes wrong in it.
struct Step {
    name: &'static str,
    service: &'static str,
    /// All of them have to fail for the step to fail.
    operations: &'static [&'static str],
    /// Once in each region, and not once an account.
    regional: bool,
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
        regional: true,
        needed_by,
    }
}

/// The steps of every region.
fn regional() -> impl Iterator<Item = &'static str> {
    coverage::Step::REGIONAL
        .into_iter()
        .map(coverage::Step::name)
}

fn seed(aws: &Aws) -> Seeded {
    // Internet gateways are looked at where a route leads to one.
    let vpc =
        |name: &str| Vpc::with_everything(name).route_table("public", &[], &[("0.0.0.0/0", "igw")]);
    let organization = FAULTS.iter().fold(Organization::new(), |all, fault| {
        let there = format!("{} there", fault.name);
        all.account(
            Account::new(fault.name)
                .vpc(vpc(fault.name))
                .vpc(vpc(&there).in_region(OTHER_REGION)),
        )
    });
    aws.seed(&organization)
}

fn scan(aws: &Aws, organization: &Seeded) -> Report {
    // Named, so that an account which cannot tell its regions is looked at in the same ones.
    let regions = format!("{HOME},{OTHER_REGION}");
    Scan::of(aws, organization)
        .args(&["--regions", &regions])
        .run()
}

fn document(fault: &Fault, step: &Step, operation: &str, account: &str) -> Value {
    json!({
        "account": account,
        "region": if step.regional { HOME } else { "*" },
        "service": step.service,
        "operation": operation,
        "fault": fault.kind,
        "times": fault.times,
        "seconds": if fault.kind == "slow" { json!(0.3) } else { Value::Null },
    })
}

fn try_all(step: &Step) {
    let aws = Aws::shared();
    let organization = seed(aws);
    let sound = scan(aws, &organization).exits_with(0);
    let before = calls(aws, &organization, step);
    for fault in &FAULTS {
        for operation in step.operations {
            let account = organization.account(fault.name);
            aws.fault(&document(fault, step, operation, account));
        }
    }
    let faulty = scan(aws, &organization).exits_with(3);
    aws.clear_faults(&organization.account_ids());
    let after = calls(aws, &organization, step);
    for (index, fault) in FAULTS.iter().enumerate() {
        let account = organization.account(fault.name);
        check_account(step, fault, account, &sound, &faulty);
        if fault.kind == "access_denied" || fault.kind == "scp_denied" {
            // Never repeated: each operation once, and none where the first one ends the step.
            // Query logs and flow logs are in a log group each; the metrics of NAT gateways and of
            // endpoints are steps of their own.
            let shared = ["dns_usage", "nat_metrics"].contains(&step.name);
            let groups = if shared { 2 } else { 1 };
            let repeated = after[index] - before[index];
            assert!(
                repeated <= step.operations.len() * groups,
                "{} of {}: {repeated} calls",
                fault.name,
                step.name
            );
        }
    }
}

/// Calls of the step's operations in the place of the fault, by account in the order of [`FAULTS`].
fn calls(aws: &Aws, organization: &Seeded, step: &Step) -> Vec<usize> {
    let count = |fault: &Fault| {
        let journal = aws.journal(&[organization.account(fault.name)]);
        let fits = |operation: &str, region: &str| {
            step.operations.contains(&operation) && (!step.regional || region == HOME)
        };
        let calls = journal.iter();
        calls.filter(|it| fits(&it.operation, &it.region)).count()
    };
    FAULTS.iter().map(count).collect()
}

/// What the row of another step says, if the fault touches it.
fn touched(step: &Step, fault: &Fault, name: &str) -> bool {
    let policy = step.name == "vpcs" && fault.kind == "scp_denied";
    !fault.reason.is_empty()
        && (step.needed_by.contains(&name) || policy && regional().any(|it| it == name))
}

fn check_account(step: &Step, fault: &Fault, account: &str, sound: &Report, faulty: &Report) {
    let what = format!("{} in {}", fault.name, step.name);
    let region = if step.regional { HOME } else { "" };
    let reason = match (step.name, fault.reason) {
        ("assume_role", "access_denied") => "role_denied",
        (_, reason) => reason,
    };
    let coverage = faulty.table("coverage");
    let row = coverage.row(&[
        ("account_id", account),
        ("region", region),
        ("step", step.name),
    ]);
    let outcome = if reason.is_empty() {
        "complete"
    } else {
        "failed"
    };
    assert_eq!(row["outcome"], outcome, "{what}: {row:?}");
    assert_eq!(row["reason"], reason, "{what}: {row:?}");
    let gone = !reason.is_empty();
    for name in TABLES {
        if SUMS.contains(&name) {
            continue;
        }
        let excused = |row: &Row| {
            let here = !step.regional || row.get("region").is_none_or(|region| region == HOME);
            let said = match row.get("step").map(String::as_str) {
                // Told by one account for all.
                Some("endpoint_services") => true,
                Some(other) => other == step.name || touched(step, fault, other),
                None => gone,
            };
            row["account_id"] != account || here && said
        };
        let volatile = ["attempts", "duration_ms", "request_id"];
        let rest = |report: &Report| report.table(name).without(&volatile, excused);
        let (sound, faulty) = (rest(sound), rest(faulty));
        assert!(
            sound == faulty,
            "{what}\nwithout the fault: {sound:?}\nwith it: {faulty:?}"
        );
    }
}

#[test]
fn assume_role_with_every_fault() {
    try_all(&Step {
        regional: false,
        needed_by: NEED_THE_ROLE,
        ..step("assume_role", "sts", &["AssumeRole"], &[])
    });
}

#[test]
fn regions_with_every_fault() {
    try_all(&Step {
        regional: false,
        ..step("regions", "*", &["DescribeRegions", "ListRegions"], &[])
    });
}

#[test]
fn vpcs_with_every_fault() {
    try_all(&step(
        "vpcs",
        "ec2",
        &["DescribeVpcs"],
        &[
            "dns_usage",
            "flow_usage",
            "transit_gateways",
            "vpc_dns_attributes",
        ],
    ));
}

#[test]
fn vpc_dns_attributes_with_every_fault() {
    let calls = &["DescribeVpcAttribute"];
    try_all(&step("vpc_dns_attributes", "ec2", calls, &[]));
}

#[test]
fn subnets_with_every_fault() {
    try_all(&step(
        "subnets",
        "ec2",
        &["DescribeSubnets"],
        &["flow_usage"],
    ));
}

#[test]
fn route_tables_with_every_fault() {
    try_all(&step(
        "route_tables",
        "ec2",
        &["DescribeRouteTables"],
        &["transit_gateways"],
    ));
}

#[test]
fn internet_gateways_and_block_public_access_with_every_fault() {
    try_all(&step(
        "internet_gateways",
        "ec2",
        &["DescribeInternetGateways"],
        &[],
    ));
    let options = &["DescribeVpcBlockPublicAccessOptions"];
    try_all(&step("vpc_block_public_access", "ec2", options, &[]));
}

#[test]
fn nat_gateways_with_every_fault() {
    let needed_by = &["nat_metrics", "flow_usage"];
    try_all(&step(
        "nat_gateways",
        "ec2",
        &["DescribeNatGateways"],
        needed_by,
    ));
}

#[test]
fn endpoints_with_every_fault() {
    try_all(&step(
        "endpoints",
        "ec2",
        &["DescribeVpcEndpoints"],
        &["security_groups", "endpoint_metrics", "flow_usage"],
    ));
}

#[test]
fn what_surrounds_endpoints_with_every_fault() {
    let steps: [(_, &[&str]); 3] = [
        ("network_interfaces", &["DescribeNetworkInterfaces"]),
        ("security_groups", &["DescribeSecurityGroups"]),
        ("transit_gateways", &["DescribeTransitGatewayAttachments"]),
    ];
    for (name, operations) in steps {
        try_all(&step(name, "ec2", operations, &["flow_usage"]));
    }
}

#[test]
fn flow_logs_with_every_fault() {
    try_all(&step(
        "flow_logs",
        "ec2",
        &["DescribeFlowLogs"],
        &["flow_usage"],
    ));
}

#[test]
fn query_logging_with_every_fault() {
    for operations in [
        &["ListResolverQueryLogConfigs"],
        &["ListResolverQueryLogConfigAssociations"],
    ] {
        try_all(&step(
            "query_logging",
            "route53resolver",
            operations,
            &["dns_usage"],
        ));
    }
}

#[test]
fn route53_profiles_with_every_fault() {
    // What VPCs are associated with themselves is read all the same.
    try_all(&step(
        "route53_profiles",
        "route53profiles",
        &["ListProfileAssociations"],
        &[],
    ));
}

#[test]
fn dns_usage_with_every_fault() {
    for operations in [&["StartQuery"], &["GetQueryResults"]] {
        // The flow logs are read by the same calls.
        try_all(&step("dns_usage", "logs", operations, &["flow_usage"]));
    }
}

#[test]
fn nat_metrics_with_every_fault() {
    // The metrics of endpoints are read by the same calls.
    let needed_by = &["endpoint_metrics"];
    try_all(&step(
        "nat_metrics",
        "cloudwatch",
        &["GetMetricData"],
        needed_by,
    ));
}

/// Steps that are asked once for all accounts: what a fault does to their rows, and that all others
/// are as without it.
fn try_once_for_all(step: &str, operation: &str, accounts: &[&str], region: &str) {
    let aws = Aws::shared();
    let organization = aws.seed(&accounts.iter().fold(Organization::new(), |all, name| {
        all.account(Account::new(name).vpc(Vpc::with_everything(name)))
    }));
    let mut sound = None;
    for fault in &FAULTS {
        let sound = sound.get_or_insert_with(|| scan(aws, &organization).exits_with(0));
        // Whoever is asked.
        for account in organization.account_ids() {
            aws.fault(&json!({
                "account": account, "region": region, "operation": operation, "fault": fault.kind,
                "times": fault.times, "seconds": if fault.kind == "slow" { json!(0.3) } else { Value::Null },
            }));
        }
        let faulty = scan(aws, &organization);
        aws.clear_faults(&organization.account_ids());
        let faulty = faulty.exits_with(if fault.reason.is_empty() { 0 } else { 3 });
        let what = format!("{} in {step}: {}", fault.name, faulty.stderr);
        let rows = faulty.table("coverage");
        let rows = rows.rows_with(&[("step", step)]);
        let here = |row: &&&Row| row["region"].is_empty() || row["region"] == HOME;
        assert!(rows.iter().any(|row| here(&row)), "{what}: {rows:?}");
        for row in &rows {
            let reason = if here(&row) { fault.reason } else { "" };
            assert_eq!(row["reason"], reason, "{what}: {row:?}");
            assert_eq!(
                row["outcome"] == "complete",
                reason.is_empty(),
                "{what}: {row:?}"
            );
        }
        let rest = |report: &Report| {
            let volatile = ["attempts", "duration_ms", "request_id"];
            let own = |row: &Row| row["step"] == step;
            report.table("coverage").without(&volatile, own)
        };
        assert_eq!(rest(sound), rest(&faulty), "{what}");
        for table in ["vpcs", "nat_gateways"] {
            assert_eq!(sound.table(table), faulty.table(table), "{what}");
        }
    }
}

#[test]
fn endpoint_services_with_every_fault() {
    let accounts = ["one", "two"];
    let operation = "DescribeVpcEndpointServices";
    try_once_for_all("endpoint_services", operation, &accounts, HOME);
}

#[test]
fn the_organization_with_every_fault() {
    for operation in ["ListRoots", "ListAccountsForParent"] {
        try_once_for_all("organization", operation, &["one"], "*");
    }
}

#[test]
fn after_a_deny_of_a_policy_nothing_more_is_called_in_the_region() {
    let aws = Aws::shared();
    let organization = seed(aws);
    let denied = organization.account("denied by a policy");
    aws.fault(
        &json!({ "account": denied, "region": HOME, "service": "ec2", "operation": "DescribeVpcs",
        "fault": "scp_denied" }),
    );
    let report = scan(aws, &organization).exits_with(3);
    aws.clear_faults(&[denied]);
    let coverage = report.table("coverage");
    for step in regional() {
        let place = [("account_id", denied), ("region", HOME), ("step", step)];
        let row = coverage.row(&place);
        let told_elsewhere = step == "endpoint_services";
        assert!(told_elsewhere || row["reason"] == "scp_denied", "{row:?}");
    }
    let calls: Vec<String> = aws
        .journal(&[denied])
        .into_iter()
        .filter(|call| call.region == HOME)
        .map(|call| call.operation)
        .filter(|operation| !["AssumeRole", "DescribeRegions"].contains(&operation.as_str()))
        .collect();
    assert_eq!(calls, ["DescribeVpcs"]);
}
