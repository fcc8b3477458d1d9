//! The template of scheduled scans: deployed, and its jobs run as it starts them, with IAM in force.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    bucket::Bucket,
    home::{Home, ProgramOutput},
    organization::{Account, HOME, Organization, Seeded},
    state_machine::execute,
    vpc::Vpc,
};

const ORGANIZATION: &str = "o-1234567890";
const NETWORK: &str = "
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref Vpc, GroupDescription: jobs}}
";

fn config(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    fs::read_to_string(root.join(path)).unwrap()
}

/// A deployed stack, and what it made.
pub(crate) struct Stack {
    pub(crate) resources: Value,
    /// The definition of the state machine.
    pub(crate) definition: Value,
    pub(crate) schedule: Value,
}

impl Stack {
    pub(crate) fn deploy(aws: &Aws, seeded: &Seeded, bucket: &Bucket<'_>, shards: &str) -> Self {
        let account = seeded.account("management");
        let stack = |name: &str, template: &str, parameters: Value| {
            let made = aws.deploy(&json!({
                "account": account, "region": HOME, "name": name, "template": template,
                "parameters": parameters,
            }));
            assert_eq!(made["status"], "CREATE_COMPLETE");
            assert_eq!(made["unsupported"], json!([]));
            made["resources"].clone()
        };
        let network = stack("network", NETWORK, json!({}));
        let repository = format!("arn:aws:ecr:{HOME}:{account}:repository/vpce-scout");
        let parameters = json!({
            "Image": format!("{account}.dkr.ecr.{HOME}.amazonaws.com/vpce-scout:1"),
            "RepositoryArn": repository,
            "SubnetIds": network["Subnet"]["id"],
            "SecurityGroupIds": network["Group"]["id"],
            "Bucket": bucket.name,
            "OrganizationId": ORGANIZATION,
            "NotificationEmail": "network@example.com",
            "ExternalId": "s3cret",
            "Shards": shards,
        });
        let resources = stack(
            "nightly",
            &config("cloudformation/scheduled-scan.yaml"),
            parameters,
        );
        let made = aws.scheduled(account, HOME);
        let only = |kind: &str| {
            made[kind]
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()
                .clone()
        };
        Self {
            resources,
            definition: only("machines"),
            schedule: only("schedules"),
        }
    }

    pub(crate) fn role(&self, name: &str) -> &str {
        self.resources[name]["id"].as_str().unwrap()
    }
}

pub(crate) fn seeded(aws: &Aws) -> Seeded {
    let organization = Organization::new()
        .account(Account::new("apps").vpc(Vpc::with_everything("full")))
        .account(Account::new("more").vpc(Vpc::new("two")));
    let mut document = organization.document();
    document["organization_id"] = ORGANIZATION.into();
    aws.seed_document(document)
}

/// The role of the jobs in the place of the caller's, and member roles that trust it.
fn put_in_force(aws: &Aws, seeded: &Seeded, policy: &Value) {
    let management = seeded.account("management");
    for account in seeded.account_ids() {
        if account != management {
            aws.deploy(&json!({
                "account": account, "region": "us-east-1", "name": "vpce-scout",
                "template": config("cloudformation/member-role.yaml"),
                "parameters": {
                    "TrustedPrincipalArn": format!("arn:aws:iam::{management}:role/vpce-scout"),
                    "ExternalId": "s3cret",
                },
            }));
        }
    }
    aws.role(management, "vpce-scout", policy);
}

/// The one policy of a role of the stack.
pub(crate) fn policy(aws: &Aws, account: &str, role: &str) -> Value {
    let roles = aws.listing(&[account])[account]["roles"].clone();
    let policies = roles[role]["policies"].as_object().unwrap().clone();
    let (_, policy) = policies.into_iter().next().unwrap();
    match policy.as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => policy,
    }
}

