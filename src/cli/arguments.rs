//! The command line as typed, for the report of a run.

use std::ffi::OsString;

/// The arguments as text, the program's name left out and external ids hidden.
pub fn without_secrets(arguments: &[OsString]) -> Vec<String> {
    const SECRET: &str = "--external-id";
    let mut kept = Vec::with_capacity(arguments.len());
    let mut hide_next = false;
    for argument in arguments.iter().skip(1) {
        let argument = argument.to_string_lossy();
        let hidden = hide_next || argument.starts_with(&format!("{SECRET}="));
        hide_next = argument == SECRET;
        kept.push(if hidden {
            "(not shown)".to_owned()
        } else {
            argument.into_owned()
        });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_external_id_is_in_no_report() {
        let typed = [
            "vpce-scout",
            "scan",
            "--external-id",
            "s3cret",
            "--external-id=s3cret",
            "-q",
        ];
        let kept = without_secrets(&typed.map(OsString::from));
        assert!(!kept.concat().contains("s3cret"), "{kept:?}");
        assert_eq!(kept.last().unwrap(), "-q");
    }
}
