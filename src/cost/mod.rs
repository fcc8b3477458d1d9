//! What things cost: unit prices with their origin ([`price_book`]) times measured quantities.
//! Where a price or a quantity is unknown, so is the cost.

pub mod bill;
pub mod break_even;
pub mod chargeback;
pub mod component;
pub mod endpoint;
pub mod hub;
pub mod log_volume;
pub mod nat_gateway;
pub mod objects;
pub mod price_book;
pub mod price_changes;
mod price_file;
pub mod price_list;
pub mod price_rows;
pub mod scan;
pub mod usage_type;
