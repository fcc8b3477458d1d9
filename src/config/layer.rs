//! One layer of settings: every setting that there is, each with or without a value.
//!
//! A setting is one line here and one, with its default and a comment, in `config/default.toml`.

use std::{collections::BTreeMap, ffi::OsStr, path::PathBuf};

use serde::Deserialize;

use super::{
    ConfigError,
    source::{ExternalId, Place, Printed, Set, Setting, Source, overlay},
    usage::ScanLimit,
};
use crate::{
    cli::{engine::Engine, format::Format, scan::ScanArgs},
    model::id::Region,
};

/// A section of the settings as a layer and, where the values need no further reading, as they are
/// in force.
macro_rules! section {
    ($section:literal, $Layer:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $Layer {
            $(pub(super) $field: Option<Set<$type>>,)*
        }

        impl $Layer {
            const NAME: &'static str = $section;
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];

            fn overlay(&mut self, over: Self) {
                $(overlay(&mut self.$field, over.$field);)*
            }

            fn set_source(&mut self, source: &Source) {
                $(if let Some(set) = &mut self.$field {
                    set.source = source.clone();
                })*
            }

            fn set_text(
                &mut self,
                key: &str,
                text: &OsStr,
                source: &Source,
            ) -> Result<bool, ConfigError> {
                match key {
                    $(stringify!($field) => {
                        let name = concat!($section, ".", stringify!($field));
                        self.$field = Some(Set::read(name, text, source.clone())?);
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn each(&self, visit: &mut dyn FnMut(&'static str, &'static str, &dyn Printed, &Source)) {
                $(if let Some(set) = &self.$field {
                    visit($section, stringify!($field), &set.value, &set.source);
                })*
            }
        }
    };
    (
        $(#[$attribute:meta])*
        $section:literal, $Layer:ident => $Values:ident { $($field:ident: $type:ty),* $(,)? }
    ) => {
        section!($section, $Layer { $($field: $type),* });

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "described in config/default.toml")]
        pub struct $Values {
            $(pub $field: $type,)*
        }

        impl $Layer {
            /// The values in force.
            pub(super) fn values(self) -> Result<$Values, ConfigError> {
                Ok($Values {
                    $($field: required(
                        self.$field,
                        concat!($section, ".", stringify!($field)),
                    )?.value,)*
                })
            }
        }
    };
}

section!("aws", AwsLayer { profile: String });
section!("organization", OrganizationLayer { role_arn: String });
section! {
    /// The role of the member accounts; see `[role]`.
    "role", RoleLayer => Role {
        name: String,
        external_id: ExternalId,
        session_name: String,
        duration_seconds: u32,
        sts_region: String,
    }
}
section!("scope", ScopeLayer {
    accounts: Vec<String>,
    exclude_accounts: Vec<String>,
    ous: Vec<String>,
    exclude_ous: Vec<String>,
    regions: Vec<String>,
    exclude_regions: Vec<String>,
    shard: String,
    fallback_regions: BTreeMap<String, Vec<Region>>,
});
section! {
    /// How the logs are read; see `[usage]`.
    "usage", UsageLayer => Usage {
        enabled: bool,
        since: String,
        zones: Vec<String>,
        max_scan_gb: ScanLimit,
        row_limit: usize,
        min_slice_seconds: i64,
        max_queries_per_log_group: usize,
        poll_first_ms: u64,
        poll_last_ms: u64,
        query_timeout_seconds: u64,
    }
}
section! {
    /// How logs in S3 are read; see `[objects]`.
    "objects", ObjectsLayer => Objects {
        engine: Engine,
        account: String,
        expected_owner: String,
        mirror: toml::Table,
        late_minutes: u32,
        embedded_max_gb: u64,
        embedded_max_objects: u64,
        workers: usize,
        fetchers: usize,
    }
}
section! {
    /// Where Athena reads logs in S3; see `[athena]`.
    "athena", AthenaLayer => Athena {
        workgroup: String,
        region: String,
        database: String,
        tables: toml::Table,
        queries: usize,
    }
}
section!(
    "prices",
    PricesLayer {
        file: PathBuf,
        api_region: String,
        refresh_days: u32,
        discount_percent: toml::Table,
    }
);
section! {
    /// What AWS billed; see `[bill]`.
    "bill", BillLayer => Bill {
        enabled: bool,
        athena_table: String,
        account: String,
    }
}
section! {
    /// Turning logs on and off; see `[logging]`.
    "logging", LoggingLayer => Logging {
        role_name: String,
        dns_log_group: String,
        flow_log_group: String,
        retention_days: u32,
        expire_after: String,
        delivery_role: String,
        aggregation_seconds: u32,
        query_log_configs: usize,
        query_log_associations: usize,
        resource_policies: usize,
        wait_seconds: u64,
        poll_ms: u64,
        active_wait_seconds: u64,
        active_poll_last_ms: u64,
    }
}
section! {
    /// Concurrency and rates; see `[limits]`.
    "limits", LimitsLayer => Limits {
        accounts: usize,
        regions_per_account: usize,
        log_groups: usize,
        calls: usize,
        insights_queries: usize,
        insights_queries_infrequent: usize,
        resolver_per_second: u32,
        ec2_per_second: u32,
        logs_per_second: u32,
        cloudwatch_per_second: u32,
        s3_per_second: u32,
        athena_per_second: u32,
        account_per_second: u32,
        pricing_per_second: u32,
        organizations_per_second: u32,
        assume_role_per_second: u32,
        changes_per_second: u32,
        endpoint_service_attempts: usize,
    }
}
section! {
    /// Repeated attempts; see `[retry]`.
    "retry", RetryLayer => Retry {
        max_attempts: u32,
        initial_backoff_ms: u64,
        max_backoff_ms: u64,
    }
}
section! {
    /// How long calls may take; see `[timeouts]`.
    "timeouts", TimeoutsLayer => Timeouts {
        connect_seconds: u64,
        read_seconds: u64,
        call_seconds: u64,
        unanswered_attempts: u32,
        run_seconds: u64,
    }
}
section!("output", OutputLayer {
    dir: PathBuf,
    formats: Vec<Format>,
    expected_owner: String,
});
section!(
    "state",
    StateLayer {
        dir: PathBuf,
        location: String,
        expected_owner: String
    }
);

macro_rules! layer {
    ($($section:ident: $Section:ident,)*) => {
        /// All settings, each with or without a value.
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct Layer {
            $(pub(super) $section: $Section,)*
        }

        impl Layer {
            /// The sections with their keys.
            pub(super) const SECTIONS: &'static [(&'static str, &'static [&'static str])] =
                &[$(($Section::NAME, $Section::KEYS)),*];

            /// Lays a later layer over this one, value by value.
            pub(super) fn overlay(&mut self, over: Self) {
                $(self.$section.overlay(over.$section);)*
            }

            /// Notes where every value of the layer was written.
            pub(super) fn set_source(&mut self, source: &Source) {
                $(self.$section.set_source(source);)*
            }

            /// Reads a value from text; false if there is no such setting.
            pub(super) fn set_text(
                &mut self,
                section: &str,
                key: &str,
                text: &OsStr,
                source: &Source,
            ) -> Result<bool, ConfigError> {
                match section {
                    $($Section::NAME => self.$section.set_text(key, text, source),)*
                    _ => Ok(false),
                }
            }

            /// Visits every value with its section, key and source.
            pub(super) fn each(
                &self,
                mut visit: impl FnMut(&'static str, &'static str, &dyn Printed, &Source),
            ) {
                $(self.$section.each(&mut visit);)*
            }
        }
    };
}

