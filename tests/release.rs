//! What releases are checked with, and what starts the program on a schedule.

use std::{fs, path::Path, process::Command};

/// Exit code and the two outputs of the check of a binary.
fn check(binary: &Path, newest: &str) -> (Option<i32>, String, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/release/glibc_need.py");
    let mut python = Command::new("python3");
    let done = python.arg(script).arg(binary).arg(newest).output();
    let done = done.expect("Python starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn the_newest_glibc_that_the_program_asks_for_is_named_and_refused_if_it_is_too_new() {
    let program = assert_cmd::cargo::cargo_bin!("vpce-scout");
    let (code, need, _) = check(program, "9.9");
    assert_eq!(code, Some(0));
    let (major, minor) = need.split_once('.').expect("a version");
    assert!(
        major == "2" && minor.parse::<u32>().unwrap() >= 17,
        "{need}"
    );
    // The needs of a binary are those of the system that it is built on, or older ones.
    let (code, same, _) = check(program, &need);
    assert_eq!((code, &same), (Some(0), &need));
    let (code, _, why) = check(program, "2.2");
    assert_eq!(code, Some(1));
    assert!(
        why.contains(&format!("GLIBC_{need}, which is newer than 2.2")),
        "{why}"
    );
}

#[test]
fn a_file_that_is_no_binary_is_refused() {
    let (code, _, why) = check(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"),
        "2.17",
    );
    assert_eq!(code, Some(1));
    assert!(why.contains("not a 64-bit little-endian ELF file"), "{why}");
}

/// The settings of a unit, `Section.Key` and the value, continued lines joined.
fn settings(unit: &str) -> Vec<(String, String)> {
    let mut section = "";
    let text = unit.replace("\\\n", " ");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut found = Vec::new();
    for line in &lines {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            section = name;
        } else {
            let (key, value) = line.split_once('=').expect(line);
            found.push((format!("{section}.{key}"), value.to_owned()));
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn the_systemd_units_are_valid_and_their_command_is_one_of_the_program() {
    let program = assert_cmd::cargo::cargo_bin!("vpce-scout");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/systemd");
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let service = read("vpce-scout.service");
    let all = settings(&service);
    let value = |key: &str| {
        let found = all.iter().find(|(name, _)| name == key);
        found.unwrap_or_else(|| panic!("{key}")).1.as_str()
    };
    assert_eq!(value("Service.Type"), "oneshot");
    assert_eq!(value("Service.SuccessExitStatus"), "3");
    let command = value("Service.ExecStart").replace("%S", "/tmp");
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("/usr/local/bin/vpce-scout"));
    let printed = Command::new(program)
        .args(words)
        .arg("--print-config")
        .output();
    assert!(printed.unwrap().status.success(), "{command}");

    // Where systemd is there, it judges too.
    let directory = tempfile::tempdir().unwrap();
    let program = program.to_str().unwrap();
    let service = service.replace("/usr/local/bin/vpce-scout", program);
    fs::write(directory.path().join("vpce-scout.service"), service).unwrap();
    let timer = read("vpce-scout.timer");
    fs::write(directory.path().join("vpce-scout.timer"), &timer).unwrap();
    let timer = settings(&timer);
    assert!(timer.contains(&("Install.WantedBy".to_owned(), "timers.target".to_owned())));
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    verify.args(["vpce-scout.service", "vpce-scout.timer"].map(|it| directory.path().join(it)));
    if let Ok(done) = verify.output() {
        let why = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success() && why.is_empty(), "{why}");
    }
}
