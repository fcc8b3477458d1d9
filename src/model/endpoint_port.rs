//! The ports that interface endpoints listen on: `config/endpoint_ports.toml`, else HTTPS.

use std::sync::LazyLock;

use serde::Deserialize;

/// The port of services that the table does not list.
const HTTPS: &[u16] = &[443];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    service: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Services, as in the endpoint service's name; `*` at the end stands for any suffix.
    names: Vec<String>,
    ports: Vec<u16>,
}

/// A test holds that the file can be read.
static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| read().unwrap_or_default());

fn read() -> Result<Vec<Entry>, toml::de::Error> {
    let table: Table = toml::from_str(include_str!("../../config/endpoint_ports.toml"))?;
    Ok(table.service)
}

impl Entry {
    fn has(&self, service: &str) -> bool {
        let mut names = self.names.iter();
        names.any(|name| match name.strip_suffix('*') {
            Some(start) => service.len() > start.len() && service.starts_with(start),
            None => service == name,
        })
    }
}

/// The TCP ports of an endpoint of a service, the usual one first: a client needs one of them.
pub fn of_service(service: &str) -> &'static [u16] {
    let mut entries = TABLE.iter();
    entries
        .find(|it| it.has(service))
        .map_or(HTTPS, |it| it.ports.as_slice())
}

/// Whether clients of a service use HTTPS on port 443.
pub fn is_https(service: &str) -> bool {
    of_service(service) == HTTPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_the_ports_of_their_protocol_whatever_their_suffix() {
        assert!(!read().unwrap().is_empty());
        for (service, port) in [
            ("transfer.server", 22),
            ("transfer.server.c-0026", 22),
            ("transfer", 443),
            ("email-smtp", 25),
            ("email", 443),
            ("mail-manager-smtp.open", 25),
            ("cassandra-fips", 9142),
            ("dsql", 443),
            ("dsql-fnh4", 5432),
            ("sts", 443),
        ] {
            assert_eq!(of_service(service).first(), Some(&port), "{service}");
        }
    }
}
