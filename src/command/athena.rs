//! `athena ddl`: the tables that Athena needs for the logs in S3 of a stored run.

use std::collections::BTreeSet;

use crate::{
    assess::Inventory,
    cli::{
        Cli,
        athena::{AthenaCommand, DdlArgs},
    },
    exit::Exit,
    usage::athena::{ddl, table::Table},
};

/// Runs the command.
pub(super) fn run(cli: &Cli, command: &AthenaCommand) -> anyhow::Result<Exit> {
    match command {
        AthenaCommand::Ddl(args) => print_ddl(cli, args),
    }
}

fn print_ddl(cli: &Cli, args: &DdlArgs) -> anyhow::Result<Exit> {
    let store = super::stored(cli, args.state_dir.as_ref())?;
    let config = super::settings(cli, args.state_dir.as_ref())?;
    let record = super::finished_run(&store, &args.run)?;
    let inventory = Inventory::open(store.snapshot()?, record.key)?;
    let mut tables: BTreeSet<Table> = BTreeSet::new();
    for region in inventory.regions() {
        tables.extend(ddl::tables(
            &inventory.load_log_destinations(region)?,
            &config.objects,
        ));
    }
    let tables: Vec<Table> = tables.into_iter().collect();
    let database = args.database.as_ref().unwrap_or(&config.athena.database);
    super::print(&ddl::text(&tables, database, &record.run.id))
}
