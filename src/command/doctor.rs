//! `doctor`: whether a scan would work.

use anyhow::Context;

use crate::{
    Exit,
    cli::{Cli, doctor::DoctorArgs, format::SummaryFormat, scan::ScanArgs},
    doctor::{Status, diagnose, text},
    runtime,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let like = ScanArgs {
        scope: args.scope.clone(),
        out: args.out.clone(),
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
    let prices = super::prices::in_force(&config)?;
    let diagnosis = runtime::block_on(
        config.timeouts.run_seconds,
        || {},
        async |stop| Box::pin(diagnose(&config, &prices, stop)).await,
    )
    .context("cannot start the asynchronous runtime")?;
    super::print(&match args.format {
        SummaryFormat::Text => text(&diagnosis),
        SummaryFormat::Json => format!("{}\n", serde_json::to_string_pretty(&diagnosis)?),
    })?;
    Ok(match diagnosis.status() {
        Status::Failed => Exit::Failed,
        Status::Incomplete => Exit::Gaps,
        Status::Ok | Status::Skipped | Status::Warning => Exit::Complete,
    })
}