/// Runs the entry point of the image as a job of Batch does.
fn job(home: &Home, arguments: &[&str], variables: &[(&str, &str)]) -> ProgramOutput {
    let entry = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/container/entrypoint.sh");
    let done = Command::new(entry)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("VPCE_SCOUT", assert_cmd::cargo::cargo_bin!("vpce-scout"))
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("VPCE_SCOUT_ROLE_EXTERNAL_ID", "s3cret")
        .envs(home.variables())
        .envs(variables.iter().copied())
        .current_dir(home.path())
        .output();
    ProgramOutput::of(done.expect("the entry point starts"))
}

/// Tables of a report that a merge of shards leaves as one scan has them.
const COMPARED: [&str; 6] = [
    "accounts",
    "vpcs",
    "vpc_services",
    "hosts",
    "endpoints",
    "opportunities",
];

#[test]
fn with_iam_in_force_the_role_of_the_jobs_is_enough_for_a_scan_and_does_what_the_caller_policy_shows()
 {
    let aws = Aws::with_settings(&json!({ "enforce_iam": true }));
    let seeded = seeded(&aws);
    let bucket = Bucket::new(&aws, &seeded);
    let stack = Stack::deploy(&aws, &seeded, &bucket, "1");
    assert_eq!(
        stack.definition["States"]["Start"]["Result"]["first"],
        "Scan"
    );
    let management = seeded.account("management");
    let deployed = policy(&aws, management, stack.role("JobRole"));
    let home = Home::of(&aws, &seeded);
    let place = bucket.url("vpce-scout");
    let words = [
        "permissions",
        "caller-policy",
        "--organization-id",
        ORGANIZATION,
        "--out",
        &place,
    ];
    let printed = home.run(&words).exits_with(0).stdout;
    assert_eq!(
        normal(&deployed),
        normal(&serde_json::from_str(&printed).unwrap())
    );
    put_in_force(&aws, &seeded, &deployed);
    let command =
        &stack.definition["States"]["Scan"]["Parameters"]["ContainerOverrides"]["Command.$"];
    let (state, out) = (
        bucket.url("vpce-scout/state/e1/"),
        bucket.url("vpce-scout/reports/e1/"),
    );
    for url in [&state, &out] {
        let pattern = format!(
            "States.Format('{}', $$.Execution.Name)",
            url.replace("e1", "{}")
        );
        assert!(command.as_str().unwrap().contains(&pattern), "{command}");
    }
    let [_, end] = seeded.window();
    let arguments = [
        "scan",
        "--formats",
        "csv,json,markdown",
        "--state",
        &state,
        "--out",
        &out,
    ];
    job(&home, &arguments, &[("WINDOW_END", &end), ("SHARDS", "1")]).exits_with(0);
    // The same in two shards, which are merged, as the state machine starts them.
    let machine = Home::of(&aws, &seeded);
    let definition = in_shards(&stack.definition, 2);
    let context = json!({ "Execution": { "Name": "e2", "Id": "arn:e2", "StartTime": end } });
    let execution = execute(&definition, &context, |resource, parameters| {
        assert!(resource.ends_with(":batch:submitJob.sync"), "{resource}");
        let overrides = &parameters["ContainerOverrides"];
        let words: Vec<&str> = strings(&overrides["Command"]);
        let mut variables = vec![("SHARDS", "2")];
        for one in overrides["Environment"].as_array().unwrap() {
            variables.push((
                one["Name"].as_str().unwrap(),
                one["Value"].as_str().unwrap(),
            ));
        }
        let Some(size) = parameters["ArrayProperties"]["Size"].as_u64() else {
            job(&machine, &words, &variables).exits_with(0);
            return Ok(json!({}));
        };
        for index in 0..size {
            let index = index.to_string();
            let mut variables = variables.clone();
            variables.push(("AWS_BATCH_JOB_ARRAY_INDEX", &index));
            job(&Home::of(&aws, &seeded), &words, &variables).exits_with(0);
        }
        Ok(json!({}))
    });
    assert_eq!(execution.states, ["Start", "Choose", "Shards", "Merge"]);
    let parts = bucket.url("vpce-scout/shards/e2/");
    let objects = bucket.objects();
    for store in [
        "shards/e2/shard-1-of-2",
        "shards/e2/shard-2-of-2",
        "state/e1",
        "state/e2",
    ] {
        assert!(objects.contains_key(&format!("vpce-scout/{store}/runs.sqlite3")));
    }
    assert!(objects.contains_key("vpce-scout/reports/e1/report.json"));
    for table in COMPARED {
        let of = |execution: &str| &objects[&format!("vpce-scout/reports/{execution}/{table}.csv")];
        assert!(of("e1") == of("e2"), "{table}");
    }
    // A shard whose store is not there is named.
    bucket.remove("vpce-scout/shards/e2/shard-2-of-2/runs.sqlite3");
    let output = home.run(&["merge", &parts]).exits_with(1);
    assert!(output.stderr.contains("2/2"), "{}", output.stderr);
    // Beside the prefix the role may do nothing.
    let output = home.run(&["report", "--state", &state, "--out", &bucket.url("other")]);
    assert!(output.exits_with(1).stderr.contains("AccessDenied"));
}

