//! What things cost: unit prices with their origin ([`price_book`]) times measured quantities.
//! Where a price or a quantity is unknown, so is the cost.

pub mod endpoint;
pub mod nat_gateway;
pub mod price_book;
pub mod scan;
