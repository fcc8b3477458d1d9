//! What the steps of usage add to the facts of a run.

use super::Facts;
use crate::model::{flow::FlowPart, id::Region, object_reads::ObjectReads};

impl Facts {
    /// Takes in what the step `flow_usage` kept in a region.
    pub fn absorb_flows(&mut self, region: &Region, part: FlowPart) {
        match part {
            FlowPart::Read(read) => {
                *self.bytes_scanned.entry(region.clone()).or_default() += read.usage.bytes_scanned;
                self.absorb_reads(read.usage.objects.as_ref());
                self.flows.extend(read.usage.sources);
            }
            FlowPart::Day(_) | FlowPart::Interfaces(_) => {}
            FlowPart::PrefixLists(lists) => {
                self.prefix_lists.insert(region.clone(), lists);
            }
        }
    }

    /// Adds what reading a place in S3 took.
    pub fn absorb_reads(&mut self, reads: Option<&ObjectReads>) {
        if let Some(reads) = reads {
            let counts = self.object_reads.entry(reads.route.clone()).or_default();
            counts.absorb(reads.counts);
        }
    }
}
