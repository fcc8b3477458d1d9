//! Programs that tests need besides Rust and Python: found, or installed by `.ci/tools`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

/// The first of these commands that starts; installed by `.ci/tools TOOL` if none does.
///
/// # Panics
///
/// If it cannot be installed, with the remedy: a test that needs it is not skipped.
pub(crate) fn tool(tool: &str, names: &[&str]) -> String {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock();
    if let Some(found) = names.iter().find(|name| starts(name)) {
        return (*found).to_owned();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/tools");
    let done = Command::new(script).arg(tool).output();
    let done = done.expect(".ci/tools starts");
    let problem = String::from_utf8_lossy(&done.stderr);
    let found = names.iter().find(|name| starts(name));
    (*found.unwrap_or_else(|| panic!("{tool} is missing, and .ci/tools installed none: {problem}")))
        .to_owned()
}

fn starts(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A directory under `target` with a copy of `tests/NAME` and the packages that its lock file names,
/// installed by `npm ci` on first use.
pub(crate) fn node_packages(name: &str) -> PathBuf {
    static ALONE: Mutex<()> = Mutex::new(());
    let npm = tool("node", &["npm"]);
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
        PathBuf::from,
    );
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name);
    let root = target.join(format!("{name}-tests"));
    let _alone = ALONE.lock();
    fs::create_dir_all(&root).unwrap();
    let lock = fs::read(sources.join("package-lock.json")).unwrap();
    let installed = fs::read(root.join("installed")).is_ok_and(|it| it == lock);
    for file in fs::read_dir(&sources).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), root.join(file.file_name())).unwrap();
    }
    if !installed {
        let mut command = Command::new(npm);
        command.args(["ci", "--no-audit", "--no-fund"]);
        let done = command.current_dir(&root).output().expect("npm starts");
        assert!(done.status.success(), "{done:?}");
        fs::write(root.join("installed"), lock).unwrap();
    }
    root
}
