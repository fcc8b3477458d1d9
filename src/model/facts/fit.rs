//! Resources give back the room that their lists kept for more: a list of one thing has room for four
//! when it comes from the store, and a Region has tens of thousands of lists.

use crate::model::inventory::{Endpoint, NatGateway, RouteTable, Subnet, Vpc};

/// A resource with lists.
pub(super) trait Fit {
    /// Makes the lists as long as what is in them.
    fn fit(&mut self);
}

impl Fit for Vpc {
    fn fit(&mut self) {
        self.cidrs.shrink_to_fit();
    }
}

impl Fit for Subnet {
    fn fit(&mut self) {
        self.cidrs.shrink_to_fit();
    }
}

impl Fit for RouteTable {
    fn fit(&mut self) {
        self.subnet_ids.shrink_to_fit();
        self.routes.shrink_to_fit();
    }
}

impl Fit for NatGateway {
    fn fit(&mut self) {
        self.availability_zones.shrink_to_fit();
        self.addresses.iter_mut().for_each(Vec::shrink_to_fit);
    }
}

impl Fit for Endpoint {
    fn fit(&mut self) {
        self.subnet_ids.shrink_to_fit();
        self.route_table_ids.shrink_to_fit();
        self.security_group_ids.shrink_to_fit();
        self.network_interface_ids.shrink_to_fit();
    }
}

/// The same of all of them.
pub(super) fn fitted<T: Fit>(mut found: Vec<T>) -> Vec<T> {
    found.iter_mut().for_each(Fit::fit);
    found
}
