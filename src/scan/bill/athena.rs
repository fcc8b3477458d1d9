//! The bill from a table of a data export, by one statement of Athena.

use rust_decimal::Decimal;

use super::{super::cells::Cells, BillRequest};
use crate::{
    aws::budget::gb,
    config::Config,
    cost::{objects::GB_PER_TB, price_book::PriceBook, usage_type::UsageTypes},
    model::{
        bill::{Bill, BillSource},
        coverage::{Cell, Failure, Reason},
        event::Event,
        found::Found,
        id::{AccountId, Region},
        money::{BYTES_PER_GB, PriceItem},
        object_reads::ObjectCounts,
    },
    org::session::Access,
    usage::athena::{
        bill::{self, BillQuestion, REMEDY},
        run::Workgroup,
        sql::LENGTH,
    },
};

/// Reads the table, and what that took.
pub(super) async fn gather(
    access: &Access,
    config: &Config,
    cells: &Cells,
    prices: &PriceBook,
    wanted: &BillRequest,
    cell: Cell,
) -> (Cell, Found) {
    let table = &config.bill.athena_table;
    let region = region(access, config);
    let price = region.as_ref().ok();
    let price = price.and_then(|it| prices.price(PriceItem::AthenaScanTb, it));
    let at = price.map_or(", price unknown".to_owned(), |usd| {
        format!(" at {} USD a TB", usd.normalize())
    });
    cells.send_event(Event::Estimate(format!(
        "reading the bill from the table {table} by Athena, which bills the bytes it scans{at}, at least 10 MB"
    )));
    let mut scanned = 0;
    let work = async {
        let region = region.clone()?;
        let account = match config.bill.account.parse::<AccountId>() {
            Ok(id) => access.account(&id).await?,
            Err(_) => access.organization_account(),
        };
        let workgroup = Workgroup {
            session: &account.session(&region),
            settings: &config.athena,
            polling: &config.usage,
            run: cells.run_id(),
        };
        read(&workgroup, table, wanted, &mut scanned).await
    };
    let measured = cells.measure(work).await;
    let bytes = ObjectCounts::billed(scanned);
    let tb = Decimal::from(bytes) / Decimal::from(BYTES_PER_GB * GB_PER_TB);
    let usd = price.and_then(|it| it.checked_mul(tb));
    let usd = usd.map_or("price unknown".to_owned(), |it| {
        format!("{} USD", it.round_dp(6).normalize())
    });
    let paid = format!("Athena bills {} for it, {usd}", gb(bytes));
    cells.send_event(Event::Estimate(format!("the bill: {paid}")));
    let cell = measured.add_to(cell);
    match (measured.result, region) {
        (Ok((bill, remarks)), Ok(region)) => {
            let mut remark = format!("{paid}; {}", BillRequest::describe(&bill));
            for it in remarks {
                remark.extend(["; ", &it]);
            }
            let bill = Bill {
                source: BillSource::Athena,
                athena: Some((region, bytes)),
                ..bill
            };
            (cell.remark(remark), Found::Bill(bill))
        }
        (Err(failure), _) | (_, Err(failure)) => {
            let message = format!("{}; {paid}", failure.message);
            (cell.failed(Failure { message, ..failure }), Found::Nothing)
        }
    }
}

/// The Region of the workgroup and the table: that of the settings, else the caller's.
fn region(access: &Access, config: &Config) -> Result<Region, Failure> {
    let set = config.athena.region.parse();
    set.or_else(|_| access.home_region())
}

async fn read(
    workgroup: &Workgroup<'_>,
    table: &str,
    wanted: &BillRequest,
    scanned: &mut u64,
) -> Result<(Bill, Vec<String>), Failure> {
    let (place, found) = workgroup.metadata(table, REMEDY).await?;
    let mismatch = |what: &str| {
        let why = format!("table `{place}` {what}; {REMEDY}");
        Failure::new(Reason::TableMismatch, why)
    };
    let columns = bill::columns(found.as_ref()).map_err(|what| mismatch(&what))?;
    let other_regions = wanted.unknown_regions();
    let asks_others = columns.has_regions() && !other_regions.is_empty();
    if wanted.usage_types.is_empty() && !asks_others {
        return Err(mismatch(
            "has no product_region_code, and the billing prefix of no Region is known",
        ));
    }
    let statement = columns.statement(
        &workgroup.quoted(table),
        &BillQuestion {
            first: wanted.first,
            end: wanted.end,
            usage_types: &wanted.usage_types,
            other_regions: &other_regions,
            suffixes: &UsageTypes::suffixes(),
        },
    );
    if statement.len() > LENGTH {
        let why = format!("the statement of the bill has more than {LENGTH} bytes");
        return Err(Failure::new(Reason::Truncated, why));
    }
    let answer = Box::pin(workgroup.run(&statement)).await;
    let answer = answer.map_err(|(failure, bytes)| {
        *scanned = bytes;
        failure
    })?;
    *scanned = answer.bytes_scanned;
    let answer = columns.read(&answer.rows)?;
    let mut remarks = answer.remarks;
    if !other_regions.is_empty() && !asks_others {
        let names: Vec<&str> = other_regions.iter().map(Region::as_str).collect();
        remarks.push(format!(
            "not asked for {}, of unknown billing prefix: the table has no product_region_code",
            names.join(", ")
        ));
    }
    let bill = wanted.of_days(&answer.days, answer.open_days, answer.charges);
    Ok((bill, remarks))
}
