//! The services that VPCs call, found by VPC and service.

use crate::model::{classified::VpcService, grouped::Grouped};

/// All calls, by VPC and service.
#[derive(Debug)]
pub(super) struct CallIndex<'w> {
    calls: Grouped<'w, VpcService>,
}

impl<'w> CallIndex<'w> {
    pub(super) fn new(rows: &'w [VpcService]) -> Self {
        let mut rows: Vec<_> = rows.iter().collect();
        rows.sort_by(|a, b| a.names.service.cmp(&b.names.service));
        Self {
            calls: Grouped::new(rows, |row| &row.vpc_id),
        }
    }

    /// Those of a VPC; none if it calls nothing.
    pub(super) fn of(&self, vpc_id: &str) -> Option<VpcCalls<'_, 'w>> {
        let rows = self.calls.of(vpc_id);
        (!rows.is_empty()).then_some(VpcCalls { rows })
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
