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
    workers::{self, Body, Count, Origin},
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
    usage::flow::{matcher::Matcher, source::Source},
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
    let origin = Origin::Bucket(bucket);
    let (flows, bytes) = workers::read(origin, listed.objects, at_once, counter).await?;
    flows.check()?;
    let shown = LogPlace::Objects(place.clone()).to_string();
    let mut usage = flows.usage(&shown, sources);
    usage.objects = Some(bucket.reads(ObjectCounts { bytes, ..taken }));
    Ok(usage)
}

/// The usage of a flow log, day by day added up.
#[derive(Debug, Default)]
pub struct Days {
    usage: FlowUsage,
    remarks: BTreeSet<String>,
}

impl Days {
    /// Adds a day.
    pub fn add(&mut self, day: FlowUsage) {
        let usage = &mut self.usage;
        usage.bytes_scanned += day.bytes_scanned;
        usage.failure = usage.failure.take().or(day.failure);
        ObjectReads::add(&mut usage.objects, day.objects);
        self.remarks.extend(day.remark);
        if usage.failure.is_some() {
            // Bytes that are too few would be taken for what they are not: no source then.
            usage.sources = Vec::new();
        } else if usage.sources.is_empty() {
            usage.sources = day.sources;
        } else {
            let sources = usage.sources.iter_mut().zip(day.sources);
            sources.for_each(|(source, more)| absorb(source, more));
        }
    }

    /// The usage of all days.
    pub fn usage(mut self, window: Window, settings: &Objects) -> FlowUsage {
        self.remarks.extend(lateness(window, settings));
        let remarks: Vec<_> = self.remarks.into_iter().collect();
        self.usage.remark = (!remarks.is_empty()).then(|| remarks.join("; "));
        self.usage
    }
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
            self.flush();
            return Ok(());
        }
        flow_text::read(key, body, self)?;
        self.flush();
        Ok(())
    }

    fn absorb(&mut self, other: Self) {
        Self::absorb(self, other);
    }
}

#[cfg(test)]
mod tests;
