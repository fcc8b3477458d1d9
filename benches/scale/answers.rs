//! What the server answers: an organization in which every account has one VPC or more with three
//! subnets each in every Region. In the first Regions (four unless another number is asked for) the
//! first VPC has a NAT gateway, two endpoints, flow logs and a log group each with its DNS queries and
//! with its traffic.

use std::fmt::Write;

use super::server::{Call, Organization};

/// The calls that list the organization.
pub(crate) const ORGANIZATION: [&str; 4] = [
    "ListAccounts",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
];

const REGIONS: [&str; 17] = [
    "us-east-1",
    "eu-west-1",
    "eu-central-1",
    "us-west-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-north-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-2",
    "us-west-1",
];
/// Series of a target with activity: three of its NAT gateway, two of its endpoint.
const SERIES: u8 = 5;
/// Accounts a page of AWS Organizations.
const PAGE: usize = 20;

/// A parameter of a form.
pub(crate) fn parameter<'b>(body: &'b str, name: &str) -> Option<&'b str> {
    let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

pub(crate) fn throttled(call: &Call<'_>) -> Vec<u8> {
    match call.service {
        "ec2" => response(503, "text/xml", b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors><RequestID>r</RequestID></Response>"),
        "sts" => response(400, "text/xml", b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>r</RequestId></ErrorResponse>"),
        _ => response(400, "application/x-amz-json-1.1", br#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
    }
}

pub(crate) fn answer(call: &Call<'_>, organization: Organization) -> Vec<u8> {
    match call.service {
        "ec2" => xml(call, &ec2(call, organization)),
        "sts" => xml(call, &sts(call)),
        "monitoring" => metrics(call.raw),
        _ => {
            let body = json(call, organization);
            response(200, "application/x-amz-json-1.1", body.as_bytes())
        }
    }
}

fn response(status: u16, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut whole = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nx-amzn-requestid: r\r\nsmithy-protocol: rpc-v2-cbor\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    whole.extend_from_slice(body);
    whole
}

fn xml(call: &Call<'_>, inner: &str) -> Vec<u8> {
    let operation = call.operation;
    let body = format!("<{operation}Response>{inner}</{operation}Response>");
    response(200, "text/xml", body.as_bytes())
}

/// One point of each of a target's series, whichever metrics these are, at the start that was asked for:
/// more answers than were asked for are no matter.
fn metrics(asked: &[u8]) -> Vec<u8> {
    let start = cbor_time(asked, "StartTime");
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        let head = if length < 24 {
            vec![0x60 | length]
        } else {
            vec![0x78, length]
        };
        [head, text.as_bytes().to_vec()].concat()
    };
    let mut body = [vec![0xa1], text("MetricDataResults"), vec![0x80 | SERIES]].concat();
    for number in 0..SERIES {
        body.push(0xa4);
        body.extend([text("Id"), text(&format!("m{number}"))].concat());
        body.extend([text("Timestamps"), vec![0x81], start.to_vec()].concat());
        body.extend([text("StatusCode"), text("Complete")].concat());
        body.extend([text("Values"), vec![0x81, 0xfb]].concat());
        body.extend(1000.0_f64.to_be_bytes());
    }
    response(200, "application/cbor", &body)
}

/// The time of a name in a CBOR body, as it is written there: a tag, and a number of four or eight bytes.
fn cbor_time<'b>(body: &'b [u8], name: &str) -> &'b [u8] {
    let key = body
        .windows(name.len())
        .position(|it| it == name.as_bytes());
    let value = &body[key.expect("a body with that name") + name.len()..];
    let bytes = match value[1] {
        0x1a | 0xfa => 4,
        0x1b | 0xfb => 8,
        other => panic!("a time that begins with {other:#x}"),
    };
    &value[..2 + bytes]
}

