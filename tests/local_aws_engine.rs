//! The local AWS has tests of its own, in Python, of what moto lacks and it adds.

use crate::support::python::Python;

#[test]
fn the_tests_of_the_local_aws_pass() {
    let python = Python::ready().unwrap_or_else(|error| panic!("{error}"));
    let done = python
        .command()
        .args(["-m", "unittest"])
        .output()
        .expect("python starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}
