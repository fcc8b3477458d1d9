//! What a person sees on a terminal.

use serde_json::json;

use crate::support::{
    admin::Aws,
    home::Home,
    organization::{Account, Organization},
    script::Script,
    vpc::Vpc,
};

/// Runs a program on a terminal of its own, and prints what it wrote there.
const ON_A_TERMINAL: &str = r#"
import fcntl, json, os, pty, struct, sys, termios

asked = json.loads(sys.stdin.read())
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    os.chdir(asked["directory"])
    os.execve(asked["words"][0], asked["words"], dict(asked["variables"]))
shown = b""
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"status": status, "shown": shown.decode("utf-8", "replace")}))
"#;

/// What the program wrote, stdout and stderr together.
fn on_a_terminal(home: &Home, arguments: &[&str]) -> String {
    let program = assert_cmd::cargo::cargo_bin!("vpce-scout");
    let mut words = vec![program.to_str().expect("UTF-8")];
    words.extend(arguments);
    let mut variables = home.variables();
    variables.push(("TERM".to_owned(), "xterm".to_owned()));
    variables.push(("HOME".to_owned(), home.path().display().to_string()));
    let asked = json!({ "directory": home.path(), "words": words, "variables": variables });
    let done = Script::new(ON_A_TERMINAL).run_with(&asked.to_string());
    assert!(done.success, "{}", done.stderr);
    let answer: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(answer["status"], 0, "{answer}");
    answer["shown"].as_str().expect("text").to_owned()
}

/// The totals of a stage's bar, as often as it was drawn.
fn totals(shown: &str, stage: &str) -> Vec<(u64, u64)> {
    let before = shown.split(stage);
    let drawn = before.filter_map(|it| {
        let (done, all) = it.trim_end().rsplit(' ').next()?.split_once('/')?;
        Some((done.parse().ok()?, all.parse().ok()?))
    });
    drawn.collect()
}

#[test]
fn reading_prices_shows_a_bar_whose_total_is_the_number_of_questions() {
    let aws = Aws::shared();
    let vpc = Vpc::new("vpc").subnet("a");
    let seeded = aws.seed(&Organization::new().account(Account::new("app").vpc(vpc)));
    let home = Home::of(aws, &seeded);
    let shown = on_a_terminal(&home, &["prices", "update", "--regions", "eu-west-1"]);
    let drawn = totals(&shown, "questions to the price list");
    let all: Vec<u64> = drawn.iter().map(|(_, all)| *all).collect();
    assert!(all.len() > 1, "{shown:?}");
    assert!(all.iter().all(|it| *it > 1 && *it == all[0]), "{drawn:?}");
    assert!(drawn.is_sorted(), "it runs backwards: {drawn:?}");
    // The summary comes when the bar is gone.
    let (bar, summary) = shown.split_at(shown.rfind("questions to the price list").unwrap());
    assert!(!bar.contains("Written to"), "{shown:?}");
    assert!(summary.contains("Written to"), "{shown:?}");
    // Without a terminal there is a line instead.
    let lines = home.run(&["prices", "update", "--regions", "eu-west-1"]);
    let lines = lines.exits_with(0).stderr;
    assert!(lines.contains("reading the price list"), "{lines}");
    assert!(!lines.contains('\u{1b}'), "{lines:?}");
}
