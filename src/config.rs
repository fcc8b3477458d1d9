//! What was typed, set and written in files, made into one checked [`Config`].
//!
//! Precedence, the last wins: the embedded `config/default.toml`; the file of `--config`; the
//! environment (`VPCE_SCOUT_<SECTION>_<KEY>`, lists with commas); the flags.

mod again;
mod layers;
mod limits;
mod logging;
pub mod logging_request;
mod prices;
mod role;
mod state;
mod usage;
mod window;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

pub use crate::cli::format::Format;

pub use self::{
    limits::{Limits, Retry, Timeouts},
    logging::Logging,
    prices::Prices,
};
use crate::{
    cli::scan::ScanArgs,
    model::{
        id::{AccountId, Arn, Region},
        run::Window,
    },
};

/// The embedded defaults, which also document every key.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no TOML, or a key has the wrong type.
    #[error("{origin} is not usable: {message}")]
    Syntax {
        /// The file, or the environment variable.
        origin: String,
        /// What the parser says.
        message: String,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` in {origin}; known here: {known}")]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// Where it stands.
        origin: String,
        /// The keys of the same section.
        known: String,
    },
    /// A value without meaning.
    #[error("`{value}` is no usable value of {setting}: {hint}")]
    Value {
        /// The flag or key.
        setting: &'static str,
        /// What was given.
        value: String,
        /// What is expected.
        hint: String,
    },
    /// A run that goes on was started otherwise.
    #[error(
        "the run was started with {setting} = {stored}, not {given}; leave that out to go on with \
         it, or start a new run without --resume and --only-failed"
    )]
    OtherRun {
        /// The key.
        setting: String,
        /// What the run was started with.
        stored: String,
        /// What was typed now.
        given: String,
    },
    /// What a run was started with cannot be understood.
    #[error("the settings stored with the run are not usable: {0}")]
    Stored(String),
    /// There is no place for the run store.
    #[error("there is no directory for the run store: the user has no home; see --state-dir")]
    NoStateDirectory,
}

impl ConfigError {
    pub(crate) fn value(
        setting: &'static str,
        value: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Value {
            setting,
            value: value.into(),
            hint: hint.into(),
        }
    }
}

/// All settings of a run, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The role through which the organization is read.
    pub org_role_arn: Option<Arn>,
    /// The role assumed in member accounts.
    pub role: Role,
    /// What is looked at.
    pub scope: Scope,
    /// How the logs are read.
    pub usage: Usage,
    /// Where prices come from.
    pub prices: Prices,
    /// How logs are turned on.
    pub logging: Logging,
    /// What may happen at once.
    pub limits: Limits,
    /// How calls are repeated.
    pub retry: Retry,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// What is written.
    pub output: Output,
    state_dir: Option<PathBuf>,
    span: WindowSetting,
    merged: toml::Table,
}

#[derive(Clone, Debug)]
enum WindowSetting {
    Since(jiff::SignedDuration),
    Fixed(Window),
}

/// The role of the member accounts; see `[role]` in `config/default.toml`.
#[derive(Clone, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Role {
    pub name: String,
    pub external_id: String,
    pub session_name: String,
    pub duration_seconds: u32,
    pub sts_region: String,
}

impl std::fmt::Debug for Role {
    /// Without the external id.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Role")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The filters; see `[scope]`.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Which accounts, and how they are found.
    pub accounts: Accounts,
    /// Accounts left out.
    pub exclude_accounts: Vec<AccountId>,
    /// Organizational units, by id or path; empty = all.
    pub ous: Vec<String>,
    /// Organizational units left out.
    pub exclude_ous: Vec<String>,
    /// Regions; none = all enabled ones.
    pub regions: Option<Vec<Region>>,
    /// Globs of regions left out.
    pub exclude_regions: Vec<glob::Pattern>,
    /// Regions by partition where an account does not tell its own.
    pub fallback_regions: BTreeMap<String, Vec<Region>>,
}

/// Which accounts are scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// All of the organization.
    Organization,
    /// These, with or without an organization.
    Listed(Vec<AccountId>),
    /// The caller's own.
    Caller,
}

/// How the logs are read; see `[usage]`.
#[derive(Clone, Debug, Deserialize)]
#[expect(missing_docs, reason = "described in config/default.toml")]
pub struct Usage {
    /// `max_scan_gb` in bytes; none without a limit.
    #[serde(rename = "max_scan_gb", deserialize_with = "usage::max_scan_bytes")]
    pub max_scan_bytes: Option<u64>,
    pub enabled: bool,
    pub since: String,
    pub zones: Vec<String>,
    pub row_limit: usize,
    pub min_slice_seconds: i64,
    pub max_queries_per_log_group: usize,
    pub poll_first_ms: u64,
    pub poll_last_ms: u64,
    pub query_timeout_seconds: u64,
}

/// What is written where; see `[output]`.
#[derive(Clone, Debug)]
pub struct Output {
    /// The directory of the reports.
    pub dir: PathBuf,
    /// The formats.
    pub formats: Vec<Format>,
}

#[cfg(test)]
impl Config {
    /// The built-in settings, and those of these variables.
    pub(crate) fn for_tests(environment: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = environment.iter().map(owned);
        Self::resolve(&ScanArgs::default(), None, environment).unwrap()
    }
}

impl Config {
    /// Puts the layers together and checks the result.
    pub fn resolve(
        args: &ScanArgs,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.collect();
        let mut merged = beneath(file, &environment)?;
        layers::merge_flags(&mut merged, args)?;
        Self::checked(merged, args, &environment)
    }

    /// The same for a run that goes on: what decides its facts is as it was `stored`, and the flags
    /// may not differ from it; reports go where they went, unless the flags say otherwise.
    pub fn resolve_again(
        args: &ScanArgs,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        stored: &str,
        window: Window,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.collect();
        let mut merged = beneath(file, &environment)?;
        let stored = again::read(stored)?;
        again::lay(&mut merged, &stored);
        layers::merge_flags(&mut merged, args)?;
        again::compare(&merged, &stored)?;
        let mut config = Self::checked(merged, args, &environment)?;
        if let WindowSetting::Fixed(given) = config.span {
            again::compare_windows(given, window)?;
        }
        config.span = WindowSetting::Fixed(window);
        Ok(config)
    }

    /// What decides the facts of a run and where its reports go, for [`Config::resolve_again`].
    /// The external id is not in it.
    pub fn to_store(&self) -> String {
        again::write(&self.merged)
    }

    /// The directory of the run store: as set, else the platform's.
    pub fn state_dir(&self) -> Result<&Path, ConfigError> {
        self.state_dir
            .as_deref()
            .ok_or(ConfigError::NoStateDirectory)
    }

    /// The settings in force as commented TOML, the external id left out.
    pub fn to_toml(&self) -> String {
        layers::annotated(&self.merged)
    }

    /// The window of a run that begins at `now`.
    pub fn window(&self, now: jiff::Timestamp) -> Window {
        match self.span {
            WindowSetting::Fixed(window) => window,
            WindowSetting::Since(span) => window::up_to(now, span),
        }
    }

    fn checked(
        mut merged: toml::Table,
        args: &ScanArgs,
        environment: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let raw: layers::Raw = layers::read(&merged)?;
        let span = match (&args.start, &args.end) {
            (Some(start), Some(end)) => {
                WindowSetting::Fixed(window::fixed(start, end, jiff::Timestamp::now())?)
            }
            _ => WindowSetting::Since(window::span("--since", &raw.usage.since)?),
        };
        limits::check_positive(&merged)?;
        raw.logging.expire_after(None)?;
        if !(900..=43_200).contains(&raw.role.duration_seconds) {
            let given = raw.role.duration_seconds.to_string();
            return Err(ConfigError::value(
                "role.duration_seconds",
                given,
                "900 to 43200 seconds",
            ));
        }
        if !raw.role.sts_region.is_empty() {
            layers::parse::<Region>("role.sts_region", &raw.role.sts_region)?;
        }
        let org_role_arn = match raw.organization.role_arn.as_str() {
            "" => None,
            arn => Some(role::arn("--org-role-arn", arn)?),
        };
        role::check_name("--role-name", &raw.role.name)?;
        if !raw.role.external_id.is_empty()
            && let Some(role) = merged.get_mut("role").and_then(toml::Value::as_table_mut)
        {
            role.insert("external_id".to_owned(), "(set, not shown)".into());
        }
        Ok(Self {
            org_role_arn,
            role: raw.role,
            scope: raw.scope.checked()?,
            usage: raw.usage,
            prices: raw.prices.checked()?,
            logging: raw.logging,
            limits: raw.limits,
            retry: raw.retry,
            timeouts: raw.timeouts,
            output: raw.output.checked()?,
            state_dir: state::directory(
                &raw.state.dir,
                environment,
                std::env::home_dir().as_deref(),
            ),
            span,
            merged,
        })
    }
}

/// All layers but the flags.
fn beneath(
    file: Option<&Path>,
    environment: &[(String, String)],
) -> Result<toml::Table, ConfigError> {
    let mut merged = layers::defaults()?;
    if let Some(path) = file {
        layers::merge_file(&mut merged, path)?;
    }
    layers::merge_environment(&mut merged, environment.iter().cloned())?;
    Ok(merged)
}

#[cfg(test)]
mod tests {
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
            ("VPCE_SCOUT_ROLE_NAME".to_owned(), "environment".to_owned()),
            (
                "VPCE_SCOUT_SCOPE_EXCLUDE_REGIONS".to_owned(),
                "ap-*,me-*".to_owned(),
            ),
            ("PATH".to_owned(), "/bin".to_owned()),
            ("VPCE_SCOUT_BIN".to_owned(), "/bin/vpce-scout".to_owned()),
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
            text.contains("usage.sinse") && text.contains("since, zones"),
            "{text}"
        );
    }

    #[test]
    fn a_mistyped_variable_of_a_known_section_is_an_error() {
        let variable = ("VPCE_SCOUT_ROLE_NMAE".to_owned(), "x".to_owned());
        let error = Config::resolve(&ScanArgs::default(), None, std::iter::once(variable));
        assert!(error.unwrap_err().to_string().contains("session_name"));
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
}
