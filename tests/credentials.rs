//! Credentials and connections as companies have them: profiles, `aws login`, certificates of their own, and
//! endpoints that are not reached. Each failure names what is wrong and the remedy, on one line each.

use std::fs;

use tempfile::TempDir;

use crate::support::scout::program;

const PROFILES: &str = "[profile prod]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
     aws_secret_access_key = x\n\
     [profile dev]\nregion = eu-west-1\n\
     [profile login]\nregion = eu-west-1\nlogin_session = arn:aws:iam::111122223333:user/me\n\
     [profile lost]\nregion = eu-west-1\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = nowhere\n";

/// An address at which nothing listens: port 9 is that of the discard service.
const UNREACHABLE: &str = "http://127.0.0.1:9";

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    fs::write(home.path().join(".aws/config"), PROFILES).unwrap();
    home
}

/// The exit code and stderr of a command with these variables.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let home = home();
    let done = program(home.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("VPCE_SCOUT_RETRY_MAX_ATTEMPTS", "1")
        .envs(variables.iter().copied())
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8(done.stderr).unwrap();
    (done.status.code().unwrap(), stderr)
}

#[test]
fn credentials_and_connections_that_fail_are_named_with_their_remedy() {
    let prod = ("AWS_PROFILE", "prod");
    let unreachable = ("AWS_ENDPOINT_URL", UNREACHABLE);
    for (arguments, variables, code, expected) in [
        (
            &["scan", "--profile", "prodd"][..],
            &[][..],
            2,
            &["`prodd` for --profile", "dev, login, lost, prod"][..],
        ),
        (
            &["scan"],
            &[("AWS_PROFILE", "prodd")],
            2,
            &["`prodd` for AWS_PROFILE", "dev, login, lost, prod"],
        ),
        (
            &["scan", "--profile", "login"],
            &[],
            1,
            &["/login/cache/", "run `aws login`"],
        ),
        (
            &["scan", "--profile", "lost"],
            &[],
            1,
            &["source profile nowhere", "`source_profile`"],
        ),
        (
            &["scan", "--profile", "prod"],
            &[("AWS_CA_BUNDLE", "/no/such.pem")],
            2,
            &["`/no/such.pem` for AWS_CA_BUNDLE", "PEM"],
        ),
        (
            &["scan"],
            &[prod, unreachable],
            1,
            &[UNREACHABLE, "HTTPS_PROXY"],
        ),
        (
            &["logging", "status"],
            &[prod, unreachable],
            1,
            &[UNREACHABLE],
        ),
        (
            &["prices", "update"],
            &[prod, unreachable],
            1,
            &[UNREACHABLE],
        ),
        (
            &["scan", "--log-format", "json"],
            &[prod, unreachable],
            1,
            &[UNREACHABLE, "\"level\":\"ERROR\""],
        ),
    ] {
        let (found, stderr) = run(arguments, variables);
        assert_eq!(found, code, "{arguments:?} {variables:?}\n{stderr}");
        for text in expected {
            assert!(stderr.contains(text), "{arguments:?}: {text} in\n{stderr}");
        }
        // A value as the compiler shows it has a type's name before its fields.
        for dump in ["Failure(", "Error {", "Some(", "source: "] {
            assert!(!stderr.contains(dump), "{arguments:?}: {dump} in\n{stderr}");
        }
        if arguments.contains(&"json") {
            for line in stderr.lines() {
                serde_json::from_str::<serde_json::Value>(line).expect("JSON alone");
            }
        } else {
            let lines = stderr.lines().filter(|line| line.starts_with("error: "));
            assert_eq!(lines.count(), 1, "{stderr}");
        }
    }
}
