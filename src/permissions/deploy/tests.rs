//! The two forms of a deployment, and the parameters that flags set.

use clap::Parser;

use super::*;

/// `permissions` as typed.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    args: PermissionsArgs,
}

fn deployment() -> Deployment {
    let parameters = [
        (
            "TrustedPrincipalArn",
            "arn:aws:iam::111122223333:role/scout",
        ),
        (SECRET, "s3cret"),
    ];
    Deployment {
        name: "vpce-scout".to_owned(),
        template: template().to_owned(),
        parameters: parameters
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .to_vec(),
        units: vec!["r-ab12".to_owned()],
        region: "eu-west-1".to_owned(),
        delegated: true,
    }
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
fn both_forms_hold_ids_and_arns_and_never_the_external_id() {
    for text in [
        commands(&deployment(), None),
        terraform(&deployment(), None),
    ] {
        for part in [
            "role/scout",
            "r-ab12",
            "eu-west-1",
            "DELEGATED_ADMIN",
            "SERVICE_MANAGED",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("s3cret"), "{text}");
    }
    assert!(commands(&deployment(), None).contains("ParameterValue=$EXTERNAL_ID"));
    assert!(terraform(&deployment(), None).contains("ExternalId = var.external_id"));
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
        "--logging-role-name",
        "enabler",
        "--delivery-role",
        "deliverer",
    ];
    let args = Typed::parse_from(words).args;
    let set = parameters(&args, "arn:aws:iam::1:role/r".to_owned(), "s3cret");
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
    let mut names: Vec<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, declared);
    let value = |name: &str| set.iter().find(|(key, _)| key == name).unwrap().1.as_str();
    assert_eq!(
        value("LogObjectArns"),
        "arn:*:s3:::logs/a*,arn:*:s3:::other/*"
    );
    assert_eq!(value("BillDatabase"), "billing");
    let args = Typed::parse_from(&words[..2]).args;
    assert_eq!(parameters(&args, "arn".to_owned(), "").len(), 2);
    let mut deployment = deployment();
    deployment.parameters = set;
    let text = commands(&deployment, None);
    assert!(
        text.contains("arn:*:s3:::logs\\,arn:*:s3:::other\""),
        "{text}"
    );
}
