//! Flow logs in objects: the records of one flow log and day, summed into the rows that Logs Insights
//! returns.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::{
    bucket::Bucket,
    dns::lateness,
    flow_sums::Flows,
    flow_text, listing,
    reader::ObjectReader,
    workers::{self, Body, Count},
};
use crate::{
    config::Objects,
    model::{
        coverage::{Failure, Reason},
        flow::{FlowSource, FlowUsage},
        log_place::{LogPlace, ObjectPlace, ObjectRecords},
        object_reads::{ObjectCounts, ObjectReads},
        run::Window,
    },
    usage::flow::{
        self,
        record::{Matcher, Table},
        source::Source,
    },
};

/// The days whose folders may hold records of the window.
pub fn days(place: &ObjectPlace, window: Window, settings: &Objects) -> Vec<Date> {
    listing::stamps(place, window, settings).days()
}

/// Reads the sources of one flow log in the folders of a day.
pub async fn read_day(
    reader: &ObjectReader,
    bucket: &Bucket,
    place: &ObjectPlace,
    sources: &[Source],
    (window, day): (Window, Date),
    settings: &Objects,
) -> Result<FlowUsage, Failure> {
    let _turn = reader.turn().await;
    if let Some(why) = reader.refusal() {
        return Err(why.clone());
    }
    let parquet = matches!(&place.records, ObjectRecords::Flows { layout, .. } if layout.parquet);
    if parquet && cfg!(not(feature = "parquet")) {
        let why = "this build cannot read Parquet (feature `parquet`)";
        return Err(Failure::new(Reason::DestinationUnsupported, why));
    }
    let listed = listing::of_day(reader, bucket, place, window, settings, day).await?;
    let taken = listed.counts();
    let matchers: Arc<Vec<Matcher>> = Arc::new(sources.iter().map(Matcher::new).collect());
    let counter = || Flows::new(Arc::clone(&matchers), window, parquet);
    let at_once = (settings.threads(), settings.fetchers);
    let (counters, bytes) = workers::read(bucket, listed.objects, at_once, counter).await?;
    let mut flows = counter();
    for it in counters {
        flows.absorb(it);
    }
    flows.check()?;
    let shown = LogPlace::Objects(place.clone()).to_string();
    let rows = flows.tables.iter().map(Table::rows);
    let mut usage = flow::of_rows(&shown, sources, rows);
    usage.objects = Some(bucket.reads(ObjectCounts { bytes, ..taken }));
    if !flows.has_start {
        let why = format!(
            "the records of {shown} lack ${{start}}: those at the ends of the window are chosen by the \
             names of their objects"
        );
        add_remark(&mut usage, &why);
    }
    Ok(usage)
}

fn add_remark(usage: &mut FlowUsage, why: &str) {
    let before = usage.remark.take();
    usage.remark = Some(before.map_or_else(|| why.to_owned(), |it| format!("{it}; {why}")));
}

/// One usage of the days of a flow log.
pub fn of_days(days: Vec<FlowUsage>, window: Window, settings: &Objects) -> FlowUsage {
    let mut usage = FlowUsage::default();
    let mut remarks: BTreeSet<String> = BTreeSet::new();
    for day in days {
        usage.bytes_scanned += day.bytes_scanned;
        usage.failure = usage.failure.take().or(day.failure);
        ObjectReads::add(&mut usage.objects, day.objects);
        remarks.extend(day.remark);
        if usage.sources.is_empty() {
            usage.sources = day.sources;
            continue;
        }
        for (source, more) in usage.sources.iter_mut().zip(day.sources) {
            absorb(source, more);
        }
    }
    remarks.extend(lateness(window, settings));
    let remarks: Vec<_> = remarks.into_iter().collect();
    usage.remark = (!remarks.is_empty()).then(|| remarks.join("; "));
    if usage.failure.is_some() {
        // Bytes that are too few would be taken for what they are not: no source then.
        usage.sources = Vec::new();
    }
    usage
}

fn absorb(source: &mut FlowSource, more: FlowSource) {
    for (row, bytes) in more.rows {
        let sum = source.rows.entry(row).or_default();
        *sum = sum.saturating_add(bytes);
    }
    for (interface, records) in more.skipped {
        *source.skipped.entry(interface).or_default() += records;
    }
    source.quiet.extend(more.quiet);
    source.part.extend(more.part);
}

impl Count for Flows {
    fn object(&mut self, key: &str, body: Body) -> Result<(), Failure> {
        #[cfg(feature = "parquet")]
        if self.parquet {
            super::parquet::read(key, body, self)?;
            return self.check_groups();
        }
        flow_text::read(key, body, self)?;
        self.check_groups()
    }
}

#[cfg(test)]
mod tests;
