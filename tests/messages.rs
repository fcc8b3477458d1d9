//! What people read is text for people: no value as the compiler would show it.

use std::path::Path;

/// Files that format a text or an enum so for another purpose than a message.
const OTHER_PURPOSE: [&str; 3] = [
    "permissions/deploy.rs",
    "report/html/data.rs",
    "usage/flow/mod.rs",
];

/// The code of the Rust files below a directory, without tests.
fn sources(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs")
            && path.file_name().is_none_or(|name| name != "tests.rs")
        {
            let code = std::fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap_or_default();
            found.push((path.display().to_string(), code.to_owned()));
        }
    }
}

#[test]
fn no_message_shows_a_value_as_the_compiler_does() {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 200, "{}", all.len());
    let dumps: Vec<String> = all
        .iter()
        .filter(|(path, _)| !OTHER_PURPOSE.iter().any(|it| path.ends_with(it)))
        .flat_map(|(path, code)| {
            let is_dump = |line: &&str| line.contains(":?}") || line.contains(":#?}");
            let lines = code.lines().filter(is_dump);
            lines.map(move |line| format!("{path}: {}", line.trim()))
        })
        .collect();
    assert!(dumps.is_empty(), "{}", dumps.join("\n"));
}
