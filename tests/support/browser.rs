//! The tests of the page in a browser: `tests/page/test.mjs`, run by Node in headless Chromium.

use std::{env, path::Path, process::Command, sync::Mutex};

use super::tools::{node_packages, tool};

/// Runs the tests on a page; what fails is in the panic.
#[expect(
    clippy::print_stdout,
    reason = "for those who run the test with --nocapture"
)]
pub(crate) fn test_page(page: &Path) {
    static ALONE: Mutex<()> = Mutex::new(());
    let packages = node_packages("page");
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
    // With `--nocapture`: how long 50,000 rows took.
    for line in text.lines().filter(|it| it.starts_with("50,000 rows: ")) {
        println!("{line}");
    }
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
    let mut all: Vec<&str> = by_variable.as_deref().into_iter().collect();
    all.extend(names);
    tool("chromium", &all)
}
