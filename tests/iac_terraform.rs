//! Terraform: read by HashiCorp's own parser, formatter and provider schema, and applied to the local AWS.

use std::{
    collections::BTreeSet, env, ffi::OsStr, fs, io::Write, os::unix::fs::PermissionsExt as _,
    panic, path::Path, process::Command,
};

use crate::support::{
    admin::Aws,
    generated::{files, keys, parsed, table, terraformed},
    home::Home,
};

/// The account of the demo's central endpoints.
const NETWORK_HUB: &str = "555000000021";

/// Writes to the terminal past the test harness, which keeps the output of tests that pass.
fn note(what: &str) {
    writeln!(std::io::stderr(), "note: {what}").ok();
}

/// Where Terraform or OpenTofu is on the `PATH`: its formatter finds nothing, it reads the configuration with all modules
/// and names the provider; where the provider is there too, it validates. The programs that did.
#[track_caller]
fn validate_by(path: &OsStr, directory: &Path) -> Vec<&'static str> {
    let mut validated = Vec::new();
    for program in ["terraform", "tofu"] {
        let run = |arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(directory);
            command.env("PATH", path);
            command.env("TF_DATA_DIR", directory.join(".terraform"));
            // Asks nobody for news of versions.
            command.env("CHECKPOINT_DISABLE", "1");
            command.output()
        };
        if run(&["version"]).is_err() {
            note(&format!(
                "`{program} validate` was not run: there is no {program} here"
            ));
            continue;
        }
        let offline: [&[&str]; 3] = [&["fmt", "-check", "-recursive"], &["get"], &["providers"]];
        for arguments in offline {
            let done = run(arguments).unwrap();
            assert!(done.status.success(), "{program} {arguments:?}: {done:?}");
        }
        let ready = run(&["init", "-backend=false", "-input=false", "-no-color"]).unwrap();
        if !ready.status.success() {
            let why = String::from_utf8_lossy(&ready.stderr);
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            note(&format!(
                "`{program} validate` was not run: `{program} init` cannot get the provider: {why}"
            ));
            continue;
        }
        let done = run(&["validate", "-no-color"]).unwrap();
        assert!(done.status.success(), "{done:?}");
        validated.push(program);
    }
    validated
}

#[track_caller]
fn validate(directory: &Path) {
    validate_by(&env::var_os("PATH").unwrap_or_default(), directory);
}

#[test]
fn terraform_on_the_path_validates_and_what_it_refuses_fails_the_test() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("terraform");
    // It notes its arguments, and refuses those that begin with the word in the file `refused`.
    let script =
        "#!/bin/sh\necho \"$*\" >> calls\nread -r refused < refused\n[ \"$1\" != \"$refused\" ]\n";
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.path().as_os_str();
    let refuse = |what: &str| {
        fs::write(directory.path().join("refused"), format!("{what}\n")).unwrap();
        panic::catch_unwind(|| validate_by(path, directory.path()))
    };
    assert_eq!(refuse("nothing").unwrap(), ["terraform"]);
    let calls = fs::read_to_string(directory.path().join("calls")).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    assert_eq!(
        calls,
        [
            "version",
            "fmt -check -recursive",
            "get",
            "providers",
            "init -backend=false -input=false -no-color",
            "validate -no-color",
        ]
    );
    for what in ["fmt", "get", "providers", "validate"] {
        assert!(refuse(what).is_err(), "{what}");
    }
    // Without the provider nothing can be validated.
    assert!(refuse("init").unwrap().is_empty());
}

#[test]
fn terraform_is_what_its_parser_formatter_and_provider_know_and_the_next_scan_shows_it() {
    let aws = Aws::with_demo();
    let home = Home::as_caller(&aws, aws.demo_caller());
    home.run(&["scan", "--out", "before"]).exits_with(3);
    let before = keys(&table(&home, "before", "opportunities"));
    let arguments = ["iac", "--format", "terraform", "--include-unmeasured"];
    let single = ["--layout", "single", "--out", "single"];
    home.run(&[&arguments[..], &single].concat()).exits_with(0);
    parsed(&[home.path().join("single/main.tf")]);
    validate(&home.path().join("single"));

    home.run(&[&arguments[..], &["--out", "code"]].concat())
        .exits_with(0);
    let units = files(&home, "code", "main.tf");
    assert!(units.len() > 3, "{units:?}");
    validate(units[0].parent().unwrap());
    let left_out = keys(&table(&home, "code", "left_out"));
    let applied: BTreeSet<_> = before
        .iter()
        .filter(|key| !["none", "use_hub"].contains(&key[4].as_str()) && !left_out.contains(*key))
        .cloned()
        .collect();
    assert!(applied.len() > 10, "{applied:?}");

    let undo = terraformed(&aws, &units, NETWORK_HUB);
    home.run(&["scan", "--out", "after"]).exits_with(3);
    let after = keys(&table(&home, "after", "opportunities"));
    let again: Vec<_> = after.intersection(&applied).collect();
    assert!(again.is_empty(), "proposed again: {again:?}");
    let new: Vec<_> = after.difference(&before).collect();
    assert!(new.is_empty(), "proposed anew: {new:?}");
    let count = |out: &str| table(&home, out, "endpoints").rows().len();
    let made: BTreeSet<_> = applied.iter().filter(|key| key[4] == "create").collect();
    assert_eq!(count("after"), count("before") + made.len());

    for ask in undo.iter().rev() {
        aws.script("terraform.py", ask);
    }
    assert!(count("after") > count("before"));
}
