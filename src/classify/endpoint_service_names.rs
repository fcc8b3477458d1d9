//! The names of endpoint services, each put together once.

use hashbrown::HashMap;

use super::host::HostRules;

/// The names of endpoint services, each put together once: there are millions of hosts, but few
/// services.
#[derive(Debug)]
pub struct EndpointServiceNames<'r> {
    rules: &'r HostRules,
    known: HashMap<String, String>,
    key: String,
}

impl<'r> EndpointServiceNames<'r> {
    /// None yet.
    pub fn new(rules: &'r HostRules) -> Self {
        Self {
            rules,
            known: HashMap::new(),
            key: String::new(),
        }
    }

    /// The full name; empty if there is none.
    pub fn get(&mut self, service: &str, region: Option<&str>) -> &str {
        if service.is_empty() {
            return "";
        }
        self.key.clear();
        self.key.push_str(service);
        self.key.push(' ');
        self.key.push_str(region.unwrap_or_default());
        if !self.known.contains_key(&self.key) {
            let name = self
                .rules
                .endpoint_service_name(service, region)
                .unwrap_or_default();
            self.known.insert(self.key.clone(), name);
        }
        self.known.get(&self.key).map_or("", String::as_str)
    }
}
