//! What was typed, set and written in files, made into one checked [`Config`].
//!
//! Each layer is read into the same type, in which every setting may be missing, and laid over the
//! one before. Precedence, the last wins: the embedded `config/default.toml`; the file of
//! `--config`; the environment (`VPCE_SCOUT_<SECTION>_<KEY>`, lists with commas); the flags. Every
//! value keeps its source, so that an error names the flag, variable or file to correct.

mod athena;
mod bill;
mod environment;
mod error;
mod file;
mod layer;
mod limits;
mod logging;
pub mod logging_request;
mod objects;
mod prices;
mod print;
mod resume;
mod role;
mod scope;
mod source;
mod state;
mod usage;
mod window;

use std::{
    ffi::OsString,
    fmt::Display,
    path::{Path, PathBuf},
    str::FromStr,
};

pub use self::{
    error::ConfigError,
    layer::{Athena, Bill, Limits, Logging, Objects, Retry, Role, Timeouts, Usage},
    prices::Prices,
    scope::{Accounts, FilterPlaces, Scope},
    source::ExternalId,
    usage::ScanLimit,
};
use self::{
    layer::{Layer, OutputLayer, RoleLayer, required},
    source::{Set, Source},
};
pub use crate::cli::{engine::Engine, format::Format};
use crate::{
    cli::scan::ScanArgs,
    model::{
        id::{Arn, InvalidId, Region},
        run::Window,
        s3_location::S3Location,
    },
};

/// The embedded defaults, which also document every key.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// All settings of a run, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The profile of the AWS configuration files; none = `AWS_PROFILE`, or the default one.
    pub profile: Option<String>,
    /// The role through which the organization is read.
    pub org_role_arn: Option<Arn>,
    /// The role assumed in member accounts.
    pub role: Role,
    /// What is scanned.
    pub scope: Scope,
    /// How the logs are read.
    pub usage: Usage,
    /// How logs in S3 are read.
    pub objects: Objects,
    /// Where Athena reads logs in S3.
    pub athena: Athena,
    /// Where prices come from.
    pub prices: Prices,
    /// What AWS billed.
    pub bill: Bill,
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
    /// Where the run store is kept.
    pub state: State,
    state_dir: Option<PathBuf>,
    span: WindowSetting,
    merged: Layer,
}

#[derive(Clone, Debug)]
enum WindowSetting {
    Since(jiff::SignedDuration),
    Fixed(Window),
}

/// What is written where; see `[output]`.
#[derive(Clone, Debug)]
pub struct Output {
    /// The directory of the reports, where they are not written to S3.
    pub dir: PathBuf,
    /// The place of the reports in S3.
    pub location: Option<S3Location>,
    /// The account that has to own that bucket; empty = any.
    pub expected_owner: String,
    /// The formats.
    pub formats: Vec<Format>,
}

/// Where the run store is kept; see `[state]`.
#[derive(Clone, Debug)]
pub struct State {
    /// The place in S3, of which the directory holds a copy; none = the directory alone.
    pub location: Option<S3Location>,
    /// The account that has to own that bucket; empty = any.
    pub expected_owner: String,
}

#[cfg(test)]
impl Config {
    /// The built-in settings, and those of these variables.
    pub(crate) fn for_tests(environment: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), OsString::from(value));
        let environment = environment.iter().map(owned);
        Self::resolve(&ScanArgs::default(), None, environment).unwrap()
    }
}

