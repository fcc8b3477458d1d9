//! Central endpoints as code: the answers of the VPCs that use them become private.

use std::{collections::BTreeMap, fs};

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    generated::{account_and_region, assert_linted, files, keys, table, terraformed},
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
    vpc::Vpc,
};

const NETWORK_HUB: &str = "555000000021";
const GATEWAY: &str = "tgw-0aa";
const ROUTES: &str = "tgw-rtb-0aa";
const KMS: &str = "kms.eu-west-1.amazonaws.com.";
/// What each VPC sends to KMS within the window, 300 GB a month: a share of a hub's hours and the transit gateway
/// cost less than hours of an endpoint of its own.
const BYTES: u64 = 74_000_000_000;

#[test]
fn vpcs_are_led_to_a_hub_that_exists_in_their_account_or_another() {
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "before"]).exits_with(3);
    let led = keys(&table(&home, "before", "opportunities"));
    let led: Vec<_> = led.into_iter().filter(|key| key[4] == "use_hub").collect();
    assert!(led.iter().any(|key| key[0] != NETWORK_HUB), "{led:?}");
    let iac = |format: &str, out: &str| {
        let arguments = ["iac", "--actions", "use_hub", "--include-unmeasured"];
        let rest = ["--format", format, "--out", out];
        home.run(&[&arguments[..], &rest].concat()).exits_with(0);
    };
    iac("cloudformation", "stacks");
    assert_linted(&files(&home, "stacks", "endpoints.yaml"));
    iac("terraform", "code");
    terraformed(&aws, &files(&home, "code", "main.tf"), NETWORK_HUB);
    assert!(aws.resolve_private_zones() > 0);
    home.run(&["scan", "--out", "after"]).exits_with(3);
    let services = table(&home, "after", "vpc_services");
    for key in &led {
        let row = services.row(&[
            ("vpc_id", &key[2]),
            ("service", &key[3]),
            ("service_region", HOME),
        ]);
        assert_eq!(row["path"], "central_endpoint", "{key:?}: {row:?}");
    }
    let after = keys(&table(&home, "after", "opportunities"));
    assert_eq!(after.iter().find(|key| key[4] == "use_hub"), None);
}

/// A VPC behind the transit gateway that calls KMS.
fn spoke(name: &str, block: &str) -> Vpc {
    Vpc::new(name)
        .with("cidrs", json!([format!("{block}.0.0/16")]))
        .with(
            "subnets",
            json!([
                { "name": "a", "az": "a", "cidr": format!("{block}.0.0/24") },
                { "name": "b", "az": "b", "cidr": format!("{block}.1.0/24") },
            ]),
        )
        .route_table(
            "private",
            &["a", "b"],
            &[("0.0.0.0/0", &format!("tgw:{GATEWAY}"))],
        )
        .attached_to("network", GATEWAY, ROUTES)
        .logged()
        .answered(KMS, &["54.239.1.1"])
}

/// Four VPCs of two accounts that go out by a third one's NAT gateway.
fn organization() -> Organization {
    let blocks = [("a", "10.1"), ("b", "10.2"), ("c", "10.3"), ("d", "10.4")];
    let mut egress = Vpc::new("egress")
        .with("cidrs", json!(["10.100.0.0/16"]))
        .with(
            "subnets",
            json!([
                { "name": "a", "az": "a", "cidr": "10.100.0.0/24" },
                { "name": "b", "az": "b", "cidr": "10.100.1.0/24" },
            ]),
        )
        .with("internet_gateway", true)
        .nat_gateway("nat", 4 * BYTES, 4_000)
        .route_table("public", &["a", "b"], &[("0.0.0.0/0", "igw")])
        .attached_to("network", GATEWAY, ROUTES)
        .flow_log("nat", json!({ "resource": "nat:nat", "format": "${interface-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${bytes} ${start} ${end} ${action} ${log-status} ${flow-direction}" }));
    for (name, block) in blocks {
        // The last one sends less, so that it is no hub.
        let up = if name == "d" { BYTES / 2 } else { BYTES };
        egress = egress.traffic(json!({
            "client": format!("{block}.0.9"), "external": "54.239.1.1", "by": "nat:nat",
            "up": up, "down": 1_000,
        }));
    }
    let [a, b, c, d] = blocks.map(|(name, block)| spoke(name, block));
    let d = d.answered("kms.eu-west-1.api.aws.", &["54.239.1.2"]);
    let network = Account::new("network").vpc(egress);
    Organization::new()
        .account(network.routes_all_to("egress", GATEWAY, ROUTES))
        .account(Account::new("one").vpc(a).vpc(b))
        .account(Account::new("two").vpc(c).vpc(d))
}

