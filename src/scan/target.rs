//! The resources of one target, in the order of [`RESOURCES`]: VPCs first, then all that needs nothing,
//! then what is listed from that.
//!
//! Calls at once are gathered in a stream: `join_all` would look at each of a few futures whenever one
//! of them gets on, and those of the SDK are deep.

use futures::{
    FutureExt, StreamExt,
    stream::{FuturesOrdered, FuturesUnordered},
};

use super::{
    cells::{Cells, Measured},
    resources::{List, Listed, RESOURCES, Request, Resource, is_needed},
};
use crate::{
    aws::attempts::Counts,
    collect::{query_log, target_metrics},
    model::{
        coverage::{Cell, Failure, Reason, Step},
        facts::{Facts, Finished, Found},
        run::Window,
    },
    org::session::Session,
    store::Place,
};

/// Lists the resources of a target. What an earlier process listed is taken from the store.
pub(super) async fn list(cells: &Cells, session: &Session, window: Window) {
    let target = Listing {
        cells,
        session,
        window,
    };
    let nothing = Facts::default();
    let mut known = Facts::default();
    let mut unknown = Vec::new();
    for resource in &RESOURCES {
        if let Listed::First(list) = resource.listed {
            let (finished, failure) = target.run(resource, list, &nothing, false).await;
            known.absorb(finished);
            match failure {
                None if known.vpcs.is_empty() => {
                    target.own_configurations().await;
                    return target.complete_all();
                }
                Some(denied) if denied.reason == Reason::ScpDenied => {
                    return target.skip_all(&denied);
                }
                failure => unknown.extend(failure.map(|failure| (resource.step, failure))),
            }
        }
    }
    let always = RESOURCES.iter().filter_map(|it| match it.listed {
        // Boxed: the futures of the SDK are large.
        Listed::Always(list) => Some(Box::pin(target.run(it, list, &nothing, false))),
        _ => None,
    });
    // In order: why a step that follows several is skipped must not depend on their pace.
    let always: FuturesOrdered<_> = always.collect();
    for (finished, failure) in always.collect::<Vec<_>>().await {
        let step = finished.cell.step;
        known.absorb(finished);
        unknown.extend(failure.map(|failure| (step, failure)));
    }
    let rest = RESOURCES.iter();
    let rest = rest.map(|it| target.dependent(it, &known, &unknown).boxed());
    let metrics = target.metrics(&known, &unknown).boxed();
    let rest: FuturesUnordered<_> = rest.chain([metrics]).collect();
    rest.collect::<()>().await;
}

/// One target.
#[derive(Clone, Copy)]
struct Listing<'l> {
    cells: &'l Cells,
    session: &'l Session,
    window: Window,
}

