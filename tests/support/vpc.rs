//! VPCs for [`super::organization`]: what is in them, and what they ask the DNS resolver.

use serde_json::{Map, Value, json};

use super::organization::HOME;

/// A VPC in [`HOME`], without anything until something is added.
#[derive(Clone, Debug)]
pub(crate) struct Vpc {
    name: String,
    region: String,
    groups: Vec<String>,
    /// Accounts and their shared query log configurations.
    logged_by: Vec<(String, String)>,
    /// The account of a transit gateway, and the attachment to it.
    attached: Option<(String, Value)>,
    content: Map<String, Value>,
}

impl Vpc {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            region: HOME.to_owned(),
            groups: Vec::new(),
            logged_by: Vec::new(),
            attached: None,
            content: Map::new(),
        }
    }

    /// One that gives every step of a scan something to find.
    pub(crate) fn with_everything(name: &str) -> Self {
        Self::new(name)
            .subnet("a")
            .subnet("b")
            .with("internet_gateway", true)
            .nat_gateway("nat", 5_000_000_000, 40_000_000_000)
            .route_table(
                "private",
                &["a", "b"],
                &[("0.0.0.0/0", "nat:nat"), ("10.0.0.0/8", "tgw:tgw-1")],
            )
            .endpoint(json!({ "service": "s3", "type": "Gateway", "route_tables": ["private"] }))
            .endpoint(json!({ "service": "sts", "subnets": ["a"] }))
            .flow_logged()
            .logged()
            .asks("sts.eu-west-1.amazonaws.com.", 12)
            .asks("s3.eu-west-1.amazonaws.com.", 7)
            .asks("www.example.com.", 5)
    }

    pub(crate) fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// A subnet in the availability zone of its name.
    pub(crate) fn subnet(self, zone: &str) -> Self {
        let number = self
            .content
            .get("subnets")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        self.add(
            "subnets",
            json!({ "name": zone, "az": zone, "cidr": format!("10.0.{number}.0/24") }),
        )
    }

    pub(crate) fn route_table(self, name: &str, subnets: &[&str], routes: &[(&str, &str)]) -> Self {
        let routes: Vec<_> = routes
            .iter()
            .map(|(to, via)| json!({ "to": to, "via": via }))
            .collect();
        self.add(
            "route_tables",
            json!({ "name": name, "subnets": subnets, "routes": routes }),
        )
    }

    /// A NAT gateway in subnet `a` with the bytes of the whole window.
    pub(crate) fn nat_gateway(self, name: &str, from_source: u64, from_destination: u64) -> Self {
        let metrics = json!({
            "BytesInFromSource": from_source,
            "BytesInFromDestination": from_destination,
            "ActiveConnectionCount": 3,
        });
        let gateway =
            json!({ "name": name, "subnet": "a", "metrics": metrics, "metric_hours": 160 });
        self.add("nat_gateways", gateway)
    }

    pub(crate) fn endpoint(self, endpoint: Value) -> Self {
        self.add("endpoints", endpoint)
    }

    /// With a flow log into a log group of its own.
    pub(crate) fn flow_logged(mut self) -> Self {
        let group = format!("flow/{}", self.name);
        self.groups.push(group.clone());
        self.flow_logged_to(&format!("log_group:{group}"))
    }

    pub(crate) fn flow_logged_to(self, destination: &str) -> Self {
        self.add("flow_logs", json!({ "destination": destination }))
    }

    /// With a flow log into a log group of its own, `flow/` and a name. The seed's members, such as
    /// `resource` and `format`, are as given.
    pub(crate) fn flow_log(mut self, group: &str, mut log: Value) -> Self {
        let group = format!("flow/{group}");
        log["destination"] = format!("log_group:{group}").into();
        if !self.groups.contains(&group) {
            self.groups.push(group);
        }
        self.add("flow_logs", log)
    }

    /// A line of the seed's `traffic`, which every flow log that sees it records.
    pub(crate) fn traffic(self, line: Value) -> Self {
        self.add("traffic", line)
    }

    /// With its DNS queries logged into a log group of its own.
    pub(crate) fn logged(mut self) -> Self {
        let group = format!("dns/{}", self.name);
        self.groups.push(group.clone());
        self.add("query_logging", json!({ "config": group }))
    }

    /// With its DNS queries logged by the configuration that an account shares.
    pub(crate) fn logged_by(mut self, account: &str, config: &str) -> Self {
        self.logged_by.push((account.to_owned(), config.to_owned()));
        self
    }

    /// Attached to a transit gateway of an account, whose routes it follows there.
    pub(crate) fn attached_to(
        mut self,
        account: &str,
        transit_gateway: &str,
        routes: &str,
    ) -> Self {
        let attachment = json!({ "id": transit_gateway, "subnets": ["a"], "route_table": routes });
        self.attached = Some((account.to_owned(), attachment));
        self
    }

    /// Shares the subnets with these accounts.
    pub(crate) fn shared_with(self, accounts: &[&str]) -> Self {
        self.with("shared_with", json!(accounts))
    }

    pub(crate) fn answered(self, host: &str, answers: &[&str]) -> Self {
        let kind = if answers.iter().any(|it| it.contains(':')) {
            "AAAA"
        } else {
            "A"
        };
        self.add(
            "dns",
            json!({ "host": host, "type": kind, "count": 4, "answers": answers }),
        )
    }

    pub(crate) fn asks(self, host: &str, count: u64) -> Self {
        self.add(
            "dns",
            json!({ "host": host, "count": count, "answers": ["203.0.113.7"] }),
        )
    }

    /// Asks for a name that does not exist.
    pub(crate) fn asks_in_vain(self, host: &str, count: u64) -> Self {
        self.add(
            "dns",
            json!({ "host": host, "count": count, "rcode": "NXDOMAIN" }),
        )
    }

    /// A line of the seed's `dns` as it is.
    pub(crate) fn asks_line(self, line: Value) -> Self {
        self.add("dns", line)
    }

    /// Another member of the seed, such as `"tags": {..}`.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.content.insert(key.to_owned(), value.into());
        self
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Log groups `dns/..`, each with a query log configuration of its name, and `flow/..`.
    pub(super) fn own_groups(&self) -> &[String] {
        &self.groups
    }

    pub(super) fn seed(&self, id_of: &dyn Fn(&str) -> String) -> Value {
        let mut whole = self.clone().with("name", self.name.as_str());
        for (account, config) in &self.logged_by {
            let config = format!("{}:{config}", id_of(account));
            whole = whole.add("query_logging", json!({ "config": config }));
        }
        if let Some(Value::Array(participants)) = whole.content.get_mut("shared_with") {
            for account in participants {
                *account = id_of(account.as_str().expect("an account's name")).into();
            }
        }
        if let Some((account, attachment)) = &self.attached {
            let mut attachment = attachment.clone();
            attachment["owner"] = id_of(account).into();
            whole = whole.with("transit_gateway", attachment);
        }
        Value::Object(whole.content)
    }

    pub(crate) fn add(mut self, key: &str, item: Value) -> Self {
        let list = self.content.entry(key).or_insert_with(|| json!([]));
        list.as_array_mut().expect("a list").push(item);
        self
    }
}
