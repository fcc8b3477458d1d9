//! A set of endpoints that somebody names, priced from a stored run: the Regions together, the names
//! checked, the sums with what they leave out.

use std::{collections::BTreeMap, fmt::Write as _};

use rust_decimal::Decimal;

use super::{AssessError, assess_with, tables::WantedRows};
use crate::{
    cost::price_book::PriceBook,
    model::{
        estimate::{
            Estimate, EstimateBasis, EstimateGaps, EstimateNames, EstimateRequest, EstimateRow,
        },
        id::{AccountId, Region, VpcId},
        money::Amount,
        report::{AccountRow, Row},
    },
    recommend::RegionEstimate,
    store::{Record, Store},
};

/// Names that are shown to those who mistyped one.
const NEAR: usize = 5;

/// Why nothing is priced.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// The run cannot be assessed.
    #[error(transparent)]
    Assess(#[from] AssessError),
    /// A name is not in the run.
    #[error("the run has no {kind} `{name}`{}", nearest(.near))]
    Unknown {
        /// The flag that it was typed after.
        flag: &'static str,
        /// What the name is of.
        kind: &'static str,
        /// The name.
        name: String,
        /// Names that are like it.
        near: Vec<String>,
    },
    /// A VPC is in another Region than the hub.
    #[error(
        "{vpc} is in {region} and the hub {hub} is not: a transit gateway attachment is of one Region"
    )]
    OtherRegion {
        /// The VPC.
        vpc: VpcId,
        /// Its Region.
        region: String,
        /// The hub.
        hub: String,
    },
}

fn nearest(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    format!("; near: {}", names.join(", "))
}

/// Prices a set of endpoints against the bytes that a finished run measured.
///
/// # Errors
///
/// [`EstimateError`].
pub fn estimate(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
    request: &EstimateRequest,
) -> Result<Estimate, EstimateError> {
    let (assessment, regions) = assess_with(store, record, prices, WantedRows::All, Some(request))?;
    let mut names = EstimateNames::default();
    let mut gaps = EstimateGaps::default();
    let mut rows = Vec::new();
    let mut accounts = BTreeMap::new();
    let read = assessment.rows.each(AccountRow::TABLE, &mut |row| {
        let row: AccountRow = row.read()?;
        accounts.insert(row.account_id.to_string(), row.account_name);
        Ok(())
    });
    read.map_err(AssessError::from)?;
    for region in regions {
        add_names(&mut names, &region);
        gaps.add(region.gaps);
        rows.extend(region.rows);
    }
    check(request, &names)?;
    for row in &mut rows {
        row.account_name = accounts.get(&row.account_id).cloned().flatten();
    }
    Ok(Estimate {
        total: total(&rows),
        notes: notes(&rows, gaps),
        rows,
    })
}

fn add_names(names: &mut EstimateNames, region: &RegionEstimate) {
    names.services.extend(region.names.services.iter().cloned());
    names.vpcs.extend(region.names.vpcs.iter().cloned());
    names.accounts.extend(region.names.accounts.iter().cloned());
    names.regions.extend(region.names.regions.iter().cloned());
}

/// Whether every name that was typed is in the run.
fn check(request: &EstimateRequest, names: &EstimateNames) -> Result<(), EstimateError> {
    let known = |it: &str| names.vpcs.iter().any(|(vpc, _)| vpc == it);
    let unknown = |flag, kind, name: &str, all: &mut dyn Iterator<Item = &str>| {
        Err(EstimateError::Unknown {
            flag,
            kind,
            name: name.to_owned(),
            near: like(name, all),
        })
    };
    let vpcs = || names.vpcs.iter().map(|(vpc, _)| vpc.as_str());
    for name in request.services.iter().flatten() {
        if !names.services.contains(name) {
            let mut all = names.services.iter().map(String::as_str);
            return unknown("--services", "service", name, &mut all);
        }
    }
    for name in &request.vpcs {
        if !known(name) {
            return unknown("--vpcs", "VPC", name, &mut vpcs());
        }
    }
    for name in &request.accounts {
        if !names.accounts.contains(name) {
            let mut all = names.accounts.iter().map(AccountId::as_str);
            return unknown("--accounts", "account with a VPC", name.as_str(), &mut all);
        }
    }
    for name in &request.regions {
        if !names.regions.contains(name) {
            let mut all = names.regions.iter().map(Region::as_str);
            return unknown("--regions", "Region with a VPC", name.as_str(), &mut all);
        }
    }
    let Some(hub) = &request.hub else {
        return Ok(());
    };
    let Some((_, region)) = names.vpcs.iter().find(|(vpc, _)| vpc == hub) else {
        return unknown("--hub", "VPC", hub, &mut vpcs());
    };
    let elsewhere = |(vpc, there): &&(VpcId, _)| request.vpcs.contains(vpc) && there != region;
    match names.vpcs.iter().find(elsewhere) {
        None => Ok(()),
        Some((vpc, there)) => Err(EstimateError::OtherRegion {
            vpc: vpc.clone(),
            region: there.to_string(),
            hub: hub.clone(),
        }),
    }
}

