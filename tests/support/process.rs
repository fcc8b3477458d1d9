//! Programs that run beside a test.

use std::{
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

/// Nothing here takes longer unless it hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits for something that is bound to happen.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what} takes too long");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Presses Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    send(child, "INT");
}

/// Sends a signal.
pub(crate) fn send(child: &Child, signal: &str) {
    let killed = Command::new("kill")
        .args([&format!("-{signal}"), &child.id().to_string()])
        .status();
    assert!(killed.expect("there is kill").success());
}
