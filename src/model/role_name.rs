//! The names of the roles that this program makes.

/// The name of the role of the scans, unless another one is given.
pub const READ_ROLE: &str = "vpce-scout-read";

/// That of the role that turns logs on.
pub const LOGGING_ROLE: &str = "vpce-scout-logging";

/// That of the role that delivers flow logs.
pub const DELIVERY_ROLE: &str = "vpce-scout-flow-logs";
