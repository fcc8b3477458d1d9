//! A process that is killed at any changing call leaves nothing that a repeat does not complete and
//! `disable` does not remove.

use std::{process::Child, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, HOME, Organization, Seeded},
};

/// How often is looked whether a call is held or the process has ended.
const LOOK: Duration = Duration::from_millis(5);

fn organization() -> Organization {
    Organization::new()
        .account(Account::new("archive"))
        .account(Account::with_bare_vpcs("apps", &["one", "two"]))
}

/// Runs the program until its changing call of this number is held, then kills it. Whether there
/// was such a call; if not, the program has ended by itself.
fn killed_at(aws: &Aws, home: &Home, arguments: &[&str], fault: &str, number: usize) -> bool {
    aws.forget_journal();
    aws.fault(&json!({ "changing": true, "skip": number, "fault": fault, "times": 1 }));
    let mut child = home.spawn(arguments);
    let held = loop {
        if aws.holds_a_call() {
            break true;
        }
        if child.try_wait().expect("a child").is_some() {
            break false;
        }
        std::thread::sleep(LOOK);
    };
    end(&mut child);
    aws.clear_all_faults();
    held
}

fn end(child: &mut Child) {
    child.kill().ok();
    child.wait().expect("a child ends");
}

/// What stands there, counted: a thing made twice would be counted twice.
fn counted(aws: &Aws, organization: &Seeded) -> Value {
    let listing = aws.listing(&organization.account_ids());
    let counts = listing.as_object().unwrap().iter().map(|(id, account)| {
        let name = if id == organization.account("apps") {
            "apps"
        } else {
            "other"
        };
        let region = account["regions"][HOME].as_object();
        let kinds = region.into_iter().flatten();
        let kinds: Value = kinds
            .map(|(kind, things)| (kind.clone(), things.as_object().unwrap().len()))
            .map(|(kind, count)| (kind, json!(count)))
            .collect();
        let roles = account["roles"].as_object().unwrap().len();
        let shares = account["shares"].as_array().unwrap().len();
        json!([name, kinds, roles, shares])
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(Value::to_string);
    json!(counts)
}

/// Walks all changing calls of a command and of the command that undoes them.
fn walk(what: &[&str], calls: usize, back: usize) {
    let aws = Aws::with_settings(&json!({ "resolver.pending_reads": 1 }));
    let disable = ["logging", "disable", "--apply", "--delete-logs"];
    let fresh = || {
        let organization = aws.seed(&organization());
        let home = Home::of(&aws, &organization);
        let archive = organization.account("archive").to_owned();
        let mut enable = vec![
            "logging".to_owned(),
            "enable".to_owned(),
            "--apply".to_owned(),
        ];
        enable.extend(what.iter().map(|word| word.replace("ARCHIVE", &archive)));
        let before = aws.listing(&organization.account_ids());
        (organization, home, enable, before)
    };
    let whole = {
        let (organization, home, enable, _) = fresh();
        let enable: Vec<_> = enable.iter().map(String::as_str).collect();
        home.run(&enable).exits_with(0);
        counted(&aws, &organization)
    };
    let mut walked = 0;
    for fault in ["hold_after", "hold_before"] {
        for number in 0.. {
            let (organization, home, enable, before) = fresh();
            let enable: Vec<_> = enable.iter().map(String::as_str).collect();
            if !killed_at(&aws, &home, &enable, fault, number) {
                assert_eq!(number, calls, "changing calls of {what:?}");
                break;
            }
            walked += 1;
            // Sometimes the undoing command follows at once, sometimes after the repeat.
            if fault == "hold_after" {
                home.run(&disable).exits_with(0);
                let after = aws.listing(&organization.account_ids());
                assert_eq!(
                    after, before,
                    "{what:?} killed at call {number}, then disabled"
                );
                assert!(killed_at(&aws, &home, &enable, fault, number));
            }
            home.run(&enable).exits_with(0);
            assert_eq!(
                counted(&aws, &organization),
                whole,
                "{what:?} {fault} {number}"
            );
            let again = home.run(&enable).exits_with(0);
            assert!(again.stdout.contains("0 to create"), "{}", again.stdout);
            home.run(&disable).exits_with(0);
            let after = aws.listing(&organization.account_ids());
            assert_eq!(after, before, "{what:?} {fault} at call {number}");
        }
    }
    assert_eq!(walked, 2 * calls);
    for number in 0.. {
        let (organization, home, enable, before) = fresh();
        let enable: Vec<_> = enable.iter().map(String::as_str).collect();
        home.run(&enable).exits_with(0);
        if !killed_at(&aws, &home, &disable, "hold_after", number) {
            assert_eq!(number, back, "changing calls that undo {what:?}");
            break;
        }
        home.run(&disable).exits_with(0);
        let after = aws.listing(&organization.account_ids());
        assert_eq!(after, before, "disable of {what:?} killed at call {number}");
    }
}

#[test]
fn query_logs_survive_a_kill_at_every_call() {
    walk(&["dns"], 6, 5);
}

#[test]
fn flow_logs_survive_a_kill_at_every_call() {
    // The delivery role is there already: no role is created and none is deleted.
    walk(&["flow"], 4, 3);
}

#[test]
fn central_query_logs_survive_a_kill_at_every_call() {
    let central = [
        "dns",
        "--destination",
        "central",
        "--central-account",
        "ARCHIVE",
    ];
    walk(&central, 7, 6);
}
