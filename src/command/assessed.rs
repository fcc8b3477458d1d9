//! A finished run, assessed and ready to be read as a report.

use crate::{
    assess::{AssessError, assess},
    cost::price_book::PriceBook,
    report::ReportReader,
    store::{Record, Store},
};

/// The report of a finished run.
pub(super) fn report(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
) -> Result<ReportReader, AssessError> {
    let assessment = assess(store, record, prices)?;
    let (header, rows) = (assessment.header, assessment.rows);
    Ok(ReportReader::new(header, rows, assessment.run))
}