/// Makes the calls of a README in the accounts that it names; how many.
fn associate(aws: &Aws, seeded: &Seeded, hub: &str, readme: &str) -> u64 {
    let section = readme.split("## Other accounts").nth(1).expect("a section");
    let commands = section.split("```").nth(1).expect("commands");
    let lines = commands.lines().skip(1);
    let commands: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let ids = seeded.account_ids().into_iter();
    let callers: BTreeMap<&str, Value> = ids.map(|id| (id, aws.session(id))).collect();
    let ask = json!({ "hub": hub, "callers": callers, "commands": commands });
    let made = aws.script("associations.py", &ask);
    made.as_u64().expect("a number")
}

/// Generates the hub, has `apply` make it, and expects private answers in the next report. Two of the VPCs that
/// use it are of another account.
#[track_caller]
fn assert_hub(format: &str, calls_a_vpc: u64, apply: impl Fn(&Aws, &Home, &str)) {
    let (aws, seeded, home) = Home::seeded(&organization());
    home.scan(&[]).exits_with(0);
    let before = table(&home, "report", "opportunities");
    let row = before.row(&[("service", "kms"), ("action", "create")]);
    let (hub, hub_vpc) = (row["account_id"].as_str(), row["hub_vpc_id"].as_str());
    assert_eq!(row["vpc_id"], hub_vpc, "one of the four is the hub");
    let users = before.rows_with(&[("action", "use_hub"), ("hub_vpc_id", hub_vpc)]);
    let users: Vec<&str> = users.iter().map(|row| row["vpc_id"].as_str()).collect();
    assert_eq!(users.len(), 3, "{before:?}");
    home.run(&["iac", "--format", format, "--out", "code"])
        .exits_with(0);
    apply(aws, &home, hub);
    let readme = home.path().join("code").join(hub).join(HOME);
    let readme = fs::read_to_string(readme.join("README.md")).unwrap();
    let missing = "stay public: kms.eu-west-1.api.aws.";
    assert!(readme.contains(missing), "{readme}");
    assert_eq!(associate(aws, &seeded, hub, &readme), 2 * calls_a_vpc);
    assert!(aws.resolve_private_zones() > 0);
    home.scan(&[]).exits_with(0);
    let services = table(&home, "report", "vpc_services");
    for vpc in users {
        let row = services.row(&[("vpc_id", vpc), ("service", "kms")]);
        // One of them calls the name too that the hub lacks.
        let path = if vpc == seeded.vpc("d") {
            "mixed"
        } else {
            "central_endpoint"
        };
        let columns = ["path", "private_queries", "hub_account_id", "hub_vpc_id"];
        let cells = columns.map(|it| row[it].as_str());
        assert_eq!(cells, [path, "4", hub, hub_vpc], "{row:?}");
    }
    services.row(&[
        ("vpc_id", hub_vpc),
        ("service", "kms"),
        ("path", "local_endpoint"),
    ]);
    let after = keys(&table(&home, "report", "opportunities"));
    let kms = |key: &&Vec<String>| key[3] == "kms" && key[4] != "none";
    assert_eq!(after.iter().find(kms), None);
}

#[test]
fn a_new_hub_by_cloudformation_answers_the_vpcs_of_other_accounts() {
    assert_hub("cloudformation", 3, |aws, home, hub| {
        let templates = files(home, "code", "endpoints.yaml");
        assert_linted(&templates);
        for template in &templates {
            let (account, region) = account_and_region(template);
            assert_eq!(account, hub, "the others have nothing to deploy");
            let deployed = aws.deploy(&json!({
                "account": account, "region": region, "name": "vpce-scout-endpoints",
                "template": fs::read_to_string(template).unwrap(),
            }));
            assert_eq!(deployed["status"], "CREATE_COMPLETE", "{deployed}");
            assert_eq!(deployed["unsupported"], json!([]));
        }
    });
}

#[test]
fn a_new_hub_by_terraform_answers_the_vpcs_of_other_accounts() {
    assert_hub("terraform", 1, |aws, home, hub| {
        terraformed(aws, &files(home, "code", "main.tf"), hub);
    });
}
