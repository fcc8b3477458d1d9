//! Every fault in what is asked once for all accounts, and calls that go through in the end.

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    fault::{FAULTS, Ground, Tables, VOLATILE, scan},
    organization::{Account, HOME, Organization},
    scout::{Report, TABLES},
    table::Row,
    vpc::Vpc,
};

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
            let own = |row: &Row| row["step"] == step;
            report.table("coverage").without(&VOLATILE, own)
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

/// The calls of steps, one after the other given to the accounts.
const CALLS: [(&str, &str); 14] = [
    ("sts", "AssumeRole"),
    ("ec2", "DescribeRegions"),
    ("ec2", "DescribeVpcs"),
    ("ec2", "DescribeSubnets"),
    ("ec2", "DescribeRouteTables"),
    ("ec2", "DescribeNatGateways"),
    ("ec2", "DescribeVpcEndpoints"),
    ("ec2", "DescribeNetworkInterfaces"),
    ("ec2", "DescribeFlowLogs"),
    ("route53resolver", "ListResolverQueryLogConfigs"),
    ("route53resolver", "ListResolverQueryLogConfigAssociations"),
    ("logs", "StartQuery"),
    ("logs", "GetQueryResults"),
    ("cloudwatch", "GetMetricData"),
];

#[test]
fn calls_that_go_through_in_the_end_change_nothing_at_all() {
    let aws = Aws::shared();
    let ground = Ground::take();
    let organization = &ground.organization;
    let accounts = FAULTS
        .iter()
        .map(|it| organization.account(it.name))
        .cycle();
    for ((service, operation), account) in CALLS.into_iter().zip(accounts) {
        let region = if ["AssumeRole", "DescribeRegions"].contains(&operation) {
            "*"
        } else {
            HOME
        };
        aws.fault(&json!({
            "account": account, "region": region, "service": service, "operation": operation,
            "fault": "throttle", "times": 2,
        }));
    }
    let after = Tables::of(&scan(aws, organization).exits_with(0));
    for name in TABLES {
        let rest = |tables: &Tables| tables.0[name].without(&VOLATILE, |_| false);
        let (sound, after) = (rest(&ground.sound), rest(&after));
        assert!(sound == after, "before: {sound:?}\nafter: {after:?}");
    }
    let attempts = |tables: &Tables| -> u32 {
        let rows = tables.coverage().rows().iter();
        rows.map(|row| row["attempts"].parse::<u32>().expect("a number"))
            .sum()
    };
    let more = attempts(&after) - attempts(&ground.sound);
    assert!(more >= 2 * u32::try_from(CALLS.len()).unwrap(), "{more}");
    ground.give_back();
}
