//! Objects that are files, counted as those of a bucket are: for benches, which need no network.

use std::{path::PathBuf, sync::Arc};

use super::{
    dns::Queries,
    flow_sums::Flows,
    object_list::Object,
    workers::{self, Origin},
};
use crate::{
    model::{coverage::Failure, flow::FlowUsage, run::Window, usage::GroupUsage},
    usage::flow::{matcher::Matcher, source::Source},
};

/// Files open at once.
const OPEN: usize = 8;

/// Counted query logs.
#[derive(Debug)]
pub struct CountedQueries(Queries);

/// Summed flow logs.
#[derive(Debug)]
pub struct SummedFlows(Flows);

/// Counts the query logs in files, with so many worker threads.
pub async fn count_queries(
    files: &[PathBuf],
    zones: &[String],
    window: Window,
    workers: usize,
) -> Result<CountedQueries, Failure> {
    let counter = || Queries::new(zones, window);
    let at_once = (workers, OPEN);
    let (all, _) = workers::read(Origin::Files, objects(files), at_once, counter).await?;
    all.check()?;
    Ok(CountedQueries(all))
}

/// Sums the flow logs in files, with so many worker threads.
pub async fn sum_flows(
    files: &[PathBuf],
    sources: &[Source],
    window: Window,
    parquet: bool,
    workers: usize,
) -> Result<SummedFlows, Failure> {
    let matchers: Arc<Vec<Matcher>> = Arc::new(sources.iter().map(Matcher::new).collect());
    let counter = || Flows::new(Arc::clone(&matchers), window, parquet);
    let at_once = (workers, OPEN);
    let (all, _) = workers::read(Origin::Files, objects(files), at_once, counter).await?;
    all.check()?;
    Ok(SummedFlows(all))
}

impl CountedQueries {
    /// How many names, with codes and first addresses, there are.
    pub fn groups(&self) -> usize {
        self.0.groups()
    }

    /// The usage that they show.
    pub fn usage(&self) -> GroupUsage {
        self.0.usage("the files")
    }
}

impl SummedFlows {
    /// How many pairs of a place and an address there are.
    pub fn groups(&self) -> usize {
        self.0.groups()
    }

    /// The usage that they show.
    pub fn usage(self, sources: &[Source]) -> FlowUsage {
        self.0.usage("the files", sources)
    }
}

fn objects(files: &[PathBuf]) -> Vec<Object> {
    let object = |path: &PathBuf| Object {
        key: path.to_string_lossy().into_owned(),
        size: 0,
        archived: false,
    };
    files.iter().map(object).collect()
}
