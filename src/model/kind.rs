//! Kinds and states as AWS names them: what the program compares is a variant, and a word that is newer
//! than the program keeps its row.

use std::{fmt, marker::PhantomData};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};

/// Reads a kind from its word where that stands, without a copy.
struct WordVisitor<T>(PhantomData<T>);

impl<T: for<'w> From<&'w str>> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a word")
    }

    fn visit_str<E>(self, word: &str) -> Result<T, E> {
        Ok(T::from(word))
    }
}

/// Declares a kind: its variants, each with AWS's word for it.
macro_rules! kind {
    ($(#[$of_kind:meta])* $name:ident { $($(#[$of_variant:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$of_kind])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, JsonSchema)]
        #[schemars(with = "String")]
        pub enum $name {
            $($(#[$of_variant])* $variant,)+
            /// A word that the program does not know.
            Other(Box<str>),
        }

        impl $name {
            /// AWS's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Other(other.into()),
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::from(word.as_str())
            }
        }

        impl From<$name> for String {
            fn from(kind: $name) -> Self {
                match kind {
                    $name::Other(word) => word.into(),
                    known => known.as_str().to_owned(),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(WordVisitor(PhantomData))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.as_str())
            }
        }

        // By its word, as rows are sorted.
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
    };
}

kind! {
    /// The type of a VPC endpoint or of what an endpoint service offers (`VpcEndpointType`).
    EndpointType {
        /// Network interfaces in subnets.
        Interface = "Interface",
        /// Routes in route tables.
        Gateway = "Gateway",
        /// Traffic to an inspecting appliance.
        GatewayLoadBalancer = "GatewayLoadBalancer",
        /// A resource of another VPC.
        Resource = "Resource",
        /// A VPC Lattice service network.
        ServiceNetwork = "ServiceNetwork",
    }
}

kind! {
    /// The state of a NAT gateway, VPC endpoint or transit gateway attachment, in lower case.
    ResourceState {
        /// It works.
        Available = "available",
        /// It is being made.
        Pending = "pending",
        /// The owner of the endpoint service has to accept it.
        PendingAcceptance = "pendingacceptance",
        /// The owner of the endpoint service did not accept it.
        Rejected = "rejected",
        /// It was not accepted in time.
        Expired = "expired",
        /// It could not be made.
        Failed = "failed",
        /// It is being deleted.
        Deleting = "deleting",
        /// It is deleted.
        Deleted = "deleted",
    }
}

kind! {
    /// Whether a NAT gateway leads to the internet (`ConnectivityType`).
    ConnectivityType {
        /// It does.
        Public = "public",
        /// To other private networks only.
        Private = "private",
    }
}

kind! {
    /// Where a NAT gateway is (`AvailabilityMode`).
    AvailabilityMode {
        /// In one zone.
        Zonal = "zonal",
        /// In every zone that needs it.
        Regional = "regional",
    }
}

kind! {
    /// What a network interface belongs to (`InterfaceType`).
    InterfaceType {
        /// A NAT gateway.
        NatGateway = "nat_gateway",
        /// An instance, a container and so on.
        Interface = "interface",
        /// A VPC endpoint.
        VpcEndpoint = "vpc_endpoint",
        /// A transit gateway attachment.
        TransitGateway = "transit_gateway",
    }
}

kind! {
    /// Where a flow log goes (`LogDestinationType`).
    LogDestinationType {
        /// To a log group.
        CloudWatchLogs = "cloud-watch-logs",
        /// To a bucket.
        S3 = "s3",
        /// To a delivery stream.
        Firehose = "kinesis-data-firehose",
    }
}

kind! {
    /// Which traffic a flow log records (`TrafficType`).
    TrafficType {
        /// What was let through.
        Accept = "ACCEPT",
        /// What was not.
        Reject = "REJECT",
        /// Both.
        All = "ALL",
    }
}

kind! {
    /// Whether a flow log delivers (`DeliverLogsStatus`).
    DeliveryStatus {
        /// It does.
        Success = "SUCCESS",
        /// It does not.
        Failed = "FAILED",
    }
}

kind! {
    /// What is attached to a transit gateway (`TransitGatewayAttachmentResourceType`).
    AttachedResource {
        /// A VPC.
        Vpc = "vpc",
        /// A VPN connection.
        Vpn = "vpn",
        /// A Direct Connect gateway.
        DirectConnectGateway = "direct-connect-gateway",
        /// A tunnel to an appliance (Transit Gateway Connect).
        Connect = "connect",
        /// Another transit gateway.
        Peering = "peering",
    }
}

kind! {
    /// The status of a query log configuration or of its association with a VPC.
    QueryLogStatus {
        /// It is being made.
        Creating = "CREATING",
        /// A configuration that works.
        Created = "CREATED",
        /// An association that works.
        Active = "ACTIVE",
        /// It works no more until somebody acts.
        ActionNeeded = "ACTION_NEEDED",
        /// It is being deleted.
        Deleting = "DELETING",
        /// It does not work.
        Failed = "FAILED",
    }
}

impl QueryLogStatus {
    /// Whether VPCs can be associated with a configuration.
    pub fn is_usable(&self) -> bool {
        matches!(self, Self::Created | Self::Creating)
    }
}

kind! {
    /// Which directions VPC Block Public Access closes (`InternetGatewayBlockMode`).
    BlockMode {
        /// None.
        Off = "off",
        /// Those in.
        BlockIngress = "block-ingress",
        /// Both.
        BlockBidirectional = "block-bidirectional",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_stored_by_its_word_and_a_new_word_is_kept() {
        for (word, kind) in [
            ("Gateway", EndpointType::Gateway),
            ("Tunnel", EndpointType::Other("Tunnel".into())),
        ] {
            assert_eq!(EndpointType::from(word), kind);
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<EndpointType>(&json).unwrap(), kind);
            assert_eq!(kind.to_string(), word);
        }
    }

    #[test]
    fn kinds_are_sorted_by_their_words() {
        let mut kinds: Vec<_> = ["Interface", "Zeta", "Alpha", "Gateway"]
            .map(EndpointType::from)
            .into();
        kinds.sort();
        let words: Vec<_> = kinds.iter().map(EndpointType::as_str).collect();
        assert_eq!(words, ["Alpha", "Gateway", "Interface", "Zeta"]);
    }
}
