//! Broken set-ups, each named with its remedy.

use jiff::SignedDuration;

use super::{
    organization::{actions, deploy_command},
    *,
};
use crate::{
    collect::permission_probe::ProbedAction,
    model::coverage::{Failure, Reason},
};

fn tried(reason: Reason) -> Check {
    let target = crate::model::target::Target {
        account_id: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
    };
    let refused = Some(Failure::new(reason, "not authorized"));
    let tried = [
        ProbedAction {
            action: "ec2:DescribeVpcs",
            refused: None,
        },
        ProbedAction {
            action: "logs:StartQuery",
            refused,
        },
    ];
    actions(&tried, &target)
}

#[test]
fn a_clock_that_is_ten_minutes_off_fails_and_one_of_seconds_does_not() {
    for (minutes, status) in [
        (10, Status::Failed),
        (-10, Status::Failed),
        (2, Status::Warning),
    ] {
        let check = local::clock(Some(SignedDuration::from_mins(minutes)));
        assert_eq!(check.status, status, "{check:?}");
        assert!(check.remedy.unwrap().contains("chrony"));
    }
    let behind = local::clock(Some(SignedDuration::from_mins(-10)));
    assert_eq!(behind.message, "600 s behind that of AWS");
    assert_eq!(
        local::clock(Some(SignedDuration::from_secs(3))).status,
        Status::Ok
    );
    assert_eq!(local::clock(None).status, Status::Skipped);
}

#[test]
fn a_directory_that_cannot_be_written_is_named_with_its_flag() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let check = local::writable("state", Some(&file.path().join("below")));
    assert_eq!(check.status, Status::Failed, "{check:?}");
    assert!(check.remedy.unwrap().contains("--state-dir"));
    let dir = tempfile::tempdir().unwrap();
    let check = local::writable("output", Some(&dir.path().join("not/there/yet")));
    assert_eq!(check.status, Status::Ok, "{check:?}");
    assert!(!dir.path().join("not").exists(), "nothing is made");
}

#[test]
fn a_missing_action_is_listed_and_a_service_control_policy_has_a_remedy_of_its_own() {
    let denied = tried(Reason::AccessDenied);
    assert_eq!(denied.status, Status::Incomplete);
    assert!(
        denied.details[0].starts_with("logs:StartQuery: not authorized"),
        "{denied:?}"
    );
    assert!(denied.remedy.unwrap().contains("permissions policy"));
    let scp = tried(Reason::ScpDenied).remedy.unwrap();
    assert!(scp.contains("service control policy"), "{scp}");
}

#[test]
fn the_password_of_a_proxy_is_not_shown() {
    let variable =
        |name: &str| (name == "HTTPS_PROXY").then(|| "http://me:s3cret@proxy:3128/".to_owned());
    let check = local::proxy(variable);
    assert!(
        check.message.contains("`proxy:3128` of HTTPS_PROXY"),
        "{check:?}"
    );
}

#[test]
fn the_lines_of_an_error_after_the_first_are_the_remedy() {
    let error =
        anyhow::anyhow!("cannot find out whose credentials these are: none\nrun `aws sso login`");
    let check = Check::failed("credentials", &error);
    assert_eq!(check.remedy.as_deref(), Some("run `aws sso login`"));
    assert_eq!(
        check.message,
        "cannot find out whose credentials these are: none"
    );
}

#[test]
fn the_worst_check_decides() {
    let of = |statuses: &[Status]| Diagnosis {
        schema_version: SCHEMA_VERSION,
        checks: statuses.iter().map(|it| Check::new("x", *it, "")).collect(),
    };
    let mixed = of(&[Status::Ok, Status::Incomplete, Status::Warning]);
    assert_eq!(mixed.status(), Status::Incomplete);
    assert!(text(&mixed).ends_with("A scan would have gaps.\n"));
    assert_eq!(
        of(&[Status::Incomplete, Status::Failed]).status(),
        Status::Failed
    );
    assert!(text(&of(&[Status::Skipped])).ends_with("A scan can be started.\n"));
}

#[test]
fn the_deployment_that_is_advised_names_what_differs_from_its_defaults() {
    let deploy = "vpce-scout permissions deploy";
    let command = |environment: &[(&str, &str)]| deploy_command(&Config::for_tests(environment));
    assert_eq!(command(&[]), format!("{deploy} --apply"));
    let role = "arn:aws:iam::111122223333:role/org";
    let settings = [
        ("VPCE_SCOUT_ROLE_NAME", "audit-read"),
        ("VPCE_SCOUT_ORGANIZATION_ROLE_ARN", role),
        ("VPCE_SCOUT_ROLE_EXTERNAL_ID", "s3cret"),
    ];
    assert_eq!(
        command(&settings),
        format!("{deploy} --role-name audit-read --trusted-principal-arn {role} --apply")
    );
}
