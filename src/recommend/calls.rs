//! The services that VPCs call, found by VPC and service.

use std::ops::Range;

use hashbrown::HashMap;

use crate::model::classified::VpcService;

/// All calls.
#[derive(Debug)]
pub(super) struct CallIndex<'w> {
    /// By VPC and service.
    rows: Vec<&'w VpcService>,
    /// Where those of each VPC are.
    places: HashMap<&'w str, Range<usize>>,
}

impl<'w> CallIndex<'w> {
    pub(super) fn new(rows: &'w [VpcService]) -> Self {
        let place = |row: &&'w VpcService| (row.vpc_id.as_str(), &*row.names.service);
        let mut rows: Vec<_> = rows.iter().collect();
        rows.sort_by(|a, b| place(a).cmp(&place(b)));
        let mut places = HashMap::new();
        let mut start = 0;
        for of_vpc in rows.chunk_by(|a, b| a.vpc_id == b.vpc_id) {
            let end = start + of_vpc.len();
            places.extend(of_vpc.first().map(|it| (it.vpc_id.as_str(), start..end)));
            start = end;
        }
        Self { rows, places }
    }

    /// Those of a VPC; none if it calls nothing.
    pub(super) fn of(&self, vpc_id: &str) -> Option<VpcCalls<'_, 'w>> {
        let place = self.places.get(vpc_id)?;
        let rows = self.rows.get(place.clone())?;
        Some(VpcCalls { rows })
    }
}

/// The services that a VPC calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct VpcCalls<'c, 'w> {
    /// By service.
    rows: &'c [&'w VpcService],
}

impl<'c, 'w: 'c> VpcCalls<'c, 'w> {
    /// The calls to a service.
    pub(super) fn get(self, service: &str) -> Option<ServiceCalls<'w>> {
        let start = self
            .rows
            .partition_point(|row| &*row.names.service < service);
        let rows = self.rows.get(start..).unwrap_or_default();
        let end = rows.partition_point(|row| &*row.names.service <= service);
        let rows = rows.get(..end).filter(|rows| !rows.is_empty());
        rows.map(ServiceCalls::of)
    }

    /// The services, by name, and the calls to each.
    pub(super) fn each(self) -> impl Iterator<Item = (&'w str, ServiceCalls<'w>)> + 'c {
        let services = self
            .rows
            .chunk_by(|a, b| a.names.service == b.names.service);
        services.filter_map(|rows| Some((&*rows.first()?.names.service, ServiceCalls::of(rows))))
    }
}

impl<'w> ServiceCalls<'w> {
    /// Of the rows of one VPC and service.
    fn of(rows: &[&'w VpcService]) -> Self {
        let mut calls = Self::default();
        for row in rows {
            match row.names.service_region.as_deref() {
                None => calls.global = Some(row),
                Some(_) if row.names.in_own_region => calls.here = Some(row),
                Some(_) => calls.elsewhere.push(row),
            }
        }
        calls
    }
}

/// The calls of one VPC to one service, by the region in the names.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceCalls<'w> {
    /// To names of the VPC's own region.
    pub(super) here: Option<&'w VpcService>,
    /// To names without a region.
    pub(super) global: Option<&'w VpcService>,
    /// To names of other regions.
    pub(super) elsewhere: Vec<&'w VpcService>,
}
