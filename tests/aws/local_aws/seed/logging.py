"""Log groups, query log configurations and associations, and flow logs."""

from typing import Any, Dict, Iterator, List, Tuple

from moto.ec2.models.flow_logs import FlowLogs
from moto.logs.models import logs_backends

from ..query_logging import backends, new_association, new_config
from . import flows, records
from .places import Place, digest, moment

DEFAULT_FORMAT = ("${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
                  "${packets} ${bytes} ${start} ${end} ${action} ${log-status}")


def log_groups(place: Place) -> None:
    """Log groups, then the configurations that write to them."""
    logs = logs_backends[place.account][place.region]
    for group in place.content.get("log_groups", []):
        made = logs.create_log_group(group["name"], dict(group.get("tags") or {}))
        made.set_retention_policy(group.get("retention_days"))
        made.creation_time = moment(place, group.get("created_hours_ago", 2000))
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
        made.local_class = group.get("class", "STANDARD")
        made.local_transformer = group.get("transformer")
        made.local_masks = list(group.get("masks", []))
    for config in place.content.get("query_log_configs", []):
        made = new_config(place.account, place.region, config_id(place.account, place.region, config), config["name"],
                          destination_arn(place, config["destination"]), f"seed-{config['name']}")
        made.status = config.get("status", "CREATED")
        made.shared_with = list(config.get("share_with", []))
        made.creation_time = moment(place, 2000).isoformat() + "Z"
        if config["destination"].startswith("s3:"):
            place.aws.objects.bucket(config["destination"][3:].partition("/")[0], place.account, place.region)


def config_id(account: str, region: str, config: Dict[str, Any]) -> str:
    return config.get("id") or f"rqlc-{digest(account, region, config['name'], length=16)}"


def destination_arn(place: Place, destination: str) -> str:
    """`log_group:NAME`, `s3:BUCKET`, `firehose:NAME`, or an ARN as it is."""
    kind, _, name = destination.partition(":")
    return {
        "log_group": f"arn:aws:logs:{place.region}:{place.account}:log-group:{name}",
        "s3": f"arn:aws:s3:::{name}",
        "firehose": f"arn:aws:firehose:{place.region}:{place.account}:deliverystream/{name}",
    }.get(kind, destination)


def find_config(place: Place, reference: str) -> Any:
    """By `NAME` of the same account, or `ACCOUNT:NAME`."""
    owner, _, name = reference.rpartition(":")
    for config in backends()[owner or place.account][place.region].resolver_query_log_configs.values():
        if config.name == name:
            return config
    raise ValueError(f"no query log configuration {reference!r} for {place.account} in {place.region}")


def associations(place: Place, spec: Dict[str, Any]) -> None:
    for one in spec.get("query_logging", []):
        identifier = one.get("id") or "rqlca-" + place.id("a", spec["name"], one["config"])[2:18]
        made = new_association(place.account, find_config(place, one["config"]), identifier, place.vpc_id(spec),
                               one.get("status", "ACTIVE"), one.get("error", "NONE"), one.get("message", ""))
        made.creation_time = moment(place, one.get("created_hours_ago", 2000)).isoformat() + "Z"


def profiles(place: Place) -> None:
    """Route 53 Profiles with the query log configurations that they carry."""
    for one in place.content.get("profiles", []):
        identifier = one.get("id") or f"rp-{digest(place.account, place.region, one['name'], length=16)}"
        resources: List[Dict[str, Any]] = [
            {"Id": "rpa-0", "ProfileId": identifier, "OwnerId": place.account, "Status": "COMPLETE",
             "ResourceArn": "arn:aws:route53:::hostedzone/Z0000000000000000000", "ResourceType": "PRIVATE_HOSTED_ZONE"}]
        configs = []
        for carried in one.get("query_log_configs", []):
            carried = {"config": carried} if isinstance(carried, str) else carried
            config, status = find_config(place, carried["config"]), carried.get("status", "COMPLETE")
            configs += [config] if status == "COMPLETE" else []
            resources.append({
                "Id": f"rpra-{config.id[5:]}", "Name": config.name, "ProfileId": identifier, "OwnerId": place.account,
                "ResourceArn": config.arn, "ResourceType": "RESOLVER_QUERY_LOG_CONFIG", "Status": status,
                "StatusMessage": carried.get("message", ""), "CreationTime": int(place.now - 2000 * 3600)})
        place.aws.profiles.all.append({
            "id": identifier, "name": one["name"], "account": place.account, "region": place.region, "vpcs": [],
            "shared_with": list(one.get("share_with", [])), "resources": resources, "configs": configs})


def profile(place: Place, spec: Dict[str, Any]) -> None:
    """The association of a VPC with its Profile."""
    one = spec.get("profile")
    if one:
        one = {"profile": one} if isinstance(one, str) else one
        found = profile_of(place, one["profile"])
        found["vpcs"].append({
            "Id": "rpassoc-" + place.id("p", spec["name"])[2:], "Name": spec["name"], "OwnerId": place.account,
            "ProfileId": found["id"], "ResourceId": place.vpc_id(spec), "Status": one.get("status", "COMPLETE"),
            "StatusMessage": one.get("message", ""), "CreationTime": int(place.now - 2000 * 3600),
            "account": place.account})


