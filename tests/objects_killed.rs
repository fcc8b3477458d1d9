//! A scan that reads logs in S3 and is killed at any moment: resumed, it has the reports of one that
//! nothing disturbed, reads no object of a finished unit again, and pays for no Athena query twice.

use std::{env, fs};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::{
    athena,
    support::{admin::Aws, home::Home, organization::Seeded, process::wait_until},
};

/// Moments at which the process is killed; more by `VPCE_SCOUT_TEST_KILLS`.
const KILLS: usize = 3;

fn kills() -> usize {
    let set = env::var("VPCE_SCOUT_TEST_KILLS").ok();
    set.and_then(|it| it.parse().ok()).unwrap_or(KILLS)
}

/// The units in S3 that a store has all of: the VPC of query logs, or the flow log and its day.
fn finished(home: &Home) -> Vec<(String, Option<String>)> {
    let Ok(store) = Connection::open_with_flags(home.store(), OpenFlags::SQLITE_OPEN_READ_WRITE)
    else {
        return Vec::new();
    };
    let Ok(mut rows) = store.prepare("SELECT name FROM part WHERE name LIKE 's3://%'") else {
        return Vec::new();
    };
    let names = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let unit = |name: String| {
        let (rest, last) = name.rsplit_once('/').unwrap();
        let is_day = last.split('-').count() == 3;
        match rest.rsplit('/').next() {
            Some(flow_log) if is_day => (flow_log.to_owned(), Some(last.replace('-', ""))),
            _ => (last.to_owned(), None),
        }
    };
    names.map(|it| unit(it.unwrap())).collect()
}

/// Whether an object is of a unit: its name has the id and the day.
fn is_of(key: &str, (id, day): &(String, Option<String>)) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let of_day = |day: &String| name.contains(&format!("_{day}T"));
    name.split('_').any(|it| it == id) && day.as_ref().is_none_or(of_day)
}

/// The organization, a home whose scan nothing disturbed, and its calls.
fn sound(aws: &Aws, options: &[&str]) -> (Seeded, Home, usize) {
    let seeded = aws.seed_document(athena::document());
    let home = Home::of(aws, &seeded);
    home.scan(&["--engine", "embedded"]).exits_with(0);
    athena::create_tables(aws, &seeded, &home);
    let home = with_settings(Home::of(aws, &seeded));
    aws.forget_journal();
    home.scan(options).exits_with(0);
    let calls = aws.journal(&seeded.account_ids()).len();
    (seeded, home, calls)
}

fn with_settings(home: Home) -> Home {
    let settings = "[athena]\nworkgroup = \"primary\"\n";
    fs::write(home.path().join("scout.toml"), settings).unwrap();
    home
}

fn reports(home: &Home) -> Vec<(String, String)> {
    // What reading took is that of the last process.
    let mut essence = home.essence();
    essence.retain(|(name, _)| name != "report.json");
    essence
}

/// Kills a scan at moments all over it, resumes it, and compares it with the sound one.
#[expect(
    clippy::print_stdout,
    reason = "the figures of many kills are read by who asked for them"
)]
fn kill_and_resume(options: &[&str]) {
    let aws = Aws::with_settings(&json!({ "latency_ms": 5, "athena.running_polls": 2 }));
    let (seeded, sound, calls) = sound(&aws, options);
    let accounts = seeded.account_ids();
    let expected = reports(&sound);
    let queries = aws.athena_executions();
    let by_athena = options.contains(&"athena");
    assert_eq!(queries, if by_athena { 2 } else { 0 });
    let (mut killed, mut kept) = (0, 0);
    for kill in 0..kills() {
        // The last calls are those that read.
        let moment = calls / 3 + (2 * calls / 3) * kill / kills();
        aws.forget_journal();
        let before = aws.athena_executions();
        let home = with_settings(Home::of(&aws, &seeded));
        // A run that begins in the second of another has its id: Athena would answer with that one's queries.
        let second = Timestamp::now().as_second();
        wait_until("a second", || Timestamp::now().as_second() > second);
        let mut program = home.start(options);
        if !aws.comes_to(&accounts, moment + 1, &mut program) {
            continue;
        }
        program.kill().unwrap();
        program.wait().unwrap();
        killed += 1;
        let units = finished(&home);
        kept += units.len();
        let read = aws.objects_read(&accounts).len();
        let resume = [&["scan", "--resume"][..], options].concat();
        home.run(&resume).exits_with(0);
        assert!(
            reports(&home) == expected,
            "killed after {moment} of {calls} calls"
        );
        for key in &aws.objects_read(&accounts)[read..] {
            let again = units.iter().find(|it| is_of(key, it));
            assert_eq!(
                again, None,
                "{key} is read again: killed after {moment} calls"
            );
        }
        let paid = aws.athena_executions() - before;
        assert_eq!(
            paid, queries,
            "queries paid: killed after {moment} of {calls} calls"
        );
    }
    let figures =
        format!("{killed} scans of {calls} calls were killed, {kept} units were finished");
    println!("{figures}");
    assert!(killed > 0, "{figures}");
}

#[test]
fn the_embedded_engine_reads_no_object_of_a_finished_unit_again() {
    kill_and_resume(&["--engine", "embedded", "--config", "scout.toml"]);
}

#[test]
fn athena_is_not_paid_twice_for_a_query() {
    kill_and_resume(&["--engine", "athena", "--config", "scout.toml"]);
}
