//! The local AWS has tests of its own, in Python, of what moto lacks and it adds.

use crate::support::script::Script;

#[test]
fn the_tests_of_the_local_aws_pass() {
    let tests = Script::new("import unittest; unittest.main(module=None, argv=['unittest'])");
    let done = tests.run();
    assert!(done.success, "{}", done.stderr);
    assert!(!done.stderr.contains("Ran 0 tests"), "{}", done.stderr);
}