/// The names that are most like one: those that hold it or are in it, then those of few other letters.
fn like(typed: &str, all: &mut dyn Iterator<Item = &str>) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut near: Vec<(usize, &str)> = all
        .filter_map(|name| {
            let holds = name.contains(&typed) || typed.contains(name);
            let distance = strsim::damerau_levenshtein(&typed, name);
            let limit = name.len().div_ceil(3);
            (holds || distance <= limit).then_some((if holds { 0 } else { distance }, name))
        })
        .collect();
    near.sort_unstable();
    let names = near.into_iter().take(NEAR);
    names.map(|(_, name)| name.to_owned()).collect()
}

/// The sums of the rows as they stand there; the saving of those that are measured.
fn total(rows: &[EstimateRow]) -> EstimateRow {
    let sum = |figure: fn(&EstimateRow) -> Option<Amount>| {
        let known = rows.iter().filter_map(figure).map(|it| it.0);
        known
            .reduce(|sum, it| sum + it)
            .map(|it| Amount(it.normalize()))
    };
    let is_measured = |row: &EstimateRow| {
        row.basis == Some(EstimateBasis::Measured) && row.monthly_saving_usd.is_some()
    };
    let measured = rows.iter().filter(|row| is_measured(row)).count();
    let consumers = rows
        .iter()
        .filter(|row| row.basis != Some(EstimateBasis::Hours));
    let saving = sum(|row| row.monthly_saving_usd);
    EstimateRow {
        account_id: "total".to_owned(),
        account_name: None,
        region: None,
        vpc_id: None,
        vpc_name: None,
        service: None,
        endpoint_type: None,
        availability_zones: None,
        gb_month: sum(|row| row.gb_month),
        monthly_endpoint_hours_usd: sum(|row| row.monthly_endpoint_hours_usd),
        monthly_endpoint_data_usd: sum(|row| row.monthly_endpoint_data_usd),
        monthly_transit_gateway_usd: sum(|row| row.monthly_transit_gateway_usd),
        monthly_nat_usd: sum(|row| row.monthly_nat_usd),
        monthly_transit_gateway_today_usd: sum(|row| row.monthly_transit_gateway_today_usd),
        monthly_endpoint_today_usd: sum(|row| row.monthly_endpoint_today_usd),
        monthly_saving_usd: saving.filter(|_| measured > 0),
        break_even_gb_month: None,
        basis: None,
        remark: format!(
            "{measured} of {} calls of a VPC to a service have a measured saving{}",
            consumers.count(),
            not_measured(rows)
        ),
    }
}

/// What is not in the total, in a row's remark.
fn not_measured(rows: &[EstimateRow]) -> String {
    let kinds = [
        (EstimateBasis::NotMeasured, "are not measured"),
        (EstimateBasis::NotCalled, "are not made"),
        (EstimateBasis::NotOffered, "have no endpoint on offer"),
    ];
    let mut text = String::new();
    for (basis, what) in kinds {
        let count = rows.iter().filter(|row| row.basis == Some(basis)).count();
        if count > 0 {
            let _ = write!(text, "; {count} {what}");
        }
    }
    let unknown = rows.iter().filter(|row| {
        row.basis == Some(EstimateBasis::Measured) && row.monthly_saving_usd.is_none()
    });
    let unknown = unknown.count();
    if unknown > 0 {
        let _ = write!(
            text,
            "; the saving of {unknown} that are measured is not known"
        );
    }
    text
}

/// What the rows leave out, a sentence each.
fn notes(rows: &[EstimateRow], gaps: EstimateGaps) -> Vec<String> {
    let mut notes = Vec::new();
    let unmeasured = rows
        .iter()
        .filter(|row| row.basis != Some(EstimateBasis::Hours) && row.monthly_saving_usd.is_none());
    let hours: Decimal = unmeasured
        .clone()
        .filter_map(|row| Some(row.monthly_endpoint_hours_usd?.0))
        .sum();
    let count = unmeasured.count();
    if count > 0 {
        notes.push(format!(
            "{count} rows have no known saving: their endpoints cost {hours:.2} USD/month in hours, which the saving in the total leaves out"
        ));
    }
    for (count, what) in [
        (
            gaps.vpcs_without_calls,
            "VPCs: not all queries in the window are known, so calls of theirs may be missing",
        ),
        (
            gaps.vpcs_out_of_reach,
            "VPCs in other Regions than the hub are left out",
        ),
        (
            gaps.calls_not_offered,
            "calls of a VPC to a service without an endpoint on offer are left out",
        ),
        (
            gaps.calls_out_of_reach,
            "calls by names that no endpoint of the VPC's Region answers are left out",
        ),
        (
            gaps.calls_with_gateway,
            "calls of services with a free gateway endpoint are left to it; --services or --endpoint-type interface prices them in the hub",
        ),
    ] {
        if count > 0 {
            notes.push(format!("{count} {what}"));
        }
    }
    notes.push(
        "not in the figures: hours of NAT gateways, traffic between zones, data transfer"
            .to_owned(),
    );
    notes
}
