//! What goes wrong in a step is told in the row of that step, and changes nothing else.
//!
//! For each step: a call that is denied, one that is throttled twice and then goes through, one that
//! is throttled for good, and one whose connection drops. Every other row of every report is
//! compared with a scan without the fault.

use serde_json::json;

use crate::support::{
    admin::Aws,
    organization::{Account, HOME, Organization, Seeded},
    scout::{Report, SUMS, Scan, TABLES},
    steps::NEED_THE_ROLE,
    table::{Row, Table},
};

const OTHER_REGION: &str = "us-east-1";

/// The columns that differ from scan to scan.
const VOLATILE: [&str; 2] = ["attempts", "duration_ms"];

/// A step, the calls it makes, and what else cannot be known without it.
struct Step {
    name: &'static str,
    service: &'static str,
    /// All of them have to fail for the step to fail.
    operations: &'static [&'static str],
    /// Whether it is done in each region, rather than once an account.
    regional: bool,
    /// Steps of the same account (and region) that cannot be done without it.
    needed_by: &'static [&'static str],
    /// What the service calls a denied call.
    denied_code: &'static str,
}

const EC2: Step = Step {
    name: "",
    service: "ec2",
    operations: &[],
    regional: true,
    needed_by: &[],
    denied_code: "UnauthorizedOperation",
};

/// How the calls of a step go wrong and what its row says then.
struct Fault {
    kind: &'static str,
    times: Option<u32>,
    outcome: &'static str,
    reason: &'static str,
}

const FAULTS: [Fault; 4] = [
    Fault {
        kind: "access_denied",
        times: None,
        outcome: "failed",
        reason: "access_denied",
    },
    Fault {
        kind: "throttle",
        times: Some(2),
        outcome: "complete",
        reason: "",
    },
    Fault {
        kind: "throttle",
        times: None,
        outcome: "failed",
        reason: "throttled",
    },
    Fault {
        kind: "drop",
        times: None,
        outcome: "failed",
        reason: "unreachable",
    },
];

fn organization() -> Organization {
    let member = |name| Account::with_everything_here_and_in(OTHER_REGION, name);
    Organization::new()
        .account(member("faulty"))
        .account(member("sound"))
}

fn scan(aws: &Aws, organization: &Seeded) -> Scan {
    // Named, so that an account which cannot tell its regions is looked at in the same ones.
    Scan::of(aws, organization).args(&["--regions", &format!("{HOME},{OTHER_REGION}")])
}

/// Tries every fault on a step of the account `faulty`.
fn try_faults(step: &Step) {
    let aws = Aws::shared();
    let organization = aws.seed(&organization());
    let account = organization.account("faulty");
    let sound = scan(aws, &organization).run().exits_with(0);
    for fault in &FAULTS {
        for operation in step.operations {
            aws.fault(&json!({
                "account": account,
                "region": if step.regional { HOME } else { "*" },
                "service": step.service,
                "operation": operation,
                "fault": fault.kind,
                "times": fault.times,
            }));
        }
        let faulty = scan(aws, &organization).run();
        aws.clear_faults(&[account]);
        let gone = fault.outcome == "failed";
        let faulty = faulty.exits_with(if gone { 3 } else { 0 });
        let region = if step.regional { HOME } else { "" };
        let place = [
            ("account_id", account),
            ("region", region),
            ("step", step.name),
        ];
        let (before, after) = (sound.table("coverage"), faulty.table("coverage"));
        let attempts = [&before, &after].map(|table| attempts(table, account, region, step));
        check_row(step, fault, before.row(&place), after.row(&place), attempts);
        check_rest(step, gone, account, &sound, &faulty);
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

fn check_row(step: &Step, fault: &Fault, sound: &Row, row: &Row, attempts: [u32; 2]) {
    let what = format!(
        "{} with {} of {:?}: {row:?}",
        step.name, fault.kind, step.operations
    );
    let denied_role = step.name == "assume_role" && fault.reason == "access_denied";
    assert_eq!(row["outcome"], fault.outcome, "{what}");
    assert_eq!(
        row["reason"],
        if denied_role {
            "role_denied"
        } else {
            fault.reason
        },
        "{what}"
    );
    assert_eq!(
        row["message"].is_empty(),
        fault.outcome == "complete",
        "{what}"
    );
    let answered = fault.outcome == "failed" && fault.kind != "drop";
    assert_eq!(!row["request_id"].is_empty(), answered, "{what}");
    match fault.kind {
        "access_denied" => assert_eq!(row["error_code"], step.denied_code, "{what}"),
        "throttle" => assert_eq!(!row["error_code"].is_empty(), answered, "{what}"),
        _ => assert_eq!(row["error_code"], "", "{what}"),
    }
    let [before, after] = attempts;
    let repeats = fault
        .times
        .unwrap_or(if fault.kind == "access_denied" { 0 } else { 4 });
    assert!(after > repeats, "{what}");
    if let Some(times) = fault.times {
        assert!(after >= before + times, "{what}; without: {sound:?}");
    }
}

/// All rows are as without the fault, but for those of the step itself and of what needs it.
fn check_rest(step: &Step, gone: bool, account: &str, sound: &Report, faulty: &Report) {
    for name in TABLES {
        // Sums over the organization leave out what is not known.
        if gone && SUMS.contains(&name) {
            continue;
        }
        let touched = |row: &Row| {
            let here = gone
                && row["account_id"] == account
                && (!step.regional || row.get("region").is_none_or(|region| region == HOME));
            match row.get("step") {
                Some(name) => {
                    name == step.name && row["account_id"] == account
                        || here && step.needed_by.contains(&name.as_str())
                }
                None => here,
            }
        };
        let rest = |report: &Report| report.table(name).without(&VOLATILE, touched);
        assert_same(&rest(sound), &rest(faulty), step.name);
    }
}

#[track_caller]
fn assert_same(sound: &Table, faulty: &Table, step: &str) {
    assert!(
        sound == faulty,
        "{step}\nwithout the fault: {sound:?}\nwith it: {faulty:?}"
    );
}

#[test]
fn faults_of_assume_role_are_told_in_its_row_alone() {
    try_faults(&Step {
        name: "assume_role",
        service: "sts",
        operations: &["AssumeRole"],
        regional: false,
        needed_by: NEED_THE_ROLE,
        denied_code: "AccessDenied",
    });
}

#[test]
fn faults_of_the_regions_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "regions",
        operations: &["DescribeRegions", "ListRegions"],
        service: "*",
        regional: false,
        ..EC2
    });
}

