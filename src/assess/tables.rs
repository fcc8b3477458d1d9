//! The tables that rows are written to, and read from for sums.

use std::{cell::RefCell, io, net::IpAddr};

use serde::de::DeserializeOwned;

use super::AssessError;
use crate::{
    model::{
        cross_region::CrossRegionEndpoint,
        id::Region,
        report::{
            AccountRow, BillRow, CoverageRow, EgressChargebackRow, EndpointRow, FindingRow,
            FlowUsageRow, HostRow, HubOrOwnRow, NatGatewayRow, OpportunityRow, PartnerServiceRow,
            Row, ServiceRow, VpcRow, VpcServiceRow, field_names,
        },
    },
    store::{Addresses, NumberedRows, ReportRows, RowBuffer, StoreError, TableColumns},
};

/// Every table.
pub(super) fn all() -> [TableColumns; 15] {
    [
        columns_of::<AccountRow>(),
        columns_of::<CoverageRow>(),
        columns_of::<VpcRow>(),
        columns_of::<VpcServiceRow>(),
        columns_of::<ServiceRow>(),
        columns_of::<HostRow>(),
        columns_of::<NatGatewayRow>(),
        columns_of::<EndpointRow>(),
        columns_of::<FlowUsageRow>(),
        columns_of::<FindingRow>(),
        columns_of::<OpportunityRow>(),
        columns_of::<HubOrOwnRow>(),
        columns_of::<PartnerServiceRow>(),
        columns_of::<EgressChargebackRow>(),
        columns_of::<BillRow>(),
    ]
}

/// The table of some rows.
pub(super) fn columns_of<R: Row>() -> TableColumns {
    TableColumns {
        table: R::TABLE,
        columns: field_names::<R>(),
    }
}

/// Which rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WantedRows {
    /// Those of every table.
    All,
    /// Opportunities, and the hosts of VPCs that an opportunity leads to a central endpoint.
    Advice,
}

/// The tables of a report.
pub(super) struct Tables<'t> {
    rows: &'t ReportRows,
    wanted: WantedRows,
    addresses: RefCell<Addresses<'t>>,
    /// The Region at hand.
    region: RefCell<String>,
    buffer: RefCell<RowBuffer>,
}

impl<'t> Tables<'t> {
    pub(super) fn new(rows: &'t ReportRows, wanted: WantedRows) -> Result<Self, StoreError> {
        Ok(Self {
            rows,
            wanted,
            addresses: RefCell::new(rows.addresses()?),
            region: RefCell::default(),
            buffer: RefCell::default(),
        })
    }

    /// Which rows are made.
    pub(super) fn wanted(&self) -> WantedRows {
        self.wanted
    }

    /// From here on rows are those of a Region; of none if they belong to the organization.
    pub(super) fn begin(&self, region: Option<&Region>) {
        *self.region.borrow_mut() = region.map(ToString::to_string).unwrap_or_default();
    }

    /// Adds a row behind those of its Region. The key sorts it among the rows of other Regions.
    pub(super) fn add<R: Row>(&self, key: &[u8], row: &R) -> Result<(), AssessError> {
        let mut buffer = self.buffer.borrow_mut();
        buffer.clear();
        buffer.add(row)?;
        self.add_buffer::<R>(key, &buffer)
    }

    /// The same of a row that is in a buffer.
    pub(super) fn add_buffer<R: Row>(
        &self,
        key: &[u8],
        row: &RowBuffer,
    ) -> Result<(), AssessError> {
        let region = self.region.borrow();
        Ok(self.rows.add(R::TABLE, &region, key, row)?)
    }

    /// Rows of a table that are read by number before they are added.
    pub(super) fn numbered(&self, table: TableColumns) -> Result<NumberedRows, AssessError> {
        Ok(self.rows.numbered(table)?)
    }

    /// Removes the rows of a Region.
    pub(super) fn remove_region(&self, region: &Region) {
        self.rows.remove_region(region);
    }

    /// Hands each row of a table to `take`, in the order of the table: as far as a `T` needs it.
    pub(super) fn each<R: Row, T: DeserializeOwned>(
        &self,
        mut take: impl FnMut(T),
    ) -> io::Result<()> {
        self.rows.each(R::TABLE, &mut |row| {
            take(row.read()?);
            Ok(())
        })
    }

    /// Notes an endpoint of a Region at an address.
    pub(super) fn add_address(
        &self,
        address: IpAddr,
        region: &Region,
        endpoint: &CrossRegionEndpoint,
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
    ) -> Result<Vec<CrossRegionEndpoint>, AssessError> {
        let mut found = Vec::new();
        let address = address.to_string();
        let mut addresses = self.addresses.borrow_mut();
        addresses.each_elsewhere(&address, region, |it| {
            found.push(serde_json::from_str(it));
        })?;
        Ok(found.into_iter().collect::<Result<_, _>>()?)
    }
}
