//! From the facts of a run to the rows of its report, one Region at a time.
//!
//! Loads the facts of a Region, indexes them once, judges (`classify`, `cost`, `recommend`), writes the
//! rows, and drops the Region. Memory is that of the largest Region. Sums over the organization are made
//! from sums of Regions and from rows that are written already. No call is made here.
//!
//! What crosses Regions is in `elsewhere`: endpoints that answered VPCs of other Regions. A Region that
//! was judged before this was known is judged again.

mod accounts;
mod bill;
mod chargeback;
mod coverage;
mod cross_region;
mod estimate;
mod facts;
mod figures;
mod flow_usage;
mod kept_opportunities;
mod network;
mod opportunities;
mod organization;
mod partners;
mod region;
mod services;
mod tables;
mod totals;
mod view;
mod vpcs;

use std::collections::BTreeMap;

pub use self::{
    bill::{at_billed_prices, bill_of_run},
    estimate::{EstimateError, estimate},
    facts::Inventory,
};
use self::{
    coverage::CoverageWriter,
    cross_region::CrossRegionIndex,
    network::add_findings,
    organization::Organization,
    region::RegionAssessment,
    tables::{Tables, WantedRows},
    totals::Sums,
};
use crate::{
    classify::{
        host::{HostRules, RulesError, partner::PartnerRules},
        service,
    },
    cost::{bill::ByItem, price_book::PriceBook},
    model::{
        estimate::EstimateRequest,
        facts::Facts,
        id::Region,
        report::{ReportHeader, SCHEMA_VERSION},
        run::Window,
        shard::Shard,
        totals::Totals,
    },
    recommend::RegionEstimate,
    store::{Record, RegionFacts, ReportRows, Store, StoreError},
};

/// Why a run cannot be assessed.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The store cannot be read, or the rows cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table of names in the program is wrong.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// A row cannot be written as JSON, or read again.
    #[error("a row of the report cannot be written or read")]
    Row(#[from] serde_json::Error),
    /// Rows that were written cannot be read.
    #[error("the rows of the report cannot be read")]
    Read(#[from] std::io::Error),
}

/// A run, assessed.
#[derive(Debug)]
pub struct Assessment {
    /// Run, totals and prices.
    pub header: ReportHeader,
    /// The rows of all tables.
    pub rows: ReportRows,
    /// Whether a cell of the run was broken off.
    pub interrupted: bool,
}

/// What the assessment of every Region needs.
struct Context<'c> {
    run: i64,
    /// The shard of the accounts that was scanned, if not all were.
    shard: Option<Shard>,
    window: Window,
    prices: &'c PriceBook,
    rules: &'c HostRules,
    partners: &'c PartnerRules,
    organization: &'c Organization,
    store: &'c Store,
    /// What the run holds, Region by Region.
    facts: &'c RegionFacts,
    /// Endpoints to price besides.
    estimate: Option<&'c EstimateRequest>,
}

/// Assesses a finished run: with the same prices the same rows whenever it is asked for.
///
/// # Errors
///
/// [`AssessError`].
pub fn assess(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
) -> Result<Assessment, AssessError> {
    Ok(assess_with(store, record, prices, WantedRows::All, None)?.0)
}

/// The rows that templates are made of: the opportunities, and the hosts of VPCs that an opportunity leads to a
/// central endpoint. They are those of the whole report; the other tables, and the totals, are empty.
///
/// # Errors
///
/// [`AssessError`].
pub fn advice(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
) -> Result<Assessment, AssessError> {
    Ok(assess_with(store, record, prices, WantedRows::Advice, None)?.0)
}

/// The same, and the endpoints that are to be priced besides, by Region.
fn assess_with(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
    wanted: WantedRows,
    estimate: Option<&EstimateRequest>,
) -> Result<(Assessment, Vec<RegionEstimate>), AssessError> {
    let rows = store.report_rows(&tables::all())?;
    let mut coverage = CoverageWriter::new(&rows, wanted);
    let (mut organization, stored) =
        Organization::read(rows.store(), record, |cell, organization| {
            coverage.add(cell, |it| organization.name(it))
        })?;
    coverage.finish()?;
    let mut facts = Facts {
        endpoint_services: std::mem::take(&mut organization.endpoint_services),
        ..Facts::default()
    };
    let rules = service::rules(&facts)?;
    let partners = PartnerRules::built_in()?;
    let tables = Tables::new(&rows, wanted)?;
    let context = Context {
        run: record.key,
        shard: record.run.shard,
        window: record.window(),
        prices,
        rules: &rules,
        partners,
        organization: &organization,
        store: rows.store(),
        facts: &stored,
        estimate,
    };
    let mut across_regions = CrossRegionIndex::load(&context, &tables)?;
    let mut regions: BTreeMap<&Region, RegionAssessment> = BTreeMap::new();
    for region in &organization.regions {
        facts = context.assess(region, facts, &across_regions, &tables, &mut regions)?;
    }
    for region in across_regions.complete(&regions) {
        tables.remove_region(region);
        facts = context.assess(region, facts, &across_regions, &tables, &mut regions)?;
    }
    let mut sums = Sums::default();
    let mut estimates = Vec::new();
    let mut computed = ByItem::new();
    for assessment in regions.into_values() {
        computed.extend(assessment.computed);
        sums.add(assessment.sums);
        estimates.extend(assessment.estimate);
    }
    let totals = context.add_organization(&tables, sums, computed)?;
    let header = ReportHeader {
        schema_version: SCHEMA_VERSION,
        generated_at: record.run.finished_at,
        tool: concat!("vpce-scout ", env!("CARGO_PKG_VERSION")).to_owned(),
        run: record.run.clone(),
        totals,
        prices: prices.used(),
    };
    drop(tables);
    let assessment = Assessment {
        header,
        rows,
        interrupted: organization.interrupted,
    };
    Ok((assessment, estimates))
}

impl Context<'_> {
    /// Writes the rows of the whole organization, and returns its totals.
    fn add_organization(
        &self,
        tables: &Tables<'_>,
        mut sums: Sums,
        computed: ByItem,
    ) -> Result<Totals, AssessError> {
        if tables.wanted() == WantedRows::Advice {
            return Ok(self.totals(&sums));
        }
        let bill = self.organization.bill.as_ref();
        if let Some(bill) = bill {
            self.add_bill(tables, bill, computed)?;
        }
        self.add_accounts(tables)?;
        Context::add_services(tables, &sums)?;
        add_findings(tables, &sums)?;
        sums.forget_listed(tables)?;
        let mut totals = self.totals(&sums);
        if let Some(bill) = bill {
            self.add_bill_cost(bill, &mut totals);
        }
        Ok(totals)
    }

    /// Assesses a Region and writes its rows. `facts` are those of the Region before: what all Regions
    /// share is moved from one to the next.
    fn assess<'r>(
        &self,
        region: &'r Region,
        facts: Facts,
        across_regions: &CrossRegionIndex,
        tables: &Tables<'_>,
        into: &mut BTreeMap<&'r Region, RegionAssessment>,
    ) -> Result<Facts, AssessError> {
        let (mut loaded, logs) = facts::load(self, region)?;
        loaded.endpoint_services = facts.endpoint_services;
        loaded.cross_region = across_regions.facts_for(tables, region, &loaded)?;
        let assessed = region::assess(self, tables, region, &loaded, logs)?;
        into.insert(region, assessed);
        Ok(loaded)
    }
}