/// The definition of a stack with as many shards.
fn in_shards(definition: &Value, shards: usize) -> Value {
    let text = definition.to_string();
    let text = text.replace("StringToJson('1')", &format!("StringToJson('{shards}')"));
    let mut definition: Value = serde_json::from_str(&text).unwrap();
    definition["States"]["Start"]["Result"]["first"] = "Shards".into();
    definition
}

/// A list of words.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    let words = value.as_array().unwrap().iter();
    words.map(|it| it.as_str().unwrap()).collect()
}

/// A document with its actions in order and one partition.
fn normal(policy: &Value) -> Value {
    let text = policy.to_string().replace("arn:aws:", "arn:*:");
    let mut policy: Value = serde_json::from_str(&text).unwrap();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let mut actions = statement["Action"].as_array().unwrap().clone();
        actions.sort_by_key(Value::to_string);
        statement["Action"] = actions.into();
    }
    policy
}

#[cfg(target_os = "linux")]
#[test]
fn the_entry_point_runs_the_shard_of_its_index_and_reports_what_was_merged() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::bare();
    let program = home.path().join("program");
    let script = "#!/bin/sh\necho \"$@\"\n[ \"$1\" != merge ] || exit \"${MERGED:-0}\"\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    let run = |words: &[&str], variables: &[(&str, &str)]| {
        let mut all = vec![("VPCE_SCOUT", program)];
        all.extend(variables);
        job(&home, words, &all)
    };
    let end = ("WINDOW_END", "2026-11-27T02:00:00.123Z");
    let shard = [
        ("AWS_BATCH_JOB_ARRAY_INDEX", "2"),
        ("SHARDS", "7"),
        ("WINDOW_DAYS", "14"),
        end,
    ];
    let window = "--start 2026-11-13T02:00:00Z --end 2026-11-27T02:00:00Z";
    let output = run(&["scan", "--state", "s3://b/p/"], &shard).exits_with(0);
    assert_eq!(
        output.stdout,
        format!("scan --resume --shard 3/7 {window} --state s3://b/p/\n")
    );
    let output = run(&["scan", "-q"], &[("WINDOW_DAYS", "14"), end]).exits_with(0);
    assert_eq!(output.stdout, format!("scan {window} -q\n"));
    let places = [
        ("PARTS", "s3://b/parts/"),
        ("STATE", "s3://b/state/"),
        ("OUT", "s3://b/out/"),
    ];
    for merged in ["0", "3"] {
        let mut variables = places.to_vec();
        variables.push(("MERGED", merged));
        let output = run(&["merge", "--formats", "csv"], &variables).exits_with(0);
        assert_eq!(
            output.stdout,
            "merge --allow-missing --state s3://b/state/ s3://b/parts/\n\
             report --state s3://b/state/ --out s3://b/out/ --formats csv\n"
        );
    }
    let mut variables = places.to_vec();
    variables.push(("MERGED", "1"));
    let output = run(&["merge"], &variables).exits_with(1);
    assert_eq!(output.stdout.lines().count(), 1);
    assert_eq!(run(&["--version"], &[]).exits_with(0).stdout, "--version\n");
}
