//! `doctor` on broken set-ups: each is named, with its remedy.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    bucket::Bucket,
    home::{Home, ProgramOutput},
    organization::{Account, Organization, Seeded},
    vpc::Vpc,
};

/// The file of the access token of the SSO session `s`: SHA-1 of its name.
const TOKEN: &str = ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";

/// A set-up, and what `doctor` has to find in it.
struct Case {
    name: &'static str,
    home: Home,
    arguments: Vec<String>,
    fault: Option<Value>,
    code: i32,
    check: &'static str,
    status: &'static str,
    /// In the message or the details.
    shown: Vec<String>,
    remedy: &'static str,
}

impl Case {
    fn new(name: &'static str, home: Home, check: &'static str, status: &'static str) -> Self {
        let code = match status {
            "failed" => 1,
            "incomplete" => 3,
            _ => 0,
        };
        Self {
            name,
            home,
            arguments: Vec::new(),
            fault: None,
            code,
            check,
            status,
            shown: Vec::new(),
            remedy: "",
        }
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|it| (*it).to_owned()).collect();
        self
    }

    fn fault(mut self, service: &str, operation: &str, fault: &str) -> Self {
        self.fault = Some(json!({ "service": service, "operation": operation, "fault": fault }));
        self
    }

    fn finds(mut self, shown: &[&str], remedy: &'static str) -> Self {
        self.shown = shown.iter().map(|it| (*it).to_owned()).collect();
        self.remedy = remedy;
        self
    }

    fn check(&self, aws: &Aws) {
        if let Some(fault) = &self.fault {
            aws.fault(fault);
        }
        let mut words = vec!["doctor", "--format", "json"];
        words.extend(self.arguments.iter().map(String::as_str));
        let output = self.home.run(&words);
        aws.clear_all_faults();
        let name = self.name;
        let found = check(&output, self.check);
        let text = format!("{name}: {found:#}\n{}", output.stdout);
        assert_eq!(output.code, Some(self.code), "{text}\n{}", output.stderr);
        assert_eq!(found["status"], self.status, "{text}");
        let whole = format!("{}\n{}", found["message"], found["details"]);
        for words in &self.shown {
            assert!(whole.contains(words.as_str()), "`{words}` in {text}");
        }
        let remedy = found["remedy"].as_str().unwrap_or_default();
        assert!(!remedy.is_empty() && remedy.contains(self.remedy), "{text}");
    }

    /// The same for people: status, check, and the remedy below it.
    fn check_text(&self) {
        let mut words = vec!["doctor"];
        words.extend(self.arguments.iter().map(String::as_str));
        let output = self.home.run(&words).exits_with(self.code);
        let line = format!("{:<11}{:<13}", self.status, self.check);
        assert!(output.stdout.contains(&line), "{line}: {}", output.stdout);
        let below = output.stdout.split_once(&line).unwrap().1;
        let remedy = below.lines().find(|it| it.trim_start().starts_with("-> "));
        assert!(remedy.unwrap().contains(self.remedy), "{}", output.stdout);
        let last = match self.code {
            1 => "A scan would not work.\n",
            _ => "A scan would have gaps.\n",
        };
        assert!(output.stdout.ends_with(last), "{}", output.stdout);
    }
}

/// A check by its name; the worst, if there are several.
fn check(output: &ProgramOutput, name: &str) -> Value {
    let diagnosis: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", output.stdout, output.stderr));
    let checks = diagnosis["checks"].as_array().unwrap();
    let named: Vec<_> = checks.iter().filter(|it| it["name"] == name).collect();
    let bad = named.iter().find(|it| it["status"] != "ok");
    (*bad
        .or(named.first())
        .unwrap_or_else(|| panic!("no check `{name}`: {diagnosis:#}")))
    .clone()
}

/// Fourteen accounts, of which three refuse the role.
fn organization() -> Organization {
    (0..13).fold(Organization::new(), |organization, number| {
        let account = Account::new(&format!("a{number:02}"));
        let account = if number < 3 {
            account.with("role", "denied")
        } else {
            account.vpc(Vpc::new(&format!("v{number:02}")))
        };
        organization.account(account)
    })
}

fn small(aws: &Aws) -> Seeded {
    aws.seed(&Organization::new().account(Account::new("one").vpc(Vpc::new("v"))))
}

/// Profiles of which none leads to credentials.
const PROFILES: &str = "
[profile sso]
sso_session = s
sso_account_id = 111122223333
sso_role_name = r
region = eu-west-1
[sso-session s]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
[profile legacy]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = r
region = eu-west-1
[profile process]
credential_process = /bin/false
region = eu-west-1
";