fn sts(call: &Call<'_>) -> String {
    if call.operation == "GetCallerIdentity" {
        let account = call.account;
        return format!(
            "<GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/bench</Arn><UserId>u</UserId><Account>{account}</Account></GetCallerIdentityResult>"
        );
    }
    let role = parameter(call.body, "RoleArn").unwrap().replace("%3A", ":");
    let account = role.split(':').nth(4).unwrap();
    format!(
        "<AssumeRoleResult><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    )
}

fn ec2(call: &Call<'_>, organization: Organization) -> String {
    let number = REGIONS
        .iter()
        .position(|it| *it == call.region)
        .unwrap_or(0);
    let id = format!("{}{number:02}", call.account);
    let busy = number < organization.busy_regions;
    let account = call.account;
    match call.operation {
        "DescribeRegions" => {
            let mut items = String::new();
            for region in &REGIONS[..organization.regions.min(REGIONS.len())] {
                write!(items, "<item><regionName>{region}</regionName><optInStatus>opt-in-not-required</optInStatus></item>").unwrap();
            }
            format!("<regionInfo>{items}</regionInfo>")
        }
        "DescribeVpcs" => {
            let mut items = String::new();
            for (index, vpc) in vpcs(&id, organization).enumerate() {
                write!(items, "<item><vpcId>{vpc}</vpcId><ownerId>{account}</ownerId><state>available</state><cidrBlock>172.{}.0.0/16</cidrBlock><isDefault>{}</isDefault><blockPublicAccessStates><internetGatewayBlockMode>off</internetGatewayBlockMode></blockPublicAccessStates></item>", 31 - index, !busy && index == 0).unwrap();
            }
            format!("<vpcSet>{items}</vpcSet>")
        }
        "DescribeVpcAttribute" => {
            let vpc = parameter(call.body, "VpcId").unwrap();
            let name = if call.body.contains("enableDnsSupport") {
                "enableDnsSupport"
            } else {
                "enableDnsHostnames"
            };
            format!("<vpcId>{vpc}</vpcId><{name}><value>true</value></{name}>")
        }
        "DescribeSubnets" => {
            let mut items = String::new();
            for (number, vpc) in vpcs(&id, organization).enumerate() {
                for (index, zone) in ["a", "b", "c"].iter().enumerate() {
                    write!(items, "<item><subnetId>{}{zone}</subnetId><vpcId>{vpc}</vpcId><ownerId>{account}</ownerId><cidrBlock>172.{}.{}.0/20</cidrBlock><availabilityZone>{}{zone}</availabilityZone><availabilityZoneId>z{index}</availabilityZoneId></item>", vpc.replace("vpc", "subnet"), 31 - number, index * 16, call.region).unwrap();
                }
            }
            format!("<subnetSet>{items}</subnetSet>")
        }
        "DescribeRouteTables" => {
            let mut items = String::new();
            for (index, vpc) in vpcs(&id, organization).enumerate() {
                let gateway = if busy && index == 0 {
                    format!("<natGatewayId>nat-{id}</natGatewayId>")
                } else {
                    format!("<gatewayId>{}</gatewayId>", vpc.replace("vpc", "igw"))
                };
                let table = vpc.replace("vpc", "rtb");
                write!(items, "<item><routeTableId>{table}</routeTableId><vpcId>{vpc}</vpcId><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>{gateway}<state>active</state></item></routeSet><associationSet><item><main>true</main><routeTableId>{table}</routeTableId></item></associationSet></item>").unwrap();
            }
            format!("<routeTableSet>{items}</routeTableSet>")
        }
        "DescribeNatGateways" if busy => format!(
            "<natGatewaySet><item><natGatewayId>nat-{id}</natGatewayId><vpcId>vpc-{id}</vpcId><subnetId>subnet-{id}a</subnetId><state>available</state><connectivityType>public</connectivityType><createTime>2025-01-01T00:00:00Z</createTime></item></natGatewaySet>"
        ),
        "DescribeNatGateways" => "<natGatewaySet/>".to_owned(),
        "DescribeVpcEndpoints" if busy => format!(
            "<vpcEndpointSet><item><vpcEndpointId>vpce-{id}1</vpcEndpointId><vpcEndpointType>Gateway</vpcEndpointType><vpcId>vpc-{id}</vpcId><serviceName>com.amazonaws.{0}.s3</serviceName><state>available</state><routeTableIdSet><item>rtb-{id}</item></routeTableIdSet></item><item><vpcEndpointId>vpce-{id}2</vpcEndpointId><vpcEndpointType>Interface</vpcEndpointType><vpcId>vpc-{id}</vpcId><serviceName>com.amazonaws.{0}.sts</serviceName><state>available</state><privateDnsEnabled>true</privateDnsEnabled><subnetIdSet><item>subnet-{id}a</item></subnetIdSet></item></vpcEndpointSet>",
            call.region
        ),
        "DescribeVpcEndpoints" => "<vpcEndpointSet/>".to_owned(),
        "DescribeInternetGateways" if busy => format!(
            "<internetGatewaySet><item><internetGatewayId>igw-{id}</internetGatewayId><attachmentSet><item><state>available</state><vpcId>vpc-{id}</vpcId></item></attachmentSet></item></internetGatewaySet>"
        ),
        "DescribeInternetGateways" => "<internetGatewaySet/>".to_owned(),
        "DescribeEgressOnlyInternetGateways" => "<egressOnlyInternetGatewaySet/>".to_owned(),
        "DescribeVpcBlockPublicAccessOptions" => "<vpcBlockPublicAccessOptions><internetGatewayBlockMode>off</internetGatewayBlockMode></vpcBlockPublicAccessOptions>".to_owned(),
        "DescribeNetworkInterfaces" => "<networkInterfaceSet/>".to_owned(),
        // A shard asks for them, whatever routes show: hubs may be in other shards.
        "DescribeTransitGatewayAttachments" => "<transitGatewayAttachments/>".to_owned(),
        "DescribeFlowLogs" if busy => format!(
            "<flowLogSet><item><flowLogId>fl-{id}</flowLogId><resourceId>vpc-{id}</resourceId><logDestinationType>cloud-watch-logs</logDestinationType><logGroupName>flow</logGroupName><trafficType>ALL</trafficType><deliverLogsStatus>SUCCESS</deliverLogsStatus></item></flowLogSet>"
        ),
        "DescribeFlowLogs" => "<flowLogSet/>".to_owned(),
        "DescribePrefixLists" => format!(
            "<prefixListSet><item><prefixListId>pl-1</prefixListId><prefixListName>com.amazonaws.{}.s3</prefixListName><cidrSet><item>52.218.0.0/17</item></cidrSet></item></prefixListSet>",
            call.region
        ),
        "DescribeVpcEndpointServices" => endpoint_services(call.region),
        other => panic!("no answer to {other}"),
    }
}

/// The VPCs of an account in a Region, by the number of both. The first one is busy.
fn vpcs(id: &str, organization: Organization) -> impl Iterator<Item = String> {
    let others = (1..organization.vpcs).map(move |number| format!("vpc-{id}{number}"));
    std::iter::once(format!("vpc-{id}")).chain(others)
}

fn endpoint_services(region: &str) -> String {
    let mut items = String::new();
    for service in ["sts", "sqs", "sns", "kms", "logs", "ssm", "ec2", "lambda"] {
        write!(items, "<item><serviceName>com.amazonaws.{region}.{service}</serviceName><serviceType><item><serviceType>Interface</serviceType></item></serviceType><owner>amazon</owner><privateDnsName>{service}.{region}.amazonaws.com</privateDnsName></item>").unwrap();
    }
    format!("<serviceDetailSet>{items}</serviceDetailSet>")
}

fn json(call: &Call<'_>, organization: Organization) -> String {
    let number = REGIONS
        .iter()
        .position(|it| *it == call.region)
        .unwrap_or(0);
    let (account, region) = (call.account, call.region);
    let id = format!("{account}{number:02}");
    match call.operation {
        "ListAccounts" => accounts(call, organization, true),
        "ListAccountsForParent" => accounts(call, organization, false),
        "ListRoots" => r#"{"Roots":[{"Id":"r-1","Name":"Root"}]}"#.to_owned(),
        "ListOrganizationalUnitsForParent" => r#"{"OrganizationalUnits":[]}"#.to_owned(),
        "ListResolverQueryLogConfigs" if number < organization.busy_regions => format!(
            r#"{{"ResolverQueryLogConfigs":[{{"Id":"rqlc-{id}","OwnerId":"{account}","Status":"CREATED","Name":"dns","DestinationArn":"arn:aws:logs:{region}:{account}:log-group:dns:*"}}]}}"#
        ),
        "ListResolverQueryLogConfigs" => r#"{"ResolverQueryLogConfigs":[]}"#.to_owned(),
        "ListResolverQueryLogConfigAssociations" if number < organization.busy_regions => format!(
            r#"{{"ResolverQueryLogConfigAssociations":[{{"Id":"rqlca-{id}","ResolverQueryLogConfigId":"rqlc-{id}","ResourceId":"vpc-{id}","Status":"ACTIVE"}}]}}"#
        ),
        "ListResolverQueryLogConfigAssociations" => {
            r#"{"ResolverQueryLogConfigAssociations":[]}"#.to_owned()
        }
        "ListProfileAssociations" => r#"{"ProfileAssociations":[]}"#.to_owned(),
        // The id shows which question it was, so that nothing has to be remembered.
        "StartQuery" => format!(
            r#"{{"queryId":"{}"}}"#,
            if call.body.contains("octets") {
                "flows"
            } else {
                "names"
            }
        ),
        "GetQueryResults" => results(call, &id),
        "DescribeLogGroups" => {
            // Both log groups, however they are named.
            let named = ["dns", "flow"].into_iter();
            let named = named.filter(|name| call.body.contains(&format!(r#""{name}""#)));
            let groups = named.map(|name| {
                format!(r#"{{"logGroupName":"{name}","creationTime":1600000000000,"storedBytes":1000000}}"#)
            });
            let groups: Vec<String> = groups.collect();
            format!(r#"{{"logGroups":[{}]}}"#, groups.join(","))
        }
        other => panic!("no answer to {other}"),
    }
}

fn accounts(call: &Call<'_>, organization: Organization, all: bool) -> String {
    let first: usize = call
        .body
        .split_once(r#""NextToken":""#)
        .and_then(|(_, rest)| rest.split('"').next()?.parse().ok())
        .unwrap_or(1);
    let last = (first + PAGE).min(organization.accounts + 1);
    let items: Vec<String> = (first..last)
        .map(|number| {
            let more = if all {
                r#","State":"ACTIVE","Status":"ACTIVE""#
            } else {
                ""
            };
            format!(r#"{{"Id":"{number:012}","Name":"account-{number}"{more}}}"#)
        })
        .collect();
    let next = if last > organization.accounts {
        String::new()
    } else {
        format!(r#","NextToken":"{last}""#)
    };
    format!(r#"{{"Accounts":[{}]{next}}}"#, items.join(","))
}

fn results(call: &Call<'_>, id: &str) -> String {
    let row = |fields: &[(&str, &str)]| {
        let fields: Vec<String> = fields
            .iter()
            .map(|(field, value)| format!(r#"{{"field":"{field}","value":"{value}"}}"#))
            .collect();
        format!("[{}]", fields.join(","))
    };
    let vpc = format!("vpc-{id}");
    let rows: Vec<String> = if call.body.contains("flows") {
        let flow = |number: usize| {
            let address = format!("52.0.0.{number}");
            let fields = [
                ("ext", address.as_str()),
                ("stat", "OK"),
                ("upext", &address),
                ("upnet", "172.31.0"),
                ("total", "1000000"),
                ("records", "9"),
            ];
            row(&fields)
        };
        (0..8).map(flow).collect()
    } else {
        let hosts = [
            "sts",
            "sqs",
            "kms",
            "logs",
            "ssm",
            "ec2",
            "lambda",
            "monitoring",
        ];
        let time = [
            ("first_event", "1700000000000"),
            ("last_event", "1700000009000"),
        ];
        let counts = [("vpc", vpc.as_str()), ("queries", "100"), ("named", "100")];
        let host = |name: &&str| {
            let host = format!("{name}.{}.amazonaws.com.", call.region);
            let answer = [
                ("asked", host.as_str()),
                ("code", "NOERROR"),
                ("address", "52.0.0.1"),
                ("sources", "3"),
            ];
            row(&[&counts[..], &answer, &time].concat())
        };
        // All other names.
        let rest = row(&[&counts[..], &time].concat());
        hosts.iter().map(host).chain([rest]).collect()
    };
    format!(
        r#"{{"status":"Complete","results":[{}],"statistics":{{"bytesScanned":1000000.0,"recordsMatched":8.0,"recordsScanned":900.0}}}}"#,
        rows.join(",")
    )
}
