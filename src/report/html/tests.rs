//! What a page holds, and what it escapes.

use super::*;

#[test]
fn the_policy_names_the_hashes_of_the_only_script_and_style_and_allows_no_request() {
    let policy = policy(&script());
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    assert_eq!(policy.matches("'sha256-").count(), 2);
    for source in ["unsafe", "http", "data:", "*"] {
        assert!(!policy.contains(source), "{policy}");
    }
}

#[test]
fn the_scripts_and_styles_end_no_element_and_make_no_markup_of_text() {
    for script in SCRIPTS {
        for forbidden in [
            "</",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "<!--",
        ] {
            assert!(!script.contains(forbidden), "{forbidden}");
        }
    }
    assert!(!STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import"));
}

#[test]
fn every_mark_of_the_frame_is_known() {
    let marks: Vec<&str> = FRAME
        .split("{{")
        .skip(1)
        .filter_map(|part| part.split_once("}}"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(marks, ["policy", "style", "data", "script"]);
}