/// A home with a profile that leads to no credentials; the token of the SSO session has expired.
fn with_profile(profile: &str) -> Home {
    let home = Home::bare()
        .with_variable("AWS_PROFILE", profile)
        .with_variable("AWS_EC2_METADATA_DISABLED", "true");
    let write = |path: &str, text: &str| {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(".aws/config", PROFILES);
    write(
        TOKEN,
        r#"{"startUrl": "https://example.awsapps.com/start", "region": "eu-west-1", "accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z"}"#,
    );
    home
}

/// Set-ups in which nobody is signed in, or cannot be asked.
fn without_access(aws: &Aws) -> [Case; 6] {
    let without_credentials = Home::bare()
        .with_variable("AWS_ENDPOINT_URL", aws.endpoint())
        .with_variable("AWS_REGION", "eu-west-1")
        .with_variable("AWS_EC2_METADATA_DISABLED", "true");
    let behind_a_dead_proxy = Home::bare()
        .with_variable("HTTPS_PROXY", "http://127.0.0.1:9")
        .with_variable("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .with_variable("AWS_SECRET_ACCESS_KEY", "x")
        .with_variable("AWS_REGION", "eu-west-1")
        .with_variable("VPCE_SCOUT_RETRY_MAX_ATTEMPTS", "1");
    [
        Case::new(
            "no credentials",
            without_credentials,
            "credentials",
            "failed",
        )
        .finds(&["cannot find out whose credentials"], "AWS_PROFILE"),
        Case::new("expired SSO", with_profile("sso"), "credentials", "failed")
            .finds(&["cannot find out whose credentials"], "aws sso login"),
        Case::new(
            "no SSO token",
            with_profile("legacy"),
            "credentials",
            "failed",
        )
        .finds(&["cannot find out whose credentials"], "aws sso login"),
        Case::new(
            "failing process",
            with_profile("process"),
            "credentials",
            "failed",
        )
        .finds(&["external process"], "credential_process"),
        Case::new(
            "unknown profile",
            with_profile("none"),
            "settings",
            "failed",
        )
        .finds(&["AWS_PROFILE"], "correct it where it is set"),
        Case::new("dead proxy", behind_a_dead_proxy, "credentials", "failed")
            .finds(&["not delivered"], "HTTPS_PROXY"),
    ]
}

#[test]
fn broken_set_ups_are_named_with_their_remedies() {
    let aws = Aws::with_settings(&json!({}));
    let one = small(&aws);
    let many = aws.seed(&organization());
    let home = || Home::of(&aws, &one);
    let refused: Vec<&str> = ["a00", "a01", "a02"].map(|it| many.account(it)).to_vec();
    let bucket = Bucket::new(&aws, &one);
    let unwritable = home();
    fs::write(unwritable.path().join("file"), "").unwrap();
    let foreign = home();
    fs::write(foreign.path().join("runs.sqlite3"), "notes").unwrap();
    let place = bucket.url("state");
    let notes = bucket.url("notes");
    bucket.put("notes/runs.sqlite3", b"notes");
    let dangling = home();
    std::os::unix::fs::symlink("nowhere/at/all", dangling.path().join("link")).unwrap();
    let cases = [
        Case::new("an object that is no store", home(), "state", "failed")
            .with(&["--state", &notes])
            .finds(&["it is no run store of vpce-scout"], "an earlier version"),
        Case::new("a store that may not be read", home(), "state", "failed")
            .with(&["--state", &notes])
            .fault("s3", "GetObject", "access_denied")
            .finds(
                &["AccessDenied", "cannot read"],
                "caller-policy --state s3://",
            ),
        Case::new("a link that leads nowhere", dangling, "output", "failed")
            .with(&["--out", "link"])
            .finds(&["cannot write to `link`"], "--out"),
        Case::new("foreign store", foreign, "state", "failed")
            .with(&["--state-dir", "."])
            .finds(&["no run store of vpce-scout"], "move the file away"),
        Case::new("wrong Region", home(), "regions", "failed")
            .with(&["--regions", "eu-wset-1"])
            .finds(&["eu-wset-1", "--regions"], "eu-west-1"),
        Case::new("denied organization", home(), "organization", "failed")
            .fault("organizations", "*", "access_denied")
            .finds(&["AccessDeniedException"], "--org-role-arn"),
        Case::new(
            "role missing in 3 of 14",
            Home::of(&aws, &many),
            "role",
            "incomplete",
        )
        .finds(
            &["3 of the 14 accounts", refused[0], refused[1], refused[2]],
            "create-stack-instances",
        ),
        Case::new("SCP", home(), "actions", "incomplete")
            .fault("ec2", "DescribeRouteTables", "scp_denied")
            .finds(&["ec2:DescribeRouteTables"], "service control policy"),
        Case::new("unwritable state", unwritable, "state", "failed")
            .with(&["--state-dir", "file/below"])
            .finds(&["file/below"], "--state-dir"),
        Case::new("missing action", home(), "actions", "incomplete")
            .fault("logs", "StartQuery", "access_denied")
            .finds(&["logs:StartQuery"], "permissions policy"),
        Case::new("no bucket for reports", home(), "output", "failed")
            .with(&["--out", "s3://no-such-bucket-here/x"])
            .finds(&["NoSuchBucket"], "create the bucket"),
        Case::new("state that may not be written", home(), "state", "failed")
            .with(&["--state", &place])
            .fault("s3", "CreateMultipartUpload", "access_denied")
            .finds(&["AccessDenied", "s3://"], "caller-policy --state s3://"),
    ];
    for case in without_access(&aws).into_iter().chain(cases) {
        case.check(&aws);
        if ["no credentials", "role missing in 3 of 14"].contains(&case.name) {
            case.check_text();
        }
    }
    bucket.remove("notes/runs.sqlite3");
    let sound = home().run(&["doctor", "--state", &place, "--out", &place]);
    assert_eq!(sound.code, Some(0), "{}", sound.stdout);
    assert!(bucket.objects().is_empty() && bucket.uploads().is_empty());
    aws.set(
        one.account("management"),
        &json!({ "clock_offset_seconds": 600 }),
    );
    let refused = json!({ "service": "sts", "operation": "GetCallerIdentity", "fault": "error", "status": 403,
        "code": "SignatureDoesNotMatch", "message": "Signature expired: 20260101T000000Z is now earlier than \
        20260101T000500Z (20260101T001000Z - 5 min.)" });
    for check in ["clock", "credentials"] {
        // AWS refuses to sign in then.
        aws.fault(&refused);
        Case::new("a clock that is ten minutes off", home(), check, "failed")
            .finds(&[], "chrony")
            .check(&aws);
    }
    Case::new("a clock that AWS does not mind", home(), "clock", "failed")
        .finds(&["behind that of AWS"], "chrony")
        .check(&aws);
}

#[test]
fn a_region_that_an_account_has_not_enabled_is_no_gap_of_a_scan_and_none_here() {
    let aws = Aws::with_settings(&json!({}));
    let one = small(&aws);
    let home = Home::of(&aws, &one);
    // The first by name is off: nothing is tried there.
    let regions = ["--regions", "ap-east-1,eu-west-1"];
    let output = home.run(&[&["doctor", "--format", "json"][..], &regions].concat());
    let found = check(&output, "actions");
    assert_eq!(output.code, Some(0), "{found:#}\n{}", output.stderr);
    let message = found["message"].as_str().unwrap();
    assert!(message.contains("region eu-west-1"), "{message}");
    home.scan(&[&["--no-usage"][..], &regions].concat())
        .exits_with(0);
    Case::new("no Region", home, "actions", "warning")
        .with(&["--regions", "ap-east-1"])
        .finds(&["none of the Regions to scan is enabled"], "--regions")
        .check(&aws);
}

#[test]
fn where_the_regions_cannot_be_listed_the_actions_are_tried_in_one_that_is_named() {
    let aws = Aws::with_settings(&json!({}));
    let one = small(&aws);
    for (service, operation) in [("ec2", "DescribeRegions"), ("account", "ListRegions")] {
        aws.fault(&json!({
            "service": service, "operation": operation, "fault": "access_denied",
        }));
    }
    let home = Home::of(&aws, &one);
    let output = home
        .run(&["doctor", "--format", "json", "--regions", "me-south-1"])
        .exits_with(3);
    let actions = check(&output, "actions").to_string();
    assert!(actions.contains("ec2:DescribeRegions"), "{actions}");
    assert!(actions.contains("add the actions to the role"), "{actions}");
    let estimate = check(&output, "estimate").to_string();
    assert!(estimate.contains("x 1 Regions"), "{estimate}");
}

#[test]
fn filters_that_fit_nothing_and_calls_that_no_policy_denies_are_named() {
    let aws = Aws::with_settings(&json!({}));
    let one = small(&aws);
    let home = || Home::of(&aws, &one);
    Case::new("mistyped", home(), "organization", "warning")
        .with(&["--exclude-accounts", "123456789012"])
        .finds(
            &["the account 123456789012 of --exclude-accounts is not in the organization"],
            "filters",
        )
        .check(&aws);
    Case::new("throttled role", home(), "role", "failed")
        .with(&["--accounts", one.account("one")])
        .fault("sts", "AssumeRole", "throttle")
        .finds(&["Throttling"], "Troubleshooting by reason")
        .check(&aws);
    Case::new("throttled list", home(), "organization", "failed")
        .fault("organizations", "ListAccounts", "throttle")
        .finds(&["TooManyRequestsException"], "try again later")
        .check(&aws);
    for check in ["logs", "actions"] {
        Case::new("unreachable", home(), check, "incomplete")
            .fault("route53resolver", "*", "unavailable")
            .finds(&["503"], "Troubleshooting by reason")
            .check(&aws);
    }
}
