//! Any values of any settings: they are refused, or can be used to the end.

use proptest::prelude::*;
use toml::{Table, Value};

use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Boolean),
        any::<f64>().prop_map(Value::Float),
        ".*".prop_map(Value::String),
        "[0-9]{1,20}[smhdw]".prop_map(Value::String),
        proptest::collection::vec(".*".prop_map(Value::String), 0..3).prop_map(Value::Array),
    ]
}

/// A setting that there is, by section and key.
fn any_setting() -> impl Strategy<Value = (String, String)> {
    let keys = |(section, keys): &(&'static str, &'static [&'static str])| {
        let section = *section;
        keys.iter()
            .map(move |key| (section.to_owned(), (*key).to_owned()))
    };
    let all: Vec<_> = Layer::SECTIONS.iter().flat_map(keys).collect();
    proptest::sample::select(all)
}

/// What a settings file with any values of up to three settings makes; none if it is refused.
pub(crate) fn any_file() -> impl Strategy<Value = Option<Config>> {
    let settings = proptest::collection::vec((any_setting(), any_value()), 1..4);
    settings.prop_map(|settings| {
        let mut table = Table::new();
        for ((section, key), value) in settings {
            let section = table.entry(section).or_insert_with(|| Table::new().into());
            section.as_table_mut().unwrap().insert(key, value);
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), table.to_string()).unwrap();
        let args = ScanArgs::default();
        Config::resolve(&args, Some(file.path()), std::iter::empty()).ok()
    })
}

/// What any text as the value of a variable makes; none if it is refused.
pub(crate) fn any_variable() -> impl Strategy<Value = Option<Config>> {
    let text = prop_oneof![".*", "[0-9]{1,20}[smhdw]?", "-?[0-9]{1,19}"];
    (any_setting(), text).prop_map(|((section, key), text)| {
        let name = format!(
            "VPCE_SCOUT_{}_{}",
            section.to_uppercase(),
            key.to_uppercase()
        );
        let variable = (name, text.into());
        Config::resolve(&ScanArgs::default(), None, std::iter::once(variable)).ok()
    })
}

/// Settings that are usable have to be so to the end; their limits are used by the tests of `aws`.
fn use_them(config: Option<&Config>) {
    let Some(config) = config else { return };
    let now = "2026-01-08T00:00:00Z".parse().unwrap();
    let window = config.window(now);
    assert!(window.start < window.end);
    config.to_toml();
}

proptest! {
    #[test]
    fn any_settings_file_is_used_or_refused(config in any_file()) {
        use_them(config.as_ref());
    }

    #[test]
    fn any_text_in_the_place_of_a_variable_is_used_or_refused(config in any_variable()) {
        use_them(config.as_ref());
    }

    #[test]
    fn any_text_in_the_place_of_a_file_is_used_or_refused(
        text in prop_oneof![".*", "[0-9]{1,20}[smhdw]?", "-?[0-9]{1,19}"],
    ) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let config = Config::resolve(&ScanArgs::default(), Some(file.path()), std::iter::empty());
        use_them(config.ok().as_ref());
    }
}

#[test]
fn a_number_out_of_its_range_is_refused_however_large_it_is() {
    for number in [
        "0",
        "1000000001",
        "9223372036854775807",
        "9300000000000000000",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
    ] {
        let set = ("VPCE_SCOUT_LIMITS_CALLS".to_owned(), OsString::from(number));
        let error = Config::resolve(&ScanArgs::default(), None, std::iter::once(set));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(number), "{error}");
        assert!(error.contains("VPCE_SCOUT_LIMITS_CALLS"), "{error}");
    }
}
