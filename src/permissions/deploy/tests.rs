//! The parameters that flags set, and the advice.

use clap::Parser;

use super::*;

/// `permissions` as typed.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    args: PermissionsArgs,
}

#[test]
fn a_session_is_trusted_by_its_role() {
    for (arn, principal) in [
        (
            "arn:aws-cn:sts::111122223333:assumed-role/scout/me@example.com",
            "arn:aws-cn:iam::111122223333:role/scout",
        ),
        (
            "arn:aws:iam::111122223333:user/a/b",
            "arn:aws:iam::111122223333:user/a/b",
        ),
    ] {
        assert_eq!(principal_of(arn), principal);
    }
}

#[test]
fn every_parameter_of_the_template_follows_from_a_flag() {
    let key = "arn:aws:kms:eu-west-1:111111111111:key/1";
    let words = [
        "permissions",
        "deploy",
        "--enable",
        "--bill",
        "--objects",
        "logs/a,other",
        "--key",
        key,
        "--athena",
        "scouts/logs",
        "--bill-table",
        "billing.cur2",
        "--log-group-prefixes",
        "/a,/b",
        "--trusted-principal-arn",
        "arn:aws:iam::111122223333:role/r",
    ];
    let args = Typed::parse_from(words).args;
    let settings = Settings {
        role: "reader",
        logging_role: "enabler",
        delivery_role: "deliverer",
        external_id: "s3cret",
    };
    let set = parameters(&args, settings, "caller");
    assert!(set.iter().all(|it| it.is_named));
    let (_, after) = template().split_once("\nParameters:\n").unwrap();
    let (declared, _) = after.split_once("\nConditions:").unwrap();
    let declared = declared
        .lines()
        .filter(|it| it.starts_with("  ") && !it.starts_with("   ") && it.ends_with(':'))
        .map(|it| it.trim().trim_end_matches(':'));
    let mut declared: Vec<&str> = declared.collect();
    // The names of log groups that `logging enable` creates are settings, and no flag.
    declared.retain(|it| *it != "LogGroupPrefix");
    declared.sort_unstable();
    let mut names: Vec<&str> = set.iter().map(|it| it.key.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, declared);
    let value = |name: &str| set.iter().find(|it| it.key == name).unwrap().value.as_str();
    assert_eq!(
        value("LogObjectArns"),
        "arn:*:s3:::logs/a*,arn:*:s3:::other/*"
    );
    assert_eq!(value("BillDatabase"), "billing");
    let args = Typed::parse_from(&words[..2]).args;
    let settings = Settings {
        role: READ_ROLE,
        logging_role: LOGGING_ROLE,
        delivery_role: DELIVERY_ROLE,
        external_id: "",
    };
    let of_new = parameters(&args, settings, "caller");
    let of_new: Vec<_> = of_new
        .iter()
        .map(|it| (it.key.as_str(), it.value.as_str(), it.is_named))
        .collect();
    assert_eq!(
        of_new,
        [("RoleName", READ_ROLE, false), (TRUSTED, "caller", false)]
    );
}

#[test]
fn a_call_that_failed_for_a_while_is_made_again_and_blames_nobody() {
    for reason in [Reason::Throttled, Reason::Unreachable, Reason::Expired] {
        let remedy = remedy(&Failure::new(reason, "x"));
        assert!(remedy.contains("start it again"), "{remedy}");
        assert!(!remedy.contains("management account"), "{remedy}");
    }
}
