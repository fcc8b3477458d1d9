//! `iac`: the endpoints of a stored run as code.

use std::path::Path;

use crate::{
    assess::Inventory,
    cli::{
        Cli,
        iac::{IacAction, IacArgs, Language as TypedLanguage, Layout as TypedLayout},
        scan::ScanArgs,
    },
    exit::Exit,
    iac::{self, File, Generator, HubConsumers, Input, Language, Layout, LeftOut, Selection},
    model::{id::Region, opportunity::Action, report::OpportunityRow},
    report,
};

/// Runs the command.
pub(super) fn run(cli: &Cli, args: &IacArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let like = ScanArgs {
        state_dir: args.state_dir.clone(),
        ..ScanArgs::default()
    };
    let config = super::resolve(cli, &like)?;
    let record = super::finished_run(&store, &args.run)?;
    let prices = super::prices::of_run(store.prices(record.key)?, &config)?;
    let inventory = Inventory::open(store.snapshot()?, record.key)?;
    let report = super::assessed::report(&store, &record, &prices)?;
    let selection = selection(args);
    let mut generator = Generator::new(&selection, language(args.format), layout(args.layout));
    report::Directory::open(&args.out)?;
    write_left_out(&args.out, inventory.regions(), |region| {
        let opportunities = report.collect_in(region, |_: &OpportunityRow| true)?;
        let consumers = HubConsumers::of(&opportunities);
        let hosts = report.collect_in(region, |host| consumers.call(host))?;
        let generated = generator.region(&Input {
            facts: &inventory.load(region)?,
            opportunities: &opportunities,
            hosts: &hosts,
            organization_id: inventory.organization_id(),
            run_id: &record.run.id,
        })?;
        write(&generated.files, &args.out)?;
        Ok(generated.left_out)
    })?;
    let (files, totals) = generator.finish(inventory.organization_id())?;
    write(&files, &args.out)?;
    if !cli.quiet {
        super::print(&iac::summary(&totals, &args.out.display().to_string()))?;
    }
    Ok(if totals.asked_for > 0 {
        Exit::Gaps
    } else {
        Exit::Complete
    })
}

fn write(files: &[File], out: &Path) -> anyhow::Result<()> {
    for file in files {
        let path = out.join(&file.path);
        if let Some(directory) = path.parent() {
            report::Directory::open(directory)?;
        }
        report::write_file(&path, |out| out.write_all(file.contents.as_bytes()))?;
    }
    Ok(())
}

/// Writes `left_out.csv` while the Regions are generated; stops at the first that fails.
fn write_left_out<'r>(
    out: &Path,
    regions: impl Iterator<Item = &'r Region>,
    mut generate: impl FnMut(&Region) -> anyhow::Result<Vec<LeftOut>>,
) -> anyhow::Result<()> {
    let opportunity = report::field_names::<OpportunityRow>().iter().copied();
    let columns: Vec<&str> = opportunity.chain(["why"]).collect();
    let mut failed = None;
    let rows = regions.map_while(|region| match generate(region) {
        Ok(rows) => Some(rows),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    report::write_file(&out.join("left_out.csv"), |out| {
        report::write_csv(&columns, rows.flatten(), out)
    })?;
    failed.map_or(Ok(()), Err)
}

fn selection(args: &IacArgs) -> Selection {
    Selection {
        accounts: args.accounts.clone(),
        regions: args.regions.clone(),
        services: args.services.clone(),
        actions: args.actions.iter().copied().map(action).collect(),
        include_unmeasured: args.include_unmeasured,
    }
}

fn action(typed: IacAction) -> Action {
    match typed {
        IacAction::Create => Action::Create,
        IacAction::AttachRouteTables => Action::AttachRouteTables,
        IacAction::EnablePrivateDns => Action::EnablePrivateDns,
        IacAction::AddAvailabilityZones => Action::AddAvailabilityZones,
        IacAction::UseHub => Action::UseHub,
        IacAction::Remove => Action::Remove,
    }
}

fn language(typed: TypedLanguage) -> Language {
    match typed {
        TypedLanguage::Cloudformation => Language::CloudFormation,
        TypedLanguage::Terraform => Language::Terraform,
    }
}

fn layout(typed: TypedLayout) -> Layout {
    match typed {
        TypedLayout::Accounts => Layout::Accounts,
        TypedLayout::Single => Layout::Single,
    }
}
