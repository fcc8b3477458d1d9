//! `iac`: the endpoints of a stored run as code.

use std::path::Path;

use crate::{
    assess,
    cli::{
        Cli,
        iac::{IacAction, IacArgs, Language as TypedLanguage, Layout as TypedLayout},
        scan::ScanArgs,
    },
    exit::Exit,
    iac::{self, Generated, Input, Language, Layout, LeftOut, Selection},
    model::{opportunity::Action, report::OpportunityRow},
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
    let facts = assess::facts_of_run(&store.snapshot()?, record.key)?;
    let report = super::assessed::report(&store, &record, &prices)?;
    let opportunities = report.collect()?;
    let mut organizations = facts.accounts.iter();
    let input = Input {
        facts: &facts,
        opportunities: &opportunities,
        organization_id: organizations.find_map(|it| it.organization_id.as_deref()),
        run_id: &record.run.id,
    };
    let generated = iac::generate(
        &input,
        &selection(args),
        language(args.format),
        layout(args.layout),
    )?;
    write(&generated, &args.out)?;
    if !cli.quiet {
        super::print(&iac::summary(&generated, &args.out.display().to_string()))?;
    }
    let incomplete = generated.left_out.iter().any(|it| it.asked_for);
    Ok(if incomplete {
        Exit::Gaps
    } else {
        Exit::Complete
    })
}

fn write(generated: &Generated, out: &Path) -> anyhow::Result<()> {
    report::Directory::open(out)?;
    for file in &generated.files {
        let path = out.join(&file.path);
        if let Some(directory) = path.parent() {
            report::Directory::open(directory)?;
        }
        report::write_file(&path, |out| out.write_all(file.contents.as_bytes()))?;
    }
    let opportunity = report::field_names::<OpportunityRow>().iter().copied();
    let columns: Vec<&str> = opportunity.chain(["why"]).collect();
    let rows: &[LeftOut] = &generated.left_out;
    report::write_file(&out.join("left_out.csv"), |out| {
        report::write_csv(&columns, rows, out)
    })?;
    Ok(())
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
