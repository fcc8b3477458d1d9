//! `classify`: host names on stdin, one CSV row each on stdout, in order.

use std::io::{self, BufRead, Write};

use super::output;
use crate::{
    Exit,
    classify::{
        endpoint_service_names::EndpointServiceNames,
        host::{
            HostRules,
            partner::{PartnerHost, PartnerRules},
        },
    },
    model::{classified::HostKind, text::without_formula},
};

const HEADER: &str = "host,kind,service,service_region,endpoint_service_name";

/// Runs the command.
pub(super) fn run() -> anyhow::Result<Exit> {
    let (rules, partners) = (HostRules::built_in()?, PartnerRules::built_in()?);
    match rows(rules, partners, io::stdin().lock(), output::rows()) {
        Err(RowError::Writing(error)) if !output::is_closed(&error) => {
            Err(anyhow::Error::new(error).context("cannot write to stdout"))
        }
        Err(RowError::Reading(error)) => {
            Err(anyhow::Error::new(error).context("cannot read host names from stdin"))
        }
        _ => Ok(Exit::Complete),
    }
}

/// What ended the rows before the input did.
#[derive(Debug)]
enum RowError {
    Reading(io::Error),
    Writing(io::Error),
}

impl From<csv::Error> for RowError {
    fn from(error: csv::Error) -> Self {
        // The csv crate's own way to an I/O error forgets its kind.
        let text = error.to_string();
        Self::Writing(match error.into_kind() {
            csv::ErrorKind::Io(error) => error,
            _ => io::Error::other(text),
        })
    }
}

/// Writes a row for every line, an empty or unreadable one too, so that rows stay in step.
fn rows(
    rules: &HostRules,
    partners: &PartnerRules,
    mut input: impl BufRead,
    output: impl Write,
) -> Result<(), RowError> {
    let mut csv = csv::Writer::from_writer(output);
    csv.write_record(HEADER.split(','))?;
    let mut names = EndpointServiceNames::new(rules);
    let mut line = Vec::new();
    skip_byte_order_mark(&mut input).map_err(RowError::Reading)?;
    while input
        .read_until(b'\n', &mut line)
        .map_err(RowError::Reading)?
        > 0
    {
        let text = String::from_utf8_lossy(&line);
        let host = text.trim_end_matches(['\n', '\r']);
        let class = rules.classify(host.trim());
        if class.kind == HostKind::None
            && let Some(partner) = partners.classify(host.trim())
        {
            write_partner(&mut csv, host, &partner)?;
            line.clear();
            continue;
        }
        let service = class.service.as_deref().unwrap_or_default();
        let region = class.service_region.as_deref();
        csv.write_record([
            without_formula(host.into()).as_ref(),
            class.kind.name(),
            service,
            region.unwrap_or_default(),
            names.get(service, region),
        ])?;
        line.clear();
    }
    csv.flush().map_err(RowError::Writing)
}

/// Files that Windows and Excel write begin with a byte order mark, which is no part of a name.
fn skip_byte_order_mark(input: &mut impl BufRead) -> io::Result<()> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if input.fill_buf()?.starts_with(MARK) {
        input.consume(MARK.len());
    }
    Ok(())
}

/// The row of a partner's host: the partner stands for the service.
fn write_partner(
    csv: &mut csv::Writer<impl Write>,
    host: &str,
    partner: &PartnerHost<'_>,
) -> Result<(), csv::Error> {
    let region = partner.region.as_deref();
    csv.write_record([
        without_formula(host.into()).as_ref(),
        partner.kind.name(),
        partner.provider,
        region.unwrap_or_default(),
        partner.endpoint_service_name(region).unwrap_or_default(),
    ])
}

#[cfg(test)]
mod tests;