impl Config {
    /// Puts the layers together and checks the result.
    ///
    /// # Errors
    ///
    /// The first setting that cannot be used, with the place where it was written.
    pub fn resolve(
        args: &ScanArgs,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, OsString)>,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.collect();
        let mut merged = layers_below_flags(file, &environment)?;
        merged.overlay(layer::flags(args)?);
        Self::checked(merged, args, &environment)
    }

    /// The same for a run that is resumed: what decides its facts is as it was `stored`, and the
    /// flags may not differ from it; reports go where they went, unless the flags name another
    /// place.
    ///
    /// # Errors
    ///
    /// Also settings that differ from the stored ones.
    pub fn resume(
        args: &ScanArgs,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, OsString)>,
        stored: &str,
        window: Window,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.collect();
        let mut merged = layers_below_flags(file, &environment)?;
        let (stored, had_external_id) = resume::read(stored)?;
        merged.overlay(stored.clone());
        merged.overlay(layer::flags(args)?);
        resume::compare(&merged, &stored, had_external_id)?;
        let mut config = Self::checked(merged, args, &environment)?;
        if let WindowSetting::Fixed(given) = config.span {
            resume::compare_windows(given, window)?;
        }
        config.span = WindowSetting::Fixed(window);
        Ok(config)
    }

    /// What decides the facts of a run and where its reports go, for [`Config::resume`]. The
    /// external id is not in it.
    pub fn to_store(&self) -> String {
        resume::write(&self.merged)
    }

    /// The directory of the run store: as set, else the platform's.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NoStateDirectory`] where the platform has none.
    pub fn state_dir(&self) -> Result<&Path, ConfigError> {
        self.state_dir
            .as_deref()
            .ok_or(ConfigError::NoStateDirectory)
    }

    /// Whether this is one of several shards, and its window ends whenever it is started: shards with other
    /// windows cannot be merged.
    pub fn is_shard_with_its_own_window(&self) -> bool {
        let of_several = self.scope.shard.is_some_and(|it| it.count() > 1);
        of_several && matches!(self.span, WindowSetting::Since(_))
    }

    /// The place of the run store in S3, if it is kept there. Shards run at the same time: each has one of
    /// its own.
    pub fn state_location(&self) -> Option<S3Location> {
        let location = self.state.location.as_ref()?;
        Some(match self.scope.shard {
            None => location.clone(),
            Some(it) => location.below(&format!("shard-{}-of-{}", it.index(), it.count())),
        })
    }

    /// The flags that lead another command to the same run store, with a space before each: those of this
    /// command line; a variable or a file is there for the next one too.
    pub fn state_flags(&self) -> String {
        let state = &self.merged.state;
        // Only `scan` has --shard.
        let shard = self.merged.scope.shard.as_ref();
        if let Some(Source::Flag(_)) = shard.map(|it| &it.source)
            && let Some(place) = self.state_location()
        {
            return format!(" --state {place}");
        }
        if let Some(Set {
            value,
            source: Source::Flag(flag),
        }) = &state.location
        {
            return format!(" {flag} {value}");
        }
        match &state.dir {
            Some(Set {
                value,
                source: Source::Flag(flag),
            }) => format!(" {flag} {}", value.display()),
            _ => String::new(),
        }
    }

    /// The same settings with the place of the run store in S3 that a flag names, if it does.
    #[must_use]
    pub fn with_state(mut self, location: Option<&S3Location>) -> Self {
        if let Some(location) = location {
            self.state.location = Some(location.clone());
            self.merged.state.location = Some(Set {
                value: location.to_string(),
                source: Source::Flag("--state"),
            });
        }
        self
    }

    /// The settings in force as a commented settings file; the external id is left out.
    pub fn to_toml(&self) -> String {
        print::annotated(&self.merged)
    }

    /// The window of a run that begins at `now`.
    pub fn window(&self, now: jiff::Timestamp) -> Window {
        match self.span {
            WindowSetting::Fixed(window) => window,
            WindowSetting::Since(span) => window::up_to(now, span),
        }
    }

    fn checked(
        merged: Layer,
        args: &ScanArgs,
        environment: &[(String, OsString)],
    ) -> Result<Self, ConfigError> {
        limits::check_numbers(&merged)?;
        let layer = merged.clone();
        let span = span(&layer, args)?;
        let expire_after = required(layer.logging.expire_after.clone(), "logging.expire_after")?;
        window::span(
            &expire_after.place("logging.expire_after"),
            &expire_after.value,
        )?;
        let org_role = required(layer.organization.role_arn, "organization.role_arn")?;
        let org_role_arn = match org_role.value.as_str() {
            "" => None,
            arn => Some(role::arn(&org_role.place("organization.role_arn"), arn)?),
        };
        let profile = required(layer.aws.profile, "aws.profile")?.value;
        let state = required(layer.state.dir.clone(), "state.dir")?;
        state::check_directory(&state.place("state.dir"), &state.value)?;
        let state = state.value;
        let home = std::env::home_dir();
        Ok(Self {
            profile: (!profile.is_empty()).then_some(profile),
            org_role_arn,
            role: checked_role(layer.role)?,
            scope: layer.scope.checked()?,
            usage: layer.usage.values()?,
            bill: bill::checked(layer.bill, &layer.athena)?,
            objects: objects::checked(layer.objects, &layer.athena)?,
            athena: athena::checked(layer.athena)?,
            prices: layer.prices.checked()?,
            logging: layer.logging.values()?,
            limits: layer.limits.values()?,
            retry: layer.retry.values()?,
            timeouts: layer.timeouts.values()?,
            output: checked_output(layer.output)?,
            state: state::checked(layer.state)?,
            state_dir: state::directory(&state, environment, home.as_deref()),
            span,
            merged,
        })
    }
}

