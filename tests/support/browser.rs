//! The tests of the page in a browser: `tests/page/test.mjs`, run by Node in headless Chromium.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
};

/// Where the tests and the lock file of their packages are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page");

/// Runs the tests on a page; what fails is in the panic.
pub(crate) fn test_page(page: &Path) {
    static ALONE: Mutex<()> = Mutex::new(());
    let packages = packages();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let alone = ALONE.lock();
    let done = Command::new("node")
        .arg(packages.join("test.mjs"))
        .arg(page)
        .arg(dir.path())
        .env("CHROMIUM", chromium())
        .output()
        .expect("Node starts");
    drop(alone);
    let text = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{}\n{text}\n{}",
        page.display(),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// The directory under `target` with the packages, installed by `npm ci` on first use.
fn packages() -> &'static Path {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY.get_or_init(|| {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target"),
            PathBuf::from,
        );
        let root = target.join("page-tests");
        fs::create_dir_all(&root).unwrap();
        let lock = fs::read(Path::new(SOURCES).join("package-lock.json")).unwrap();
        let installed = fs::read(root.join("installed")).is_ok_and(|it| it == lock);
        for name in ["package.json", "package-lock.json", "test.mjs"] {
            fs::copy(Path::new(SOURCES).join(name), root.join(name)).unwrap();
        }
        if !installed {
            let done = Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(&root)
                .output()
                .expect("npm is missing (Debian: apt-get install npm); .ci/run installs it");
            assert!(done.status.success(), "{done:?}");
            fs::write(root.join("installed"), lock).unwrap();
        }
        root
    })
}

/// The browser.
fn chromium() -> String {
    let by_variable = env::var("CHROMIUM").ok();
    let names = [
        "/usr/bin/chromium",
        "chromium",
        "chromium-browser",
        "google-chrome",
    ];
    let starts = |name: &String| {
        let mut command = Command::new(name);
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let mut all = by_variable.into_iter().chain(names.map(str::to_owned));
    all.find(starts).expect(
        "Chromium is missing (Debian: apt-get install chromium); .ci/run installs it, and the \
         variable CHROMIUM names another one",
    )
}
