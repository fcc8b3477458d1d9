//! What `vpce-scout iac` has written: its files, read by the tools of their languages.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::{
    admin::Aws,
    home::Home,
    script::Script,
    table::{Row, Table},
    tools::{node_packages, tool},
};

/// The columns by which an opportunity is the same in two runs.
pub(crate) const KEY: [&str; 5] = ["account_id", "region", "vpc_id", "service", "action"];

/// A table of a report, or `left_out` of templates.
pub(crate) fn table(home: &Home, out: &str, name: &str) -> Table {
    let file = home.path().join(out).join(format!("{name}.csv"));
    Table::read(name, &fs::read(file).unwrap())
}

/// The keys of the opportunities in a table.
pub(crate) fn keys(table: &Table) -> BTreeSet<Vec<String>> {
    let key = |row: &Row| KEY.iter().map(|it| row[*it].clone()).collect();
    table.rows().iter().map(key).collect()
}

/// The files of this name in all units.
pub(crate) fn files(home: &Home, out: &str, name: &str) -> Vec<PathBuf> {
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

/// The account and the Region of a unit's file.
pub(crate) fn account_and_region(file: &Path) -> (String, String) {
    let place = |up: usize| {
        let name = file.ancestors().nth(up).and_then(Path::file_name);
        name.unwrap().to_str().unwrap().to_owned()
    };
    (place(2), place(1))
}

/// A template as JSON.
pub(crate) fn yaml(file: &Path) -> Value {
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1], encoding='utf-8')), default=str))";
    let read = Script::new(program).importing("yaml").arg(file).run();
    serde_json::from_str(&read.stdout).expect("YAML")
}

/// What cfn-lint finds in templates; nothing if all is well.
fn complaints(templates: &[PathBuf]) -> Option<String> {
    let lint = Script::cfn_lint().arg("--").args(templates).run();
    (!lint.success).then_some(lint.stdout)
}

/// cfn-lint finds nothing, in the endpoint policies neither.
#[track_caller]
pub(crate) fn assert_linted(templates: &[PathBuf]) {
    assert_eq!(complaints(templates), None);
    let organization = json!({ "Ref": "OrganizationId" }).to_string();
    let mut policies = Vec::new();
    let partitions = ["arn:aws:", "arn:aws-cn:", "arn:aws-us-gov:"];
    for template in templates {
        for resource in yaml(template)["Resources"].as_object().unwrap().values() {
            let policy = &resource["Properties"]["PolicyDocument"]["Fn::If"][1];
            if !policy.is_null() {
                let text = policy.to_string();
                let text = text.replace(&organization, r#""o-exampleorgid""#);
                for partition in partitions {
                    let text = text.replace(partitions[0], partition);
                    policies.push(serde_json::from_str(&text).expect("JSON"));
                }
            }
        }
    }
    assert_eq!(policy_complaints(&policies), None);
}

/// What cfn-lint finds in IAM policies. It looks into those of keys, which have the grammar of resource policies, and
/// not into those of endpoints.
pub(crate) fn policy_complaints(policies: &[Value]) -> Option<String> {
    let key = |(at, policy): (usize, &Value)| {
        let resource = json!({ "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": policy } });
        (format!("Policy{at}"), resource)
    };
    if policies.is_empty() {
        return None;
    }
    let resources: serde_json::Map<_, _> = policies.iter().enumerate().map(key).collect();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.json");
    fs::write(&file, json!({ "Resources": resources }).to_string()).unwrap();
    complaints(&[file])
}

/// Terraform files as HashiCorp's parser reads them; formatter and schema find nothing.
#[track_caller]
pub(crate) fn parsed(files: &[PathBuf]) -> Vec<Value> {
    let packages = node_packages("terraform");
    let mut command = Command::new(tool("node", &["node"]));
    let done = command.arg(packages.join("check.mjs")).args(files).output();
    let done = done.expect("Node starts");
    let problems = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{problems}");
    serde_json::from_slice(&done.stdout).expect("check.mjs prints JSON")
}

/// Applies every unit through the API of the local AWS; what undoes it, by account. `hub` is the account
/// whose central endpoints the variables describe.
pub(crate) fn terraformed(aws: &Aws, units: &[PathBuf], hub: &str) -> Vec<Value> {
    let apply = |(file, document): (&PathBuf, Value)| {
        let (account, region) = account_and_region(file);
        let caller = aws.session(&account);
        let mut ask = json!({ "region": region, "caller": caller });
        let mut done = ask.clone();
        ask["document"] = document;
        ask["hub_caller"] = aws.session(hub);
        done["destroy"] = aws.script("terraform.py", &ask);
        done
    };
    units.iter().zip(parsed(units)).map(apply).collect()
}
