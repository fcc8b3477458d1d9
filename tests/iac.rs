//! Endpoints as code: what is generated from the demo organization is linted, deployed, scanned again
//! and taken away.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    python::Python,
    table::Table,
    tools::{node_packages, tool},
};

/// The columns by which an opportunity is the same in two runs.
const KEY: [&str; 5] = ["account_id", "region", "vpc_id", "service", "action"];

fn opportunities(home: &Home, out: &str) -> BTreeSet<Vec<String>> {
    let bytes = fs::read(home.path().join(out).join("opportunities.csv")).unwrap();
    let table = Table::read("opportunities", &bytes);
    let key = |row: &crate::support::table::Row| KEY.iter().map(|it| row[*it].clone()).collect();
    table.rows().iter().map(key).collect()
}

fn files(home: &Home, out: &str, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for account in fs::read_dir(home.path().join(out)).unwrap() {
        let account = account.unwrap().path();
        if !account.is_dir() {
            continue;
        }
        for region in fs::read_dir(account).unwrap() {
            let file = region.unwrap().path().join(name);
            if file.exists() {
                found.push(file);
            }
        }
    }
    found.sort();
    found
}

/// cfn-lint finds nothing.
fn linted(templates: &[PathBuf]) {
    let python = Python::ready().unwrap_or_else(|error| panic!("{error}"));
    let run = |files: &[PathBuf]| {
        let mut command = python.command();
        command.args(["-c", "from cfnlint.runner import main; main()", "--"]);
        let lint = command.args(files).output().expect("cfn-lint starts");
        let complaints = String::from_utf8_lossy(&lint.stdout).into_owned();
        assert!(lint.status.success(), "{complaints}");
    };
    run(templates);
}

#[test]
fn the_templates_of_the_demo_are_linted_deployed_seen_by_the_next_scan_and_undone() {
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "before"]).exits_with(3);
    let before = opportunities(&home, "before");
    home.run(&[
        "iac",
        "--format",
        "cloudformation",
        "--out",
        "code",
        "--actions",
        "create",
        "--services",
        "s3,dynamodb",
    ])
    .exits_with(0);

    let templates = files(&home, "code", "endpoints.yaml");
    assert!(templates.len() > 3, "{templates:?}");
    linted(&templates);

    let mut stacks = Vec::new();
    for template in &templates {
        let place: Vec<_> = template
            .iter()
            .rev()
            .skip(1)
            .take(2)
            .map(|it| it.to_str().unwrap())
            .collect();
        let stack = json!({
            "account": place[1], "region": place[0], "name": "vpce-scout-endpoints",
            "template": fs::read_to_string(template).unwrap(), "parameters": {},
        });
        let deployed = aws.deploy(&stack);
        assert_eq!(deployed["status"], "CREATE_COMPLETE", "{deployed}");
        assert_eq!(deployed["unsupported"], json!([]));
        stacks.push(stack);
    }
    home.run(&["scan", "--out", "after"]).exits_with(3);
    let after = opportunities(&home, "after");
    let made =
        |row: &&Vec<String>| row[4] == "create" && ["s3", "dynamodb"].contains(&row[3].as_str());
    assert!(before.iter().any(|row| made(&row)));
    assert_eq!(after.iter().find(made), None, "nothing is proposed twice");
    let rest = |rows: &BTreeSet<Vec<String>>| -> BTreeSet<Vec<String>> {
        rows.iter().filter(|row| !made(row)).cloned().collect()
    };
    assert!(
        rest(&after).is_superset(&rest(&before)),
        "no other advice is lost"
    );

    for stack in &stacks {
        aws.undeploy(stack);
    }
    home.run(&["scan", "--out", "undone"]).exits_with(3);
    assert_eq!(opportunities(&home, "undone"), before);
}

#[test]
fn the_same_run_gives_the_same_bytes_and_exits_with_3_where_a_removal_was_asked_for() {
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "report"]).exits_with(3);
    for out in ["one", "two"] {
        home.run(&["iac", "--format", "terraform", "--out", out])
            .exits_with(0);
    }
    let texts = |out: &str| -> Vec<String> {
        let mut all = Vec::new();
        for name in ["main.tf", "README.md"] {
            let found = files(&home, out, name);
            all.extend(found.iter().map(|file| fs::read_to_string(file).unwrap()));
        }
        all.push(fs::read_to_string(home.path().join(out).join("left_out.csv")).unwrap());
        all
    };
    assert!(texts("one").len() > 3);
    assert_eq!(texts("one"), texts("two"));
    home.run(&[
        "iac",
        "--format",
        "terraform",
        "--out",
        "removals",
        "--actions",
        "remove",
    ])
    .exits_with(3);
    assert!(files(&home, "removals", "main.tf").is_empty());
    let left_out = fs::read_to_string(home.path().join("removals/left_out.csv")).unwrap();
    assert!(
        left_out.starts_with("account_id,") && left_out.lines().next().unwrap().ends_with(",why")
    );
}

/// Reads Terraform files by HashiCorp's parser; nothing to complain of by formatter and schema.
fn parsed(files: &[PathBuf]) -> Vec<Value> {
    let packages = node_packages("terraform");
    let mut command = Command::new(tool("node", &["node"]));
    let done = command.arg(packages.join("check.mjs")).args(files).output();
    let done = done.expect("Node starts");
    let problems = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{problems}");
    serde_json::from_slice(&done.stdout).expect("check.mjs prints JSON")
}

/// Where Terraform or OpenTofu and its provider are at hand, it validates too.
fn validated(directory: &Path) {
    for program in ["terraform", "tofu"] {
        let run = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(directory);
            command.env("TF_DATA_DIR", directory.join(".terraform"));
            command.output()
        };
        let Ok(version) = run(&["version"]) else {
            continue;
        };
        let ready = run(&["init", "-backend=false", "-input=false"]).expect("it started before");
        if !version.status.success() || !ready.status.success() {
            // The provider comes from a registry that may be out of reach.
            continue;
        }
        let done = run(&["validate"]).expect("it started before");
        assert!(done.status.success(), "{done:?}");
    }
}

#[test]
fn terraform_is_what_its_parser_formatter_and_provider_know() {
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "before"]).exits_with(3);
    let single = ["--layout", "single", "--out", "single"];
    let arguments = ["iac", "--format", "terraform", "--include-unmeasured"];
    home.run(&[&arguments[..], &single].concat());
    parsed(&[home.path().join("single/main.tf")]);
    validated(&home.path().join("single"));

    home.run(&[&arguments[..], &["--out", "code"]].concat());
    let units = files(&home, "code", "main.tf");
    assert!(units.len() > 3, "{units:?}");
    validated(units[0].parent().unwrap());
    parsed(&units);
}