/// All layers but the flags.
fn layers_below_flags(
    file: Option<&Path>,
    environment: &[(String, OsString)],
) -> Result<Layer, ConfigError> {
    let mut merged = file::defaults()?;
    if let Some(path) = file {
        merged.overlay(file::layer(path)?);
    }
    merged.overlay(environment::layer(environment)?);
    Ok(merged)
}

fn span(layer: &Layer, args: &ScanArgs) -> Result<WindowSetting, ConfigError> {
    if let (Some(start), Some(end)) = (&args.start, &args.end) {
        let window = window::fixed(start, end, jiff::Timestamp::now())?;
        return Ok(WindowSetting::Fixed(window));
    }
    let since = required(layer.usage.since.clone(), "usage.since")?;
    let span = window::span(&since.place("usage.since"), &since.value)?;
    Ok(WindowSetting::Since(span))
}

fn checked_role(layer: RoleLayer) -> Result<Role, ConfigError> {
    let name = required(layer.name.clone(), "role.name")?;
    role::check_name(&name.place("role.name"), &name.value)?;
    let external_id = required(layer.external_id.clone(), "role.external_id")?;
    let place = external_id.place("role.external_id");
    role::check_external_id(&place, external_id.value.as_str())?;
    let duration = required(layer.duration_seconds.clone(), "role.duration_seconds")?;
    if !(900..=43_200).contains(&duration.value) {
        return Err(ConfigError::value(
            duration.place("role.duration_seconds"),
            duration.value.to_string(),
            "expected 900 to 43200 seconds",
        ));
    }
    let sts_region = required(layer.sts_region.clone(), "role.sts_region")?;
    if !sts_region.value.is_empty() {
        parse::<Region>(&sts_region.place("role.sts_region"), &sts_region.value)?;
    }
    layer.values()
}

fn checked_output(layer: OutputLayer) -> Result<Output, ConfigError> {
    let formats = required(layer.formats, "output.formats")?;
    if formats.value.is_empty() {
        return Err(ConfigError::value(
            formats.place("output.formats"),
            "",
            "expected at least one format, as in csv",
        ));
    }
    let mut sorted = formats.value;
    sorted.sort_unstable();
    sorted.dedup();
    let dir = required(layer.dir, "output.dir")?;
    let url = dir.value.to_str().filter(|text| S3Location::is_url(text));
    let location = url.map(|url| state::location(&dir.place("output.dir"), url));
    Ok(Output {
        location: location.transpose()?,
        dir: dir.value,
        expected_owner: state::owner(layer.expected_owner, "output.expected_owner")?,
        formats: sorted,
    })
}

fn parse<T: FromStr<Err = InvalidId>>(place: &dyn Display, text: &str) -> Result<T, ConfigError> {
    text.trim().parse().map_err(|error: InvalidId| {
        ConfigError::value(place, text, format!("expected {}", error.expected()))
    })
}

#[cfg(test)]
pub(crate) mod tests;