layer! {
    aws: AwsLayer,
    organization: OrganizationLayer,
    role: RoleLayer,
    scope: ScopeLayer,
    usage: UsageLayer,
    objects: ObjectsLayer,
    athena: AthenaLayer,
    prices: PricesLayer,
    bill: BillLayer,
    logging: LoggingLayer,
    limits: LimitsLayer,
    retry: RetryLayer,
    timeouts: TimeoutsLayer,
    output: OutputLayer,
    state: StateLayer,
}

/// A value that the defaults have.
pub(super) fn required<T>(set: Option<Set<T>>, key: &'static str) -> Result<Set<T>, ConfigError> {
    set.ok_or(ConfigError::NoDefault(key))
}

impl<T> Set<T> {
    /// The setting as messages name it.
    pub(super) fn place<'p>(&'p self, key: &'p str) -> Place<'p> {
        Place {
            key,
            source: &self.source,
        }
    }
}

/// The layer of what was typed.
pub(super) fn flags(args: &ScanArgs) -> Result<Layer, ConfigError> {
    fn set<T: Setting>(flag: &'static str, value: Option<T>) -> Option<Set<T>> {
        value.map(|value| Set {
            value,
            source: Source::Flag(flag),
        })
    }
    let scope = &args.scope;
    let mut layer = Layer::default();
    layer.aws.profile = set("--profile", scope.profile.clone());
    layer.organization.role_arn = set("--org-role-arn", scope.org_role_arn.clone());
    layer.role.name = set("--role-name", scope.role_name.clone());
    let external_id = scope.external_id.as_ref().map(ExternalId::new);
    layer.role.external_id = set("--external-id", external_id);
    layer.scope.accounts = set("--accounts", scope.accounts.clone());
    layer.scope.exclude_accounts = set("--exclude-accounts", scope.exclude_accounts.clone());
    layer.scope.ous = set("--ous", scope.ous.clone());
    layer.scope.exclude_ous = set("--exclude-ous", scope.exclude_ous.clone());
    layer.scope.regions = set("--regions", scope.regions.clone());
    layer.scope.exclude_regions = set("--exclude-regions", scope.exclude_regions.clone());
    layer.scope.shard = set("--shard", args.shard.clone());
    layer.usage.since = set("--since", args.since.clone());
    layer.usage.enabled = set("--no-usage", args.no_usage.then_some(false));
    layer.prices.refresh_days = set("--no-price-refresh", args.no_price_refresh.then_some(0));
    layer.bill.enabled = set("--bill", args.bill.then_some(true));
    layer.objects.engine = set("--engine", args.engine);
    layer.output.formats = set("--formats", args.formats.clone());
    layer.output.dir = set("--out", args.out.clone());
    layer.state.dir = set("--state-dir", args.state_dir.clone());
    if let Some(text) = &args.max_scan_gb {
        let source = Source::Flag("--max-scan-gb");
        layer.usage.max_scan_gb = Some(Set::read("usage.max_scan_gb", text.as_ref(), source)?);
    }
    Ok(layer)
}
