"""Log events: DNS query records exactly as Route 53 Resolver writes them, and any other text."""

import json
import time
from typing import Any, Callable, Dict, List, Optional

from moto.logs.models import LogEvent, LogGroup, LogStream, logs_backends

from .. import objects
from . import logging
from .places import HOUR, Place, digest, moment

DEFAULT_HOURS = [1, 160]


def spread(place: Place, count: int, hours: List[float]) -> List[int]:
    """`count` times in milliseconds, evenly over the range of hours ago, oldest first."""
    oldest, newest = place.now - max(hours) * HOUR, place.now - min(hours) * HOUR
    step = (newest - oldest) / count
    return [int((oldest + (at + 0.5) * step) * 1000) for at in range(count)]


def write(place: Place, account: str, group_name: str, stream_name: str, times: List[int],
          message: Callable[[int, int], str], delivery: Optional[Dict[str, Any]] = None) -> int:
    """Events put straight into a stream; `message` gets the number and the time of each."""
    if group_name.startswith("s3://"):
        return write_query_objects(place, account, group_name, stream_name, times, message, delivery or {})
    groups = logs_backends[account][place.region].groups
    if group_name not in groups:
        raise ValueError(f"no log group {group_name!r} in {account} {place.region}")
    group: LogGroup = groups[group_name]
    if stream_name not in group.streams:
        group.streams[stream_name] = LogStream(group, stream_name)
    stream = group.streams[stream_name]
    for number, at in enumerate(times):
        event = LogEvent(at + 60_000, {"timestamp": at, "message": message(number, at)})
        stream.events.append(event)
        stream.stored_bytes += len(event.message)
    stream.last_ingestion_time = moment(place, 0)
    return len(times)


def write_query_objects(place: Place, account: str, bucket: str, stream_name: str, times: List[int],
                        message: Callable[[int, int], str], delivery: Dict[str, Any]) -> int:
    """Records as Resolver delivers them to S3: a line each, packed, in the folder of the VPC and day."""
    name, _, prefix = bucket[5:].partition("/")
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    vpc = stream_name.partition("_")[0]
    made = place.aws.objects.bucket(name, account, place.region)
    for number, at in enumerate(times):
        day, mark = objects.stamp(at / 1000 + late(delivery, number))
        part = cut(delivery, delivery.get("host", vpc), number)
        key = (f"{prefix}AWSLogs/{account}/vpcdnsquerylogs/{vpc}/{day}/"
               f"{vpc}_vpcdnsquerylogs_{account}_{mark}_{digest(vpc, mark, *part, length=8)}.log.gz")
        made.append(key, "", message(number, at))
    return len(times)


