//! Cargo runs the tests in four threads.
//!
//! Tests of the whole program wait for servers, back-off and polls about a third of their time. With a thread
//! a core, libtest's default, two cores would idle meanwhile. Cargo hands what is set here to the programs that
//! `cargo test` runs (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#rustc-env>); a variable
//! that is set already wins.

const THREADS: &str = "RUST_TEST_THREADS";

fn main() {
    println!("cargo::rerun-if-changed=config/build.rs");
    println!("cargo::rerun-if-env-changed={THREADS}");
    if std::env::var_os(THREADS).is_none() {
        println!("cargo::rustc-env={THREADS}=4");
    }
}
