//! A run can be resumed after whatever ended it: nothing that was finished is asked again, and the reports
//! are those of a run that nothing disturbed.

use std::collections::BTreeSet;

use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::support::{
    admin::{Aws, Call},
    home::Home,
    organization::{Account, Organization, Seeded},
    vpc::Vpc,
};

const OTHER_REGION: &str = "us-east-1";
const KILLS: usize = 20;

/// The calls of each step that runs in a region.
const CALLS: [(&str, &[&str]); 13] = [
    ("vpcs", &["DescribeVpcs"]),
    ("vpc_dns_attributes", &["DescribeVpcAttribute"]),
    ("subnets", &["DescribeSubnets"]),
    ("route_tables", &["DescribeRouteTables"]),
    ("nat_gateways", &["DescribeNatGateways"]),
    ("endpoints", &["DescribeVpcEndpoints"]),
    ("endpoint_services", &["DescribeVpcEndpointServices"]),
    (
        "query_logging",
        &[
            "ListResolverQueryLogConfigs",
            "ListResolverQueryLogConfigAssociations",
        ],
    ),
    ("flow_logs", &["DescribeFlowLogs"]),
    ("nat_metrics", &["GetMetricData", "GetMetricStatistics"]),
    // The last to ask, after `dns_usage`.
    ("flow_usage", &["StartQuery", "DescribePrefixLists"]),
    // Its parts come one after the other: each stands for its own calls.
    ("log group of flow_usage", &["StartQuery"]),
    ("prefix lists of flow_usage", &["DescribePrefixLists"]),
];

/// Some of everything, in two regions, with a log group that two accounts share.
fn organization() -> Organization {
    let member = |name| Account::with_everything_here_and_in(OTHER_REGION, name);
    let shared = |name: &str| {
        let name = format!("{name} shared");
        Vpc::new(&name)
            .logged_by("logs", "central")
            .asks("sts.amazonaws.com.", 3)
    };
    Organization::new()
        .account(Account::new("logs").shares_query_log("central", &["one", "two"]))
        .account(member("one").vpc(shared("one")))
        .account(member("two").vpc(shared("two")))
}

/// What is finished in a store that a killed process left: account, region, step.
fn finished(home: &Home) -> BTreeSet<(String, String, String)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let store = Connection::open_with_flags(home.store(), flags).expect("a store is there");
    let mut finished = BTreeSet::new();
    let part = "CASE WHEN step <> 'flow_usage' THEN step \
        WHEN name = 'prefix lists' THEN 'prefix lists of flow_usage' \
        ELSE 'log group of flow_usage' END FROM part";
    for rows in ["step FROM cell WHERE step <> 'dns_usage'", part] {
        let mut rows = store
            .prepare(&format!("SELECT account_id, region, {rows}"))
            .unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        finished.extend(rows.unwrap().map(Result::unwrap));
    }
    finished
}

#[track_caller]
fn assert_not_repeated(finished: &BTreeSet<(String, String, String)>, calls: &[Call]) {
    let is_finished = |account: &str, region: &str, step: &str| {
        finished.contains(&(account.to_owned(), region.to_owned(), step.to_owned()))
    };
    for (account, region, step) in finished {
        let of_step = CALLS.iter().find(|(name, _)| name == step);
        // The metrics of endpoints are read by the same calls.
        let of_step = of_step
            .filter(|_| step != "nat_metrics" || is_finished(account, region, "endpoint_metrics"));
        for call in calls {
            let here = call.account == *account && call.region == *region;
            let again = of_step.is_some_and(|(_, calls)| calls.contains(&call.operation.as_str()));
            assert!(
                !(here && again),
                "{step} was finished, and now there is {call:?}"
            );
            let global = match step.as_str() {
                "organization" => call.service == "organizations",
                "regions" => {
                    call.account == *account
                        && ["DescribeRegions", "ListRegions"].contains(&call.operation.as_str())
                }
                _ => false,
            };
            assert!(!global, "{step} was finished, and now there is {call:?}");
        }
    }
}

/// Numbers that look random and are the same in every run of the test (Knuth's MMIX generator).
fn numbers(mut seed: u64) -> impl Iterator<Item = usize> {
    std::iter::repeat_with(move || {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap()
    })
}

fn undisturbed(aws: &Aws, seeded: &Seeded) -> (Home, usize) {
    aws.forget_journal();
    let home = Home::of(aws, seeded);
    home.scan(&[]).exits_with(0);
    (home, aws.journal(&seeded.account_ids()).len())
}

#[test]
fn a_scan_that_is_killed_at_any_moment_goes_on_and_repeats_nothing() {
    let aws = Aws::with_settings(&json!({ "latency_ms": 5 }));
    let seeded = aws.seed(&organization());
    let accounts = seeded.account_ids();
    let (sound, calls) = undisturbed(&aws, &seeded);
    let (mut killed, mut kept) = (0, 0);
    for moment in numbers(20_260_108).map(|number| number % calls) {
        aws.forget_journal();
        let home = Home::of(&aws, &seeded);
        let mut program = home.start(&[]);
        if !aws.comes_to(&accounts, moment + 1, &mut program) {
            continue;
        }
        program.kill().unwrap();
        program.wait().unwrap();
        killed += 1;
        let finished = finished(&home);
        kept += usize::from(!finished.is_empty());
        let before = aws.journal(&accounts).len();
        home.run(&["scan", "--resume"]).exits_with(0);
        assert_not_repeated(&finished, &aws.journal(&accounts)[before..]);
        assert!(
            home.essence() == sound.essence(),
            "killed after {moment} of {calls} calls: {:#?}\n{:#?}",
            home.essence(),
            sound.essence()
        );
        if killed == KILLS {
            break;
        }
    }
    assert!(kept > KILLS / 2, "only {kept} runs had finished anything");
}

