//! The tables that rows are written to, and read from for sums.

use std::{cell::RefCell, collections::BTreeMap, io, net::IpAddr};

use super::AssessError;
use crate::{
    model::{
        elsewhere::EndpointElsewhere,
        id::Region,
        report::{
            AccountRow, BillRow, EgressChargebackRow, EndpointRow, FindingRow, FlowUsageRow,
            HostRow, HubOrOwnRow, NatGatewayRow, OpportunityRow, PartnerServiceRow, Row,
            ServiceRow, VpcRow, VpcServiceRow,
        },
    },
    store::{Addresses, ReportRows, RowWriter, StoreError},
};

/// Every table but `coverage`, whose rows are the cells of the run.
pub(super) const NAMES: [&str; 14] = [
    AccountRow::TABLE,
    VpcRow::TABLE,
    VpcServiceRow::TABLE,
    ServiceRow::TABLE,
    HostRow::TABLE,
    NatGatewayRow::TABLE,
    EndpointRow::TABLE,
    FlowUsageRow::TABLE,
    FindingRow::TABLE,
    OpportunityRow::TABLE,
    HubOrOwnRow::TABLE,
    PartnerServiceRow::TABLE,
    EgressChargebackRow::TABLE,
    BillRow::TABLE,
];

/// Which rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those of every table.
    All,
    /// Opportunities, and the hosts of VPCs that an opportunity leads to a central endpoint.
    Advice,
}

/// The tables of a report.
pub(super) struct Tables<'t> {
    rows: &'t ReportRows,
    wanted: Wanted,
    /// Each table's writer, and how many rows of the Region at hand it has.
    writers: RefCell<BTreeMap<&'static str, (RowWriter<'t>, u64)>>,
    addresses: RefCell<Addresses<'t>>,
    /// The Region at hand.
    region: RefCell<String>,
    buffer: RefCell<Vec<u8>>,
}

impl<'t> Tables<'t> {
    pub(super) fn new(rows: &'t ReportRows, wanted: Wanted) -> Result<Self, StoreError> {
        let writer = |table| Ok((table, (rows.writer(table)?, 0)));
        let writers: Result<_, StoreError> = NAMES.into_iter().map(writer).collect();
        Ok(Self {
            rows,
            wanted,
            writers: RefCell::new(writers?),
            addresses: RefCell::new(rows.addresses()?),
            region: RefCell::default(),
            buffer: RefCell::default(),
        })
    }

    /// Which rows are made.
    pub(super) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// From here on rows are those of a Region; of none if they belong to the organization.
    pub(super) fn begin(&self, region: Option<&Region>) {
        for (_, places) in self.writers.borrow_mut().values_mut() {
            *places = 0;
        }
        *self.region.borrow_mut() = region.map(ToString::to_string).unwrap_or_default();
    }

    /// Adds a row behind those of its Region. The key sorts it among the rows of other Regions.
    pub(super) fn add<R: Row>(&self, key: &[u8], row: &R) -> Result<(), AssessError> {
        let mut writers = self.writers.borrow_mut();
        let Some((writer, place)) = writers.get_mut(R::TABLE) else {
            return Ok(());
        };
        let mut buffer = self.buffer.borrow_mut();
        buffer.clear();
        serde_json::to_writer(&mut *buffer, row)?;
        let content = std::str::from_utf8(&buffer).map_err(io::Error::other)?;
        let region = self.region.borrow();
        writer.add(&region, *place, key, content)?;
        *place += 1;
        Ok(())
    }

    /// Removes the rows of a Region.
    pub(super) fn remove_region(&self, region: &Region) -> Result<(), StoreError> {
        self.rows.remove_region(region)
    }

    /// Hands each row of a table to `take`, in the order of the table.
    pub(super) fn each<R: Row>(&self, mut take: impl FnMut(R)) -> io::Result<()> {
        self.rows.each(R::TABLE, &mut |row| {
            take(serde_json::from_str(row)?);
            Ok(())
        })
    }

    /// Notes an endpoint of a Region at an address.
    pub(super) fn add_address(
        &self,
        address: IpAddr,
        region: &Region,
        endpoint: &EndpointElsewhere,
    ) -> Result<(), AssessError> {
        let endpoint = serde_json::to_string(endpoint)?;
        let mut addresses = self.addresses.borrow_mut();
        addresses.add(&address.to_string(), region, &endpoint)?;
        Ok(())
    }

    /// The endpoints of other Regions at an address.
    pub(super) fn addresses(
        &self,
        address: IpAddr,
        region: &Region,
    ) -> Result<Vec<EndpointElsewhere>, AssessError> {
        let mut found = Vec::new();
        let address = address.to_string();
        let mut addresses = self.addresses.borrow_mut();
        addresses.each_elsewhere(&address, region, |it| {
            found.push(serde_json::from_str(it));
        })?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }
}