def profile_of(place: Place, reference: str) -> Dict[str, Any]:
    """By `NAME` of the same account, or `ACCOUNT:NAME`."""
    owner, _, name = reference.rpartition(":")
    return place.aws.profiles.find(owner or place.account, place.region, name)


def delivering(place: Place, spec: Dict[str, Any]) -> Iterator[Any]:
    """The configurations that the queries of a VPC are logged by."""
    for one in spec.get("query_logging", []):
        if one.get("status", "ACTIVE") == "ACTIVE":
            yield find_config(place, one["config"])
    one = spec.get("profile")
    if one and (isinstance(one, str) or one.get("status", "COMPLETE") == "COMPLETE"):
        yield from profile_of(place, one if isinstance(one, str) else one["profile"])["configs"]


def destinations(place: Place, spec: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """Account and log group (or `s3://BUCKET/PREFIX`) of everything that delivers to one."""
    for config in delivering(place, spec):
        if ":log-group:" in config.destination_arn:
            yield config.destination_arn.split(":")[4], config.destination_arn.split(":log-group:")[1]
        elif config.destination_arn.startswith("arn:aws:s3:::"):
            yield config.owner_id, f"s3://{config.destination_arn[13:]}"


def flow_logs(place: Place, spec: Dict[str, Any]) -> int:
    """Flow logs of the VPC (or a subnet, or an interface); their `records` are written where they deliver to."""
    written = 0
    for at, one in enumerate(spec.get("flow_logs", [])):
        destination = destination_arn(place, one["destination"])
        kind, _, name = one["destination"].partition(":")
        owner = place.account
        if kind == "arn" and ":log-group:" in destination:
            # Across accounts: the ARN names the owner.
            kind, owner, name = "log_group", destination.split(":")[4], destination.split(":log-group:")[1]
        in_logs = kind == "log_group"
        resource = one.get("resource") or place.vpc_id(spec)
        if resource.startswith("subnet:"):
            resource = place.subnet_id(spec, resource.partition(":")[2])
        elif resource.startswith("nat:"):
            resource = flows.gateway(place, spec, resource.partition(":")[2])[0]
        elif resource.startswith("endpoint:"):
            resource = flows.endpoint(place, spec, resource.partition(":")[2])[0]
        identifier = one.get("id") or place.id("fl", spec["name"], str(at))
        made = FlowLogs(
            place.ec2, identifier, resource, one.get("traffic", "ALL"),
            destination, name if in_logs else None,
            f"arn:aws:iam::{place.account}:role/flow-logs" if in_logs else None,
            one.get("interval", 600), {"log_group": "cloud-watch-logs", "s3": "s3"}.get(kind, "kinesis-data-firehose"),
            one.get("format") or DEFAULT_FORMAT, one.get("status", "SUCCESS"), one.get("error"))
        made.creation_time = moment(place, one.get("created_hours_ago", 2000))
        place.ec2.flow_logs[identifier] = made
        place.tag(identifier, one)
        if kind == "s3":
            layout, traffic = one.get("format") or DEFAULT_FORMAT, one.get("traffic", "ALL")
            made_here = flows.lines(place, spec, resource, layout, traffic)
            header = " ".join(field[2:-1] for field in layout.split())
            for line in flow_lines(one, resource) + made_here:
                written += records.write_flow_objects(place, name, identifier, header, line, one.get("layout", {}))
            place.aws.objects.bucket(name.partition("/")[0], place.account, place.region)
            made.destination_options = destination_options(one.get("layout", {}))
        # A flow log may name a group that is gone: then its records are too.
        if in_logs and name in logs_backends[owner][place.region].groups:
            layout, traffic = one.get("format") or DEFAULT_FORMAT, one.get("traffic", "ALL")
            made_here = flows.lines(place, spec, resource, layout, traffic)
            written += sum(records.write_lines(place, owner, name, line, "eni-all")
                           for line in flow_lines(one, resource) + made_here)
    return written


def destination_options(layout: Dict[str, bool]) -> Dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DestinationOptionsResponse.html"""
    return {"FileFormat": "parquet" if layout.get("parquet") else "plain-text",
            "HiveCompatiblePartitions": bool(layout.get("hive")), "PerHourPartition": bool(layout.get("hourly"))}


#: Every field, the default of flow logs of transit gateways; they have no traffic type and gather for a minute.
#: https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html, flow-logs-api-cli.html
TRANSIT_GATEWAY_FORMAT = " ".join(f"${{{field}}}" for field in (
    "version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
    "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
    "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end log-status "
    "type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired tcp-flags "
    "region flow-direction pkt-src-aws-service pkt-dst-aws-service").split())


def transit_gateway_flow_logs(place: Place) -> int:
    """Flow logs of transit gateways and attachments, in the account that owns these, be there a VPC or not."""
    made = [{"format": TRANSIT_GATEWAY_FORMAT, "interval": 60, **one} for one in place.content.get("flow_logs", [])]
    return flow_logs(place, {"name": "transit-gateways", "flow_logs": made})


def flow_lines(flow_log: Dict[str, Any], resource: str) -> List[Dict[str, Any]]:
    """The records as they are given; `{resource}` in a message becomes what the flow log is of."""
    given = [{"message": line} if isinstance(line, str) else line for line in flow_log.get("records", [])]
    return [{**line, "message": line["message"].replace("{resource}", resource)} for line in given]
