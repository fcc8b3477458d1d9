//! Layers, sources, printing and reading again.

mod any_values;

pub(crate) use any_values::{any_file, any_variable};

use super::*;
use crate::cli::scope::ScopeArgs;

fn resolve(args: &ScanArgs) -> Result<Config, ConfigError> {
    Config::resolve(args, None, std::iter::empty())
}

#[test]
fn the_embedded_defaults_are_usable_as_they_are() {
    let config = resolve(&ScanArgs::default()).unwrap();
    assert_eq!(config.role.name, "vpce-scout-read");
    assert_eq!(config.output.dir, PathBuf::from("vpce-scout-report"));
    assert_eq!(config.scope.accounts, Accounts::Organization);
    assert!(config.scope.regions.is_none());
    let now = "2026-01-08T00:00:00Z".parse().unwrap();
    assert!((config.window(now).hours() - 168.0).abs() < 1e-9);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "[role]\nname = \"file\"\nsession_name = \"file\"\nexternal_id=\"s3cret\"\n",
    )
    .unwrap();
    let environment = [
        ("VPCE_SCOUT_ROLE_NAME".to_owned(), "environment".into()),
        (
            "VPCE_SCOUT_SCOPE_EXCLUDE_REGIONS".to_owned(),
            "ap-*,me-*".into(),
        ),
        ("PATH".to_owned(), "/bin".into()),
        ("VPCE_SCOUT_BIN".to_owned(), "/bin/vpce-scout".into()),
    ];
    let args = ScanArgs {
        scope: ScopeArgs {
            role_name: Some("flag".to_owned()),
            ..ScopeArgs::default()
        },
        ..ScanArgs::default()
    };
    let config = Config::resolve(&args, Some(file.path()), environment.into_iter()).unwrap();
    assert_eq!(config.role.name, "flag");
    assert_eq!(config.role.session_name, "file");
    assert_eq!(config.scope.exclude_regions.len(), 2);
    let printed = config.to_toml();
    assert!(!printed.contains("s3cret"));
    assert!(printed.contains("# Name of the sessions in CloudTrail.\nsession_name = \"file\""));
    assert_eq!(resolve(&ScanArgs::default()).unwrap().to_toml(), DEFAULTS);
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn an_unknown_key_is_an_error_that_lists_the_known_ones() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[usage]\nsinse = \"7d\"\n").unwrap();
    let error = Config::resolve(&ScanArgs::default(), Some(file.path()), std::iter::empty());
    let text = error.unwrap_err().to_string();
    assert!(
        text.contains("usage.sinse") && text.contains("`since`?") && text.contains("since, zones"),
        "{text}"
    );
}

#[test]
fn bad_values_name_the_setting_and_what_is_expected() {
    let scope = |scope| ScanArgs {
        scope,
        ..ScanArgs::default()
    };
    let some = |text: &str| Some(vec![text.to_owned()]);
    let none = ScopeArgs::default;
    let cases: [(&str, ScanArgs); 5] = [
        (
            "--accounts",
            scope(ScopeArgs {
                accounts: some("12"),
                ..none()
            }),
        ),
        (
            "--regions",
            scope(ScopeArgs {
                regions: some("EU"),
                ..none()
            }),
        ),
        (
            "--exclude-regions",
            scope(ScopeArgs {
                exclude_regions: some("["),
                ..none()
            }),
        ),
        (
            "--org-role-arn",
            scope(ScopeArgs {
                org_role_arn: Some("role".into()),
                ..none()
            }),
        ),
        (
            "--since",
            ScanArgs {
                since: Some("7 parsecs".into()),
                ..ScanArgs::default()
            },
        ),
    ];
    for (setting, args) in cases {
        let error = resolve(&args).unwrap_err().to_string();
        assert!(error.contains(setting), "{setting}: {error}");
    }
}

#[test]
fn an_error_names_the_flag_the_variable_or_the_file_that_holds_the_value() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display().to_string();
    let text = "[scope]\naccounts = [\"12\"]\nregions = [\"EU\"]\n";
    std::fs::write(file.path(), text).unwrap();
    let refused = |args: &ScanArgs, variables: &[(&str, &str)]| {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
        let error = Config::resolve(args, Some(file.path()), variables).unwrap_err();
        error.to_string()
    };
    let args = ScanArgs::default();
    let in_file = format!("invalid value `12` for `scope.accounts` in `{path}`: expected twelve");
    let error = refused(&args, &[]);
    assert!(error.starts_with(&in_file), "{error}");
    let accounts = ("VPCE_SCOUT_SCOPE_ACCOUNTS", "123456789012");
    let error = refused(&args, &[accounts]);
    assert!(error.contains("`EU` for `scope.regions` in"), "{error}");
    let error = refused(&args, &[accounts, ("VPCE_SCOUT_SCOPE_REGIONS", "US")]);
    assert!(
        error.contains("`US` for VPCE_SCOUT_SCOPE_REGIONS: "),
        "{error}"
    );
    let args = ScanArgs {
        scope: ScopeArgs {
            regions: Some(vec!["ASIA".to_owned()]),
            ..ScopeArgs::default()
        },
        ..ScanArgs::default()
    };
    let error = refused(&args, &[accounts, ("VPCE_SCOUT_SCOPE_REGIONS", "US")]);
    assert!(error.contains("`ASIA` for --regions: "), "{error}");
    let error = refused(&args, &[("VPCE_SCOUT_LIMITS_ACCOUNTS", "0")]);
    assert!(
        error.contains("`0` for VPCE_SCOUT_LIMITS_ACCOUNTS: "),
        "{error}"
    );
}

