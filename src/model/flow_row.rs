//! Rows of flow logs. There are millions of them in a large flow log, but few groups: rows of a group share what they
//! have in common, so that one takes some 40 bytes.

use std::{cmp::Ordering, net::IpAddr, ops::Deref, sync::Arc};

use hashbrown::HashSet;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::id::{SubnetId, VpcId};

/// Bytes of one sort in a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowRow {
    /// What they have in common with others.
    pub group: Arc<FlowGroup>,
    /// The address that is called; none for interfaces of endpoints.
    pub external: Option<IpAddr>,
}

/// What rows have in common that differ in the address that is called alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlowGroup {
    /// The interface (or regional NAT gateway); of clients only where their VPCs' blocks meet.
    pub interface: Option<String>,
    /// The VPC, where the records name it.
    pub vpc_id: Option<VpcId>,
    /// The subnet, where the records of clients name it.
    pub subnet_id: Option<SubnetId>,
    /// The client's address, mostly shortened to its block of 256.
    pub client: Option<IpNet>,
    /// Whether the bytes come from the client.
    pub up: bool,
    /// `pkt-dst-aws-service` (up) or `pkt-src-aws-service` (down).
    pub aws_service: Option<String>,
    /// `traffic-path`.
    pub traffic_path: Option<u8>,
    /// `next-hop-interface-type`.
    pub next_hop: Option<String>,
    /// The VPC behind the transit gateway, by its records. `subnet_id` is that of its attachment then,
    /// and `interface` the attachment that made the record.
    pub hub_vpc_id: Option<VpcId>,
    /// Whether the bytes of a transit gateway's record came in by its attachment, or went out.
    pub ingress: Option<bool>,
}

/// Groups, each once.
#[derive(Debug, Default)]
pub struct FlowGroups(HashSet<Arc<FlowGroup>>);

impl FlowGroups {
    /// The same row with the one of these groups that equals its own.
    pub fn share(&mut self, mut row: FlowRow) -> FlowRow {
        if let Some(known) = self.0.get(&row.group) {
            row.group = Arc::clone(known);
        } else {
            self.0.insert(Arc::clone(&row.group));
        }
        row
    }
}

impl FlowRow {
    /// A row that shares its group with no other.
    pub fn new(external: Option<IpAddr>, group: FlowGroup) -> Self {
        let group = Arc::new(group);
        Self { group, external }
    }

    #[cfg(test)]
    pub(crate) fn with(mut self, change: impl FnOnce(&mut FlowGroup)) -> Self {
        change(Arc::make_mut(&mut self.group));
        self
    }

    /// The fields, in the order in which rows are sorted and written.
    fn fields(&self) -> Fields<&str> {
        let group = &*self.group;
        Fields {
            interface: group.interface.as_deref(),
            vpc_id: group.vpc_id.as_deref(),
            subnet_id: group.subnet_id.as_deref(),
            client: group.client,
            external: self.external,
            up: group.up,
            aws_service: group.aws_service.as_deref(),
            traffic_path: group.traffic_path,
            next_hop: group.next_hop.as_deref(),
            hub_vpc_id: group.hub_vpc_id.as_deref(),
            ingress: group.ingress,
        }
    }
}

impl Deref for FlowRow {
    type Target = FlowGroup;

    fn deref(&self) -> &FlowGroup {
        &self.group
    }
}

impl Ord for FlowRow {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.group, &other.group) {
            return self.external.cmp(&other.external);
        }
        self.fields().cmp(&other.fields())
    }
}

impl PartialOrd for FlowRow {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for FlowRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.fields().serialize(to)
    }
}

impl<'de> Deserialize<'de> for FlowRow {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fields = Fields::<String>::deserialize(from)?;
        let group = FlowGroup {
            interface: fields.interface,
            vpc_id: fields.vpc_id.map(Into::into),
            subnet_id: fields.subnet_id.map(Into::into),
            client: fields.client,
            up: fields.up,
            aws_service: fields.aws_service,
            traffic_path: fields.traffic_path,
            next_hop: fields.next_hop,
            hub_vpc_id: fields.hub_vpc_id.map(Into::into),
            ingress: fields.ingress,
        };
        Ok(Self::new(fields.external, group))
    }
}