#[test]
fn a_run_whose_session_expired_goes_on_where_it_ended() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let sound = Home::of(aws, &seeded);
    sound.scan(&[]).exits_with(0);
    let home = Home::of(aws, &seeded);
    let one = seeded.account("one");
    for service in ["route53resolver", "logs", "cloudwatch"] {
        aws.fault(&json!({ "account": one, "service": service, "fault": "expired" }));
    }
    let output = home.scan(&[]).exits_with(3);
    assert!(output.stdout.contains("expired"), "{}", output.stdout);
    let listed = home.run(&["runs"]).exits_with(0);
    assert!(listed.stdout.contains("interrupted"), "{}", listed.stdout);
    aws.clear_faults(&[one]);
    let before = aws.journal(&[one]).len();
    home.run(&["scan", "--resume"]).exits_with(0);
    let calls = &aws.journal(&[one])[before..];
    assert!(
        !calls.iter().any(|call| call.service == "ec2"),
        "what was there is asked again: {calls:?}"
    );
    assert!(home.essence() == sound.essence());
}

#[test]
fn what_failed_is_asked_again_alone_and_merged() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let sound = Home::of(aws, &seeded);
    sound.scan(&[]).exits_with(0);
    let (one, two) = (seeded.account("one"), seeded.account("two"));
    let home = Home::of(aws, &seeded);
    let denied =
        json!({ "account": one, "operation": "DescribeSubnets", "fault": "access_denied" });
    aws.fault(&denied);
    let shut = json!({ "account": two, "operation": "AssumeRole", "fault": "access_denied" });
    aws.fault(&shut);
    home.scan(&[]).exits_with(3);
    aws.clear_faults(&[one, two]);
    let before = aws.journal(&[one]).len();
    home.run(&["scan", "--only-failed"]).exits_with(0);
    let calls: BTreeSet<String> = aws.journal(&[one])[before..]
        .iter()
        .map(|call| call.operation.clone())
        .collect();
    // Without the subnets it was not known whose flow logs there are; their log groups' classes
    // decide how many queries run at once.
    let expected = [
        "AssumeRole",
        "DescribeLogGroups",
        "DescribeSubnets",
        "StartQuery",
        "GetQueryResults",
        "DescribePrefixLists",
    ]
    .map(str::to_owned);
    assert_eq!(calls, expected.into());
    assert!(home.essence() == sound.essence());
    let runs = home.run(&["runs", "--format", "csv"]).exits_with(0).stdout;
    assert_eq!(runs.lines().count(), 2, "a header and one run: {runs}");
}

#[test]
fn a_run_goes_on_with_its_own_filters_and_refuses_others() {
    let aws = Aws::shared();
    let seeded = aws.seed(&organization());
    let home = Home::of(aws, &seeded);
    let one = seeded.account("one");
    aws.fault(&json!({ "account": one, "operation": "DescribeVpcs", "fault": "expired" }));
    home.scan(&["--regions", OTHER_REGION]).exits_with(3);
    aws.clear_faults(&[one]);
    let output = home.run(&["scan", "--resume", "--regions", "eu-west-1"]);
    let output = output.exits_with(2).stderr;
    assert!(output.contains("scope.regions"), "{output}");
    home.run(&["scan", "--resume"]).exits_with(0);
    let regions: BTreeSet<String> = home
        .essence()
        .iter()
        .find(|(name, _)| name == "vpcs.csv")
        .into_iter()
        .flat_map(|(_, text)| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .map(|line| line.split(',').nth(2).unwrap().to_owned())
        .collect();
    assert_eq!(regions, [OTHER_REGION.to_owned()].into());
    let output = home.run(&["scan", "--resume"]).exits_with(1).stderr;
    assert!(output.contains("every run is finished"), "{output}");
}

#[test]
fn a_run_in_progress_is_left_to_its_process_and_another_scan_runs_beside_it() {
    let aws = Aws::with_settings(&json!({ "latency_ms": 5 }));
    let seeded = aws.seed(&organization());
    let accounts = seeded.account_ids();
    let home = Home::of(&aws, &seeded);
    let slow = json!({ "account": accounts[1], "operation": "DescribeFlowLogs", "fault": "slow",
                       "seconds": 600 });
    aws.fault(&slow);
    let mut first = home.start(&[]);
    assert!(aws.comes_to(&accounts, 20, &mut first));
    let output = home.run(&["scan", "--resume"]).exits_with(1).stderr;
    assert!(
        output.contains("in progress in another process"),
        "{output}"
    );
    let listed = home.run(&["runs"]).exits_with(0).stdout;
    assert!(listed.contains("in progress"), "{listed}");
    let pruned = home.run(&["runs", "prune", "--keep", "0"]).exits_with(0);
    assert_eq!(pruned.stdout, "nothing to remove\n");
    home.scan(&["--accounts", "self"]).exits_with(0);
    assert!(
        first.try_wait().unwrap().is_none(),
        "the first was to be still there"
    );
    first.kill().unwrap();
    first.wait().unwrap();
    let listed = home.run(&["runs"]).exits_with(0).stdout;
    assert!(listed.contains("interrupted"), "{listed}");
    assert!(listed.contains("finished"), "{listed}");
}