#[test]
fn faults_of_the_vpcs_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "vpcs",
        operations: &["DescribeVpcs"],
        needed_by: &[
            "dns_usage",
            "flow_usage",
            "transit_gateways",
            "vpc_dns_attributes",
        ],
        ..EC2
    });
}

#[test]
fn faults_of_the_subnets_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "subnets",
        operations: &["DescribeSubnets"],
        needed_by: &["flow_usage"],
        ..EC2
    });
}

#[test]
fn faults_of_the_route_tables_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "route_tables",
        operations: &["DescribeRouteTables"],
        needed_by: &["transit_gateways"],
        ..EC2
    });
}

#[test]
fn faults_of_the_nat_gateways_are_told_in_their_row_alone() {
    let needed_by = &["nat_metrics", "flow_usage"];
    try_faults(&Step {
        name: "nat_gateways",
        operations: &["DescribeNatGateways"],
        needed_by,
        ..EC2
    });
}

#[test]
fn faults_of_the_endpoints_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "endpoints",
        operations: &["DescribeVpcEndpoints"],
        needed_by: &["security_groups", "endpoint_metrics", "flow_usage"],
        ..EC2
    });
}

#[test]
fn faults_of_what_surrounds_endpoints_are_told_in_their_row_alone() {
    let steps: [(_, &[&str]); 3] = [
        ("network_interfaces", &["DescribeNetworkInterfaces"]),
        ("security_groups", &["DescribeSecurityGroups"]),
        ("transit_gateways", &["DescribeTransitGatewayAttachments"]),
    ];
    for (name, operations) in steps {
        try_faults(&Step {
            name,
            operations,
            needed_by: &["flow_usage"],
            ..EC2
        });
    }
}

#[test]
fn faults_of_the_query_logging_are_told_in_its_row_alone() {
    for operations in [
        &["ListResolverQueryLogConfigs"],
        &["ListResolverQueryLogConfigAssociations"],
    ] {
        try_faults(&Step {
            name: "query_logging",
            service: "route53resolver",
            operations,
            regional: true,
            needed_by: &["dns_usage"],
            denied_code: "AccessDeniedException",
        });
    }
}

#[test]
fn faults_of_the_flow_logs_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "flow_logs",
        operations: &["DescribeFlowLogs"],
        needed_by: &["flow_usage"],
        ..EC2
    });
}

#[test]
fn faults_of_the_dns_usage_are_told_in_its_row_alone() {
    for operations in [&["StartQuery"], &["GetQueryResults"]] {
        try_faults(&Step {
            name: "dns_usage",
            service: "logs",
            operations,
            regional: true,
            // The flow logs are read by the same calls.
            needed_by: &["flow_usage"],
            denied_code: "AccessDeniedException",
        });
    }
}

#[test]
fn faults_of_the_nat_metrics_are_told_in_their_row_alone() {
    try_faults(&Step {
        name: "nat_metrics",
        service: "cloudwatch",
        operations: &["GetMetricData"],
        regional: true,
        // The metrics of endpoints are read by the same calls.
        needed_by: &["endpoint_metrics"],
        denied_code: "AccessDeniedException",
    });
}
