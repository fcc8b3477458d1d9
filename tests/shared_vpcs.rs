//! VPCs that are shared with other accounts: shown once, as their owner sees them, and without the owner
//! as far as a participant can see.

use crate::support::{
    admin::Aws,
    organization::{Account, Organization, Seeded},
    scout::Scan,
    vpc::Vpc,
};

fn organization(aws: &Aws) -> Seeded {
    let shared = Vpc::with_everything("shared").shared_with(&["participant", "other participant"]);
    let organization = Organization::new()
        .account(Account::new("participant").vpc(Vpc::new("bare")))
        .account(Account::new("other participant"))
        .account(Account::new("owner").vpc(shared));
    aws.seed(&organization)
}

#[test]
fn a_shared_vpc_is_one_row_with_all_that_its_owner_knows() {
    let aws = Aws::shared();
    let seeded = organization(aws);
    let report = Scan::of(aws, &seeded).run().exits_with(0);
    let vpcs = report.table("vpcs");
    let row = vpcs.row(&[("vpc_id", seeded.vpc("shared"))]);
    assert_eq!(row["account_id"], seeded.account("owner"));
    let shown = ["query_logging", "endpoints", "nat_gateways", "dns_queries"].map(|it| &row[it]);
    assert_eq!(shown, ["own", "2", "1", "24"]);
}

#[test]
fn what_only_the_owner_of_a_vpc_sees_is_unknown_without_it() {
    let aws = Aws::shared();
    let seeded = organization(aws);
    let participant = seeded.account("participant");
    let accounts = format!("{participant},{}", seeded.account("other participant"));
    let report = Scan::of(aws, &seeded)
        .args(&["--accounts", &accounts])
        .run()
        .exits_with(0);
    let vpcs = report.table("vpcs");
    let row = vpcs.row(&[("vpc_id", seeded.vpc("shared"))]);
    let whose = ["account_id", "owner_account_id"].map(|it| row[it].as_str());
    let owner = seeded.account("owner");
    assert!(
        whose[0] != owner && accounts.contains(whose[0]) && whose[1] == owner,
        "{row:?}"
    );
    for (column, expected) in [
        ("subnets", "2"),
        ("query_logging", "unknown"),
        ("flow_logs", "unknown"),
        ("nat_gateways", ""),
        ("endpoints", ""),
        ("dns_queries", ""),
    ] {
        assert_eq!(row[column], expected, "{column}");
    }
    let bare = vpcs.row(&[("vpc_id", seeded.vpc("bare"))]);
    let nothing = ["query_logging", "flow_logs", "endpoints"].map(|it| bare[it].as_str());
    assert_eq!(nothing, ["none", "none", "0"], "that one is its own");
    let coverage = report.table("coverage");
    let cell = coverage.row(&[
        ("account_id", whose[0]),
        ("region", "eu-west-1"),
        ("step", "dns_usage"),
    ]);
    assert_eq!(cell["reason"], "excluded", "{cell:?}");
    let shared = format!("{} of account {owner}", seeded.vpc("shared"));
    assert!(cell["message"].contains(&shared), "{cell:?}");
}
