//! `estimate`: a set of endpoints that somebody names, priced from a stored run.

use std::collections::BTreeSet;

use super::table::{render, write_to};
use crate::{
    assess::{self, EstimateError},
    cli::{
        Cli,
        diff::TableFormat,
        estimate::{EndpointType, EstimateArgs, Zones},
    },
    config::ConfigError,
    exit::Exit,
    model::estimate::{EstimateRequest, EstimateType},
    report,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &EstimateArgs) -> anyhow::Result<Exit> {
    let request = request(args)?;
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let record = super::finished_run(&store, &args.run)?;
    let prices = super::prices::chosen(&config, &store, &record, args.prices)?;
    let estimate = assess::estimate(&store, &record, &prices, &request).map_err(unknown_name)?;
    let rows = estimate.rows.iter().chain([&estimate.total]);
    let text = || report::estimate_text(&estimate);
    let table = render(args.format, &estimate, rows, text)?;
    if args.format == TableFormat::Csv {
        for note in &estimate.notes {
            super::warn(cli, note);
        }
    }
    write_to(args.out.as_deref(), &table)
}

/// What the flags mean.
fn request(args: &EstimateArgs) -> Result<EstimateRequest, ConfigError> {
    let named = |flag: &str, names: &[String], all: &str| {
        let wanted = names.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
        let wanted: BTreeSet<String> = wanted.map(str::to_owned).collect();
        match (wanted.contains(all), wanted.len()) {
            (true, 1) => Ok(None),
            (true, _) | (false, 0) => {
                let expected = format!("expected names, or {all} alone");
                Err(ConfigError::value(flag, names.join(","), expected))
            }
            (false, _) => Ok(Some(wanted)),
        }
    };
    if args.hub.is_some() && args.endpoint_type == EndpointType::Gateway {
        let expected =
            "expected interface or auto with --hub: a gateway endpoint serves its own VPC";
        return Err(ConfigError::value("--endpoint-type", "gateway", expected));
    }
    Ok(EstimateRequest {
        services: named("--services", &args.services, "all-called")?,
        vpcs: named("--vpcs", &args.vpcs, "all")?
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect(),
        accounts: args.accounts.iter().cloned().collect(),
        regions: args.regions.iter().cloned().collect(),
        zones: match args.zones {
            Zones::All => None,
            Zones::Count(count) => Some(count),
        },
        hub: args.hub.clone(),
        endpoint_type: match args.endpoint_type {
            EndpointType::Auto => None,
            EndpointType::Interface => Some(EstimateType::Interface),
            EndpointType::Gateway => Some(EstimateType::Gateway),
        },
    })
}

/// A name that is not in the run is a value that cannot be used.
fn unknown_name(error: EstimateError) -> anyhow::Error {
    match error {
        EstimateError::Unknown { flag, ref name, .. } => {
            ConfigError::value(flag, name.clone(), error.to_string()).into()
        }
        EstimateError::OtherRegion { ref vpc, .. } => {
            ConfigError::value("--vpcs", vpc.clone(), error.to_string()).into()
        }
        EstimateError::Assess(error) => error.into(),
    }
}
