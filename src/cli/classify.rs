//! `vpce-scout classify`.

/// Reads host names, one a line, and writes one CSV row each, in order: host, kind, service,
/// service_region, endpoint_service_name.
#[derive(Debug, clap::Args)]
pub struct ClassifyArgs {}