#[test]
fn printed_settings_are_a_settings_file_that_means_the_same_but_for_the_external_id() {
    let variables = [
        ("VPCE_SCOUT_ROLE_EXTERNAL_ID", "s3cret"),
        ("VPCE_SCOUT_ROLE_NAME", "a"),
        ("VPCE_SCOUT_SCOPE_OUS", "/A,/B \"C\""),
        ("VPCE_SCOUT_USAGE_MAX_SCAN_GB", "1.5"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), OsString::from(value)));
    let args = ScanArgs::default();
    let config = Config::resolve(&args, None, variables.into_iter()).unwrap();
    let printed = config.to_toml();
    assert!(!printed.contains("s3cret"), "{printed}");
    assert!(
        printed.contains("# external_id is set by VPCE_SCOUT_ROLE_EXTERNAL_ID"),
        "{printed}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &printed).unwrap();
    let again = Config::resolve(&args, Some(file.path()), std::iter::empty()).unwrap();
    assert!(again.role.external_id.is_empty());
    assert_eq!(again.role.name, "a");
    assert_eq!(again.scope.ous, ["/A", "/B \"C\""]);
    assert_eq!(again.usage.max_scan_gb, config.usage.max_scan_gb);
    let kept = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|it| !it.contains("external_id"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(kept(&again.to_toml()), kept(&printed));
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_not_utf_8_is_that_directory_also_when_the_run_is_resumed() {
    use std::os::unix::ffi::OsStringExt;
    let odd = PathBuf::from(OsString::from_vec(b"/tmp/caf\xe9".to_vec()));
    let args = ScanArgs {
        out: Some(odd.clone()),
        ..ScanArgs::default()
    };
    let config = resolve(&args).unwrap();
    assert_eq!(config.output.dir, odd);
    let variable = (
        "VPCE_SCOUT_OUTPUT_DIR".to_owned(),
        odd.clone().into_os_string(),
    );
    let set = Config::resolve(&ScanArgs::default(), None, std::iter::once(variable)).unwrap();
    assert_eq!(set.output.dir, odd);
    let window = config.window(jiff::Timestamp::now());
    let stored = config.to_store();
    let none = ScanArgs::default();
    let resumed = Config::resume(&none, None, std::iter::empty(), &stored, window).unwrap();
    assert_eq!(resumed.output.dir, odd);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config.to_toml()).unwrap();
    assert!(Config::resolve(&none, Some(file.path()), std::iter::empty()).is_ok());
}

#[test]
fn a_word_that_stands_for_a_whole_list_is_named_where_it_is_mixed_with_others() {
    for (variable, value, word) in [
        (
            "VPCE_SCOUT_SCOPE_ACCOUNTS",
            "self,111111111111",
            "`self` and nothing else",
        ),
        (
            "VPCE_SCOUT_SCOPE_ACCOUNTS",
            "all",
            "`self` and nothing else",
        ),
        (
            "VPCE_SCOUT_SCOPE_REGIONS",
            "enabled,eu-west-1",
            "`enabled` and nothing else",
        ),
        (
            "VPCE_SCOUT_SCOPE_REGIONS",
            "all",
            "`enabled` and nothing else",
        ),
    ] {
        let set = (variable.to_owned(), OsString::from(value));
        let error = Config::resolve(&ScanArgs::default(), None, std::iter::once(set));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(variable) && error.contains(word), "{error}");
    }
}

#[test]
fn a_url_is_no_name_of_a_directory() {
    for (variable, value) in [
        ("VPCE_SCOUT_OUTPUT_DIR", "S3://logs/reports"),
        ("VPCE_SCOUT_OUTPUT_DIR", "https://logs.s3.amazonaws.com/"),
        ("VPCE_SCOUT_STATE_DIR", "s3://logs/state/"),
        ("VPCE_SCOUT_STATE_DIR", "file:///tmp"),
    ] {
        let set = (variable.to_owned(), OsString::from(value));
        let error = Config::resolve(&ScanArgs::default(), None, std::iter::once(set));
        let error = error.unwrap_err().to_string();
        assert!(error.contains(variable) && error.contains(value), "{error}");
    }
}

#[test]
fn the_place_of_a_shard_is_named_by_the_flags_that_lead_another_command_there() {
    let place: S3Location = "s3://logs/state/".parse().unwrap();
    let flags = |shard: Option<&str>, variables: &[(&str, &str)]| {
        let args = ScanArgs {
            shard: shard.map(str::to_owned),
            ..ScanArgs::default()
        };
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()));
        let config = Config::resolve(&args, None, variables).unwrap();
        config.with_state(Some(&place)).state_flags()
    };
    assert_eq!(flags(None, &[]), " --state s3://logs/state/");
    assert_eq!(
        flags(Some("2/3"), &[]),
        " --state s3://logs/state/shard-2-of-3/"
    );
    // The variable is there for the next command too, and leads it below.
    let shard = [("VPCE_SCOUT_SCOPE_SHARD", "2/3")];
    assert_eq!(flags(None, &shard), " --state s3://logs/state/");
}

#[test]
fn several_shards_need_a_fixed_window() {
    let own = |shard: Option<&str>, fixed: bool| {
        let args = ScanArgs {
            shard: shard.map(str::to_owned),
            start: fixed.then(|| "2026-01-01".to_owned()),
            end: fixed.then(|| "2026-01-08".to_owned()),
            ..ScanArgs::default()
        };
        resolve(&args).unwrap().is_shard_with_its_own_window()
    };
    assert!(own(Some("2/3"), false));
    assert!(!own(Some("2/3"), true) && !own(Some("1/1"), false) && !own(None, false));
}