impl Listing<'_> {
    /// Runs the step of a resource. Returns what it found, if another resource needs that, and why
    /// it failed.
    async fn run(
        &self,
        resource: &Resource,
        list: List,
        known: &Facts,
        incomplete: bool,
    ) -> (Finished, Option<Failure>) {
        let (target, step) = (self.session.target(), resource.step);
        let needed = is_needed(step);
        let place = Place::at(target, step);
        let settled = self.cells.settled(place).is_some();
        let mut kept = Found::Nothing;
        let request = Request {
            session: self.session,
            known,
            incomplete,
        };
        let keep = |found: Found| {
            if needed {
                kept = found.clone();
            }
            found
        };
        let failure = self.cells.step(target, step, list(request), keep).await;
        if settled && needed {
            kept = self.cells.found(place);
        }
        let finished = Finished {
            cell: self.complete(step),
            found: kept,
        };
        (finished, failure)
    }

    /// Lists a resource that others come before.
    async fn dependent(&self, resource: &Resource, known: &Facts, unknown: &[(Step, Failure)]) {
        let missing = |needs: &[Step]| unknown.iter().find(|(step, _)| needs.contains(step));
        let skip = |incomplete: &(Step, Failure)| self.skip_after(resource.step, incomplete);
        match resource.listed {
            Listed::From(needs, list) => match missing(needs) {
                Some(unknown) => skip(unknown),
                None => drop(self.run(resource, list, known, false).await),
            },
            Listed::IfAny(needs, any, list) => {
                let incomplete = missing(needs);
                if let Some(vpcs) = incomplete.filter(|(step, _)| *step == Step::Vpcs) {
                    skip(vpcs);
                } else if any(known) || incomplete.is_some() {
                    let incomplete = incomplete.is_some();
                    drop(self.run(resource, list, known, incomplete).await);
                } else {
                    self.cells.record_once(self.complete(resource.step));
                }
            }
            Listed::First(_) | Listed::Always(_) | Listed::Metrics(_) | Listed::Later => {}
        }
    }

    /// Reads the metrics of the target, those of all resources by the same calls.
    async fn metrics(&self, known: &Facts, unknown: &[(Step, Failure)]) {
        let mut wanted = Vec::new();
        for resource in &RESOURCES {
            let (Listed::Metrics(needs), step) = (&resource.listed, resource.step) else {
                continue;
            };
            match unknown.iter().find(|(step, _)| needs.contains(step)) {
                Some(incomplete) => self.skip_after(step, incomplete),
                None if self
                    .cells
                    .settled(Place::at(self.session.target(), step))
                    .is_some() => {}
                None => wanted.push(step),
            }
        }
        if wanted.is_empty() {
            return;
        }
        let of = |step| wanted.contains(&step);
        let gateways = known.nat_gateways.values();
        let gateways = gateways.filter(|_| of(Step::NatMetrics));
        let endpoints = known.endpoints.values();
        let endpoints = endpoints.filter(|_| of(Step::EndpointMetrics));
        let work = async {
            Ok(target_metrics::list(self.session, gateways, endpoints, self.window).await)
        };
        let measured = self.cells.measure(work).await;
        let duration_ms = measured.duration_ms;
        let (gateways, endpoints) = match measured.result {
            Ok(read) => (read.nat_gateways, read.endpoints),
            Err(failure) => (
                (Err(failure.clone()), Counts::default()),
                (Err(failure), Counts::default()),
            ),
        };
        let mut both = Vec::new();
        if of(Step::NatMetrics) {
            both.push(self.metrics_cell(
                Step::NatMetrics,
                gateways,
                duration_ms,
                Found::NatMetrics,
            ));
        }
        if of(Step::EndpointMetrics) {
            both.push(self.metrics_cell(
                Step::EndpointMetrics,
                endpoints,
                duration_ms,
                Found::EndpointMetrics,
            ));
        }
        self.cells.record(both);
    }

    /// The cell of metrics that were read together with others.
    fn metrics_cell<T>(
        &self,
        step: Step,
        (result, counts): (Result<T, Failure>, Counts),
        duration_ms: u64,
        found: impl FnOnce(T) -> Found,
    ) -> Finished {
        let (found, failure) = Found::of(result, found);
        let measured = Measured {
            result: Ok(()),
            counts,
            duration_ms,
        };
        let cell = measured.add_to(self.complete(step));
        let cell = match failure {
            Some(failure) => cell.failed(failure),
            None => cell,
        };
        Finished { cell, found }
    }

    /// Skips a step, since one that it follows is not complete.
    fn skip_after(&self, step: Step, (before, failure): &(Step, Failure)) {
        let why = format!("the step {} is not complete: {failure}", before.name());
        self.skip(step, failure.reason, &why);
    }

    /// Lists the query log configurations of a target without a VPC for a shard, since accounts of other
    /// shards may use them, and this one reads their log groups.
    async fn own_configurations(&self) {
        if self.cells.other_shards().is_none() {
            return;
        }
        let work = query_log::list_own(self.session);
        let found = |(configs, associations)| Found::QueryLogging(configs, associations);
        let target = self.session.target();
        let step = self.cells.step(target, Step::QueryLogging, work, found);
        Box::pin(step).await;
    }

    /// Records that a target without a VPC has nothing more: no further call is made.
    fn complete_all(&self) {
        let listed = |it: &&Resource| {
            let is_done = it.step == Step::QueryLogging && self.cells.other_shards().is_some();
            it.is_listed_by_target() && !is_done
        };
        for resource in RESOURCES.iter().filter(listed) {
            self.cells.record_once(self.complete(resource.step));
        }
    }

    /// Skips what follows VPCs that a service control policy denies.
    fn skip_all(&self, denied: &Failure) {
        let why = format!("the region is denied: {}", denied.message);
        for resource in &RESOURCES {
            if !matches!(resource.listed, Listed::First(_) | Listed::Later) {
                self.skip(resource.step, Reason::ScpDenied, &why);
            }
        }
    }

    fn skip(&self, step: Step, reason: Reason, why: &str) {
        let target = self.session.target();
        let region = Some(&target.region);
        self.cells
            .skip(&target.account_id, region, step, reason, why);
    }

    fn complete(&self, step: Step) -> Cell {
        let target = self.session.target();
        let (account, region) = (target.account_id.clone(), target.region.clone());
        Cell::complete(Some(account), Some(region), step)
    }
}
