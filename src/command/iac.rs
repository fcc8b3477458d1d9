//! `iac`: the endpoints of a stored run as code.

use super::iac_files;
use crate::{
    assess::Inventory,
    cli::{Cli, iac::IacArgs},
    config::ConfigError,
    exit::Exit,
    iac::{self, Generator, HubConsumers, Input, Selection, UnmatchedFilters},
    model::{
        report::OpportunityRow,
        template::{Language, Layout},
    },
    report,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &IacArgs) -> anyhow::Result<Exit> {
    if args.layout == Layout::Single && args.format == Language::CloudFormation {
        let expected = "expected --format terraform, whose units alone hang together";
        return Err(ConfigError::value("--layout", "single", expected).into());
    }
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let record = super::record_of_finished_run(&store, &args.run)?;
    let prices = super::prices::of_run(store.prices(record.key)?, &config)?;
    // This reads, and checks, every cell of the run.
    let report = super::assessed::opportunities(&store, &record, &prices)?;
    let inventory = Inventory::open(store.snapshot()?, record.key)?;
    let selection = selection(args);
    let mut unmatched = UnmatchedFilters::of(&selection);
    let mut generator = Generator::new(&selection, args.format, args.layout);
    report::Directory::open(&args.out)?;
    iac_files::sweep(&args.out);
    iac_files::write_left_out(&args.out, inventory.regions(), |region| {
        let opportunities = report.collect_in(region, |_: &OpportunityRow| true)?;
        unmatched.match_rows(&opportunities);
        let consumers = HubConsumers::of(&opportunities);
        let hosts = report.collect_in(region, |host| consumers.call(host))?;
        let generated = generator.region(&Input {
            facts: &inventory.load(region)?,
            opportunities: &opportunities,
            hosts: &hosts,
            organization_id: inventory.organization_id(),
            run_id: &record.run.id,
        })?;
        iac_files::write(&generated.files, &args.out)?;
        Ok(generated.left_out)
    })?;
    let (files, totals) = generator.finish(inventory.organization_id())?;
    iac_files::write(&files, &args.out)?;
    for warning in unmatched.warnings() {
        super::warn(cli, &warning);
    }
    if !cli.quiet {
        super::print(&iac::summary(&totals, &args.out.display().to_string()))?;
    }
    Ok(Exit::of_gaps(totals.asked_for > 0))
}

fn selection(args: &IacArgs) -> Selection {
    Selection {
        accounts: args.accounts.clone(),
        regions: args.regions.clone(),
        services: args.services.clone(),
        actions: args.actions.clone(),
        include_unmeasured: args.include_unmeasured,
    }
}