def write_flow_objects(place: Place, bucket: str, flow_log: str, header: str, line: Dict[str, Any],
                       layout: Dict[str, bool]) -> int:
    """Records of a flow log in S3: text below a header with the names of the fields, or Parquet, in any layout.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
    """
    name, _, prefix = bucket.partition("/")
    prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
    made = place.aws.objects.bucket(name, place.account, place.region)
    end = "log.parquet" if layout.get("parquet") else "log.gz"
    times = spread(place, line.get("count", 1), hours_ago(line))
    for number, at in enumerate(times):
        delivery = {**layout, **line}
        day, mark = objects.stamp(at / 1000 + 60 + late(delivery, number))
        text = line["message"].replace("{start}", str(at // 1000)).replace("{end}", str(at // 1000 + 60))
        folders = f"{place.account}/vpcflowlogs/{place.region}/{day}/"
        hour = f"{mark[9:11]}/"
        if layout.get("hive"):
            year, month, date = day.split("/")
            folders = (f"aws-account-id={place.account}/aws-service=vpcflowlogs/aws-region={place.region}/"
                       f"year={year}/month={month}/day={date}/")
            hour = f"hour={hour}"
        part = cut(delivery, text, number)
        key = (f"{prefix}AWSLogs/{folders}{hour if layout.get('hourly') else ''}{place.account}_vpcflowlogs_"
               f"{place.region}_{flow_log}_{mark}_{digest(flow_log, mark, *part, length=8)}.{end}")
        made.append(key, header, text)
    return len(times)


def late(delivery: Dict[str, Any], number: int) -> int:
    """Seconds that a record comes later than in the next object: `late_minutes`, of every other record.

    Delivery takes some 10 minutes, and no bound is documented:
    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
    """
    return int(delivery.get("late_minutes", 0) * 60) * (number % 2)


def cut(delivery: Dict[str, Any], text: str, number: int) -> List[str]:
    """Which one of the objects of a time a record comes in, by chance, but the same each time: there are up to `cut`."""
    parts = delivery.get("cut", 1)
    return [str(int(digest(text, str(number), length=8), 16) % parts)] if parts > 1 else []


def dns(place: Place, spec: Dict[str, Any]) -> int:
    """The records of `dns`, written to every log group the VPC's query logging delivers to."""
    written = 0
    targets = list(dict.fromkeys(logging.destinations(place, spec)))
    for line in chased(spec.get("dns", [])) if targets else []:
        times = spread(place, line.get("count", 1), hours_ago(line))
        message = dns_message(place, spec, line)
        for account, group in targets:
            written += write(place, account, group, f"{place.vpc_id(spec)}_{place.account}", times, message, line)
    return written


def chased(lines: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The lines, and one more for each name of a line's `chases`: CNAMEs that Resolver followed.

    Resolver answers a CNAME by a query for its target, and logs each query of its own:
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html
    """
    return [one for line in lines
            for one in [line, *({**line, "host": name, "chases": []} for name in line.get("chases", []))]]


def hours_ago(line: Dict[str, Any]) -> List[float]:
    hours = line.get("hours_ago", DEFAULT_HOURS)
    return hours if isinstance(hours, list) else [hours, hours]


def dns_message(place: Place, spec: Dict[str, Any], line: Dict[str, Any]) -> Callable[[int, int], str]:
    """The record as text, in the order of fields of AWS's sample; only port and time differ between records."""
    kind = line.get("type", "A")
    answers = [one if isinstance(one, dict) else {"Rdata": one, "Type": kind, "Class": "IN"}
               for one in line.get("answers", [])]
    sources = line.get("srcaddr", "10.0.0.10")
    sources = sources if isinstance(sources, list) else [sources]
    firewall = line.get("firewall") or {}

    def parts(source: str) -> tuple:
        head: Dict[str, Any] = {"srcaddr": source, "vpc_id": place.vpc_id(spec), "answers": answers}
        for key in ("firewall_rule_group_id", "firewall_rule_action"):
            if key in firewall:
                head[key] = firewall[key]
        head["query_name"] = line["host"]
        if "firewall_domain_list_id" in firewall:
            head["firewall_domain_list_id"] = firewall["firewall_domain_list_id"]
        instance = line.get("instance", f"i-{digest(place.account, spec['name'], source)}")
        head.update(query_class="IN", srcids=line.get("srcids", {"instance": instance}),
                    rcode=line.get("rcode", "NOERROR"), query_type=kind, transport=line.get("transport", "UDP"),
                    version="1.100000", account_id=place.account)
        return json.dumps(head, separators=(",", ":"), ensure_ascii=False)[:-1], f'"region":"{place.region}"}}'

    ready = [parts(source) for source in sources]

    def message(number: int, at: int) -> str:
        head, tail = ready[number % len(ready)]
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000))
        return f'{head},"srcport":"{32768 + (number * 7919) % 28000}","query_timestamp":"{stamp}",{tail}'

    return message


def raw(place: Place, spec: Dict[str, Any]) -> int:
    """`raw_log_events`: text goes where the DNS records go; an object may name its `log_group`."""
    written = 0
    for item in spec.get("raw_log_events", []):
        line = {"message": item} if isinstance(item, str) else item
        targets = ([(line.get("account", place.account), line["log_group"])] if "log_group" in line
                   else list(dict.fromkeys(logging.destinations(place, spec))))
        for account, group in targets:
            written += write_lines(place, account, group, line, line.get("stream", place.vpc_id(spec)))
    return written


def write_lines(place: Place, account: str, group: str, line: Dict[str, Any], stream: str) -> int:
    """`{start}` and `{end}` in a message become seconds: the event's time and a minute later."""
    text = line["message"]

    def message(_number: int, at: int) -> str:
        return text.replace("{start}", str(at // 1000)).replace("{end}", str(at // 1000 + 60))

    times = spread(place, line.get("count", 1), hours_ago(line))
    return write(place, account, group, line.get("stream", stream), times, message, line)