/// A row as it is kept.
#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Fields<T> {
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    interface: Option<T>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    vpc_id: Option<T>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    subnet_id: Option<T>,
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    client: Option<IpNet>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    external: Option<IpAddr>,
    #[serde(rename = "u", default)]
    up: bool,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    aws_service: Option<T>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    traffic_path: Option<u8>,
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    next_hop: Option<T>,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    hub_vpc_id: Option<T>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    ingress: Option<bool>,
}

/// Rows with their bytes as a list of pairs: JSON has no objects for keys.
pub(super) mod pairs {
    use std::{collections::BTreeMap, fmt};

    use serde::{
        Deserializer, Serializer,
        de::{SeqAccess, Visitor},
    };

    use super::{FlowGroups, FlowRow};

    pub(in crate::model) fn serialize<S: Serializer>(
        rows: &BTreeMap<FlowRow, u64>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(rows)
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<FlowRow, u64>, D::Error> {
        from.deserialize_seq(Rows)
    }

    struct Rows;

    impl<'de> Visitor<'de> for Rows {
        type Value = BTreeMap<FlowRow, u64>;

        fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
            to.write_str("pairs of a row and its bytes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
            let (mut rows, mut groups) = (BTreeMap::new(), FlowGroups::default());
            while let Some((row, bytes)) = pairs.next_element()? {
                rows.insert(groups.share(row), bytes);
            }
            Ok(rows)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Kept(#[serde(with = "pairs")] BTreeMap<FlowRow, u64>);

    fn any_row() -> impl Strategy<Value = FlowRow> {
        let text = || prop::sample::select(vec![None, Some("a".to_owned()), Some("b".to_owned())]);
        let address = prop::sample::select(vec![None, Some("52.0.0.1"), Some("2600::1")]);
        let client = prop::sample::select(vec![None, Some("10.0.0.0/24"), Some("10.0.1.0/24")]);
        let texts = [text(), text(), text(), text(), text(), text()];
        let number = prop::option::of(0..3_u8);
        (
            texts,
            address,
            client,
            any::<bool>(),
            number,
            prop::option::of(any::<bool>()),
        )
            .prop_map(|(texts, address, client, up, traffic_path, ingress)| {
                let [
                    interface,
                    vpc_id,
                    subnet_id,
                    aws_service,
                    next_hop,
                    hub_vpc_id,
                ] = texts;
                let group = FlowGroup {
                    interface,
                    vpc_id: vpc_id.map(Into::into),
                    subnet_id: subnet_id.map(Into::into),
                    client: client.map(|it| it.parse().unwrap()),
                    up,
                    aws_service,
                    traffic_path,
                    next_hop,
                    hub_vpc_id: hub_vpc_id.map(Into::into),
                    ingress,
                };
                FlowRow::new(address.map(|it| it.parse().unwrap()), group)
            })
    }

    proptest! {
        #[test]
        fn rows_come_back_from_json_in_the_same_order_and_share_equal_groups(
            rows in prop::collection::btree_map(any_row(), 0..9_u64, 0..30)
        ) {
            let text = serde_json::to_string(&Kept(rows.clone())).unwrap();
            let Kept(kept) = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&kept, &rows);
            for one in kept.keys() {
                for two in kept.keys() {
                    let shared = Arc::ptr_eq(&one.group, &two.group);
                    prop_assert_eq!(shared, one.group == two.group);
                    prop_assert_eq!(one.cmp(two), one.fields().cmp(&two.fields()));
                }
            }
        }
    }

    #[test]
    fn a_row_takes_at_most_forty_bytes_with_its_sum() {
        assert!(size_of::<(FlowRow, u64)>() <= 40);
    }

    #[test]
    fn a_row_is_kept_under_the_names_that_stored_runs_have() {
        let group = FlowGroup {
            interface: Some("eni-1".into()),
            vpc_id: Some("vpc-1".into()),
            subnet_id: Some("subnet-1".into()),
            client: Some("10.0.0.0/24".parse().unwrap()),
            up: true,
            aws_service: Some("S3".into()),
            traffic_path: Some(8),
            next_hop: Some("nat_gateway".into()),
            hub_vpc_id: Some("vpc-2".into()),
            ingress: Some(false),
        };
        let row = FlowRow::new(Some("52.94.1.1".parse().unwrap()), group);
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            r#"{"i":"eni-1","v":"vpc-1","s":"subnet-1","c":"10.0.0.0/24","e":"52.94.1.1","u":true,"t":"S3","p":8,"h":"nat_gateway","b":"vpc-2","d":false}"#
        );
    }
}
