//! A finished run, assessed and ready to be read as a report.

use crate::{
    assess::{AssessError, Assessment, advice, assess},
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
    Ok(reader(assess(store, record, prices)?))
}

/// The opportunities of a finished run, and the hosts of VPCs that one of them leads to a central endpoint.
pub(super) fn opportunities(
    store: &Store,
    record: &Record,
    prices: &PriceBook,
) -> Result<ReportReader, AssessError> {
    Ok(reader(advice(store, record, prices)?))
}

fn reader(assessment: Assessment) -> ReportReader {
    let (header, rows) = (assessment.header, assessment.rows);
    ReportReader::new(header, rows, assessment.run)
}
