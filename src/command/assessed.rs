//! A finished run, assessed and ready to be read as a report, and the files that are made of it.

use crate::{
    assess::{AssessError, Assessment, advice, assess},
    cli::format::Format,
    config::Config,
    cost::price_book::PriceBook,
    report::{Formats, ReportReader},
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
    ReportReader::new(assessment.header, assessment.rows, assessment.interrupted)
}

/// The files that are wanted of it.
pub(super) fn formats(config: &Config, csv_bom: bool) -> Formats {
    let is_wanted = |format| config.output.formats.contains(&format);
    Formats {
        csv: is_wanted(Format::Csv),
        json: is_wanted(Format::Json),
        xlsx: is_wanted(Format::Xlsx),
        html: is_wanted(Format::Html),
        markdown: is_wanted(Format::Markdown),
        csv_bom,
    }
}
