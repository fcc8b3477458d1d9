//! Settings in environment variables: `VPCE_SCOUT_<SECTION>_<KEY>`.

use std::ffi::{OsStr, OsString};

use super::{ConfigError, layer::Layer, source::Source};

const PREFIX: &str = "VPCE_SCOUT_";

/// Variables that are no settings: clap reads the first, and the rest of the name of the others is
/// for the program's own tests.
const FILE: &str = "CONFIG";
const TESTS: &str = "TEST_";

/// The layer of the environment.
pub(super) fn layer(environment: &[(String, OsString)]) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    for (name, text) in environment {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        if rest == FILE || rest.starts_with(TESTS) {
            continue;
        }
        if !read(&mut layer, name, rest, text)? {
            let suggestion = similar(rest);
            // A single word that is like no setting is taken for another program's.
            if suggestion.is_some() || rest.contains('_') {
                return Err(ConfigError::UnknownVariable {
                    name: name.clone(),
                    suggestion,
                });
            }
        }
    }
    Ok(layer)
}

fn read(layer: &mut Layer, name: &str, rest: &str, text: &OsStr) -> Result<bool, ConfigError> {
    let Some((section, key)) = rest.split_once('_') else {
        return Ok(false);
    };
    let source = Source::Variable(name.into());
    layer.set_text(&section.to_lowercase(), &key.to_lowercase(), text, &source)
}

/// The variable that was probably meant: one with this key alone, or one spelt much like it.
fn similar(rest: &str) -> Option<String> {
    let typed = rest.to_lowercase();
    let settings = Layer::SECTIONS.iter().flat_map(|(section, keys)| {
        keys.iter().map(move |key| {
            let whole = format!("{section}_{key}");
            (whole.clone(), [whole, (*key).to_owned()])
        })
    });
    let all = settings.chain([("config".to_owned(), [(); 2].map(|()| "config".to_owned()))]);
    let near = all.filter_map(|(whole, spellings)| {
        // Of two that are as near, the one that is meant as a whole comes first.
        let spellings = spellings.iter().enumerate();
        let distances = spellings.filter_map(|(at, it)| Some((distance(&typed, it)?, at)));
        Some((distances.min()?, whole))
    });
    near.min()
        .map(|(_, whole)| format!("{PREFIX}{}", whole.to_uppercase()))
}

/// How many letters differ, if few enough do.
pub(super) fn distance(typed: &str, known: &str) -> Option<usize> {
    let distance = strsim::damerau_levenshtein(typed, known);
    (distance <= known.len().div_ceil(4)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        let environment = [(name.to_owned(), OsString::from("x"))];
        layer(&environment).unwrap_err().to_string()
    }

    #[test]
    fn a_misspelt_variable_is_an_error_that_names_the_one_that_was_meant() {
        for (typed, meant) in [
            ("VPCE_SCOUT_ROLE_NMAE", "VPCE_SCOUT_ROLE_NAME"),
            ("VPCE_SCOUT_ROEL_NAME", "VPCE_SCOUT_ROLE_NAME"),
            ("VPCE_SCOUT_REGIONS", "VPCE_SCOUT_SCOPE_REGIONS"),
            ("VPCE_SCOUT_MAX_SCAN_GB", "VPCE_SCOUT_USAGE_MAX_SCAN_GB"),
            ("VPCE_SCOUT_SCOPE_REGION", "VPCE_SCOUT_SCOPE_REGIONS"),
            ("VPCE_SCOUT_CONFG", "VPCE_SCOUT_CONFIG"),
        ] {
            let text = refused(typed);
            assert!(text.contains(typed) && text.contains(meant), "{text}");
        }
        assert!(refused("VPCE_SCOUT_LOG_LEVEL").contains("--print-config"));
    }

    #[test]
    fn other_programs_variables_are_not_settings() {
        for name in [
            "PATH",
            "VPCE_SCOUT_BIN",
            "VPCE_SCOUT_TEST_CASES",
            "VPCE_SCOUT_CONFIG",
        ] {
            assert!(layer(&[(name.to_owned(), "x".into())]).is_ok(), "{name}");
        }
    }
}
