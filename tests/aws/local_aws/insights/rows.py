"""Rows: an event on its way through a query, and how a field's name finds its value.

Fields made by the query hide those of the event. JSON messages give every leaf under its path
(`answers.0.Rdata`); a message with exactly the 14 columns of a default VPC flow log gives these.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Optional

from .values import Instant

FLOW_COLUMNS = ("version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol",
                "packets", "bytes", "start", "end", "action", "logStatus")
FLOW_STATUS = ("OK", "NODATA", "SKIPDATA")


@dataclass(slots=True)
class Event:
    """What a query needs of a log event. `source` is any object that may carry the parsed message."""

    timestamp: int
    message: str
    stream: str = ""
    log: str = ""
    ingestion: int = 0
    pointer: str = ""
    source: Any = None
    #: How the log group makes fields of a message; see `discovery_of`.
    discover: Callable[[str], Dict[str, Any]] = field(default=lambda message: discover(message))

    def discovered(self) -> Dict[str, Any]:
        """The fields in the message, parsed once however many queries look."""
        parsed = getattr(self.source, "discovered", None)
        if parsed is None:
            parsed = self.discover(self.message)
            if self.source is not None:
                self.source.discovered = parsed
        return parsed


def discover(message: str) -> Dict[str, Any]:
    if message.startswith("{"):
        try:
            parsed = json.loads(message)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}
    if message.startswith("2 "):
        columns = message.split(" ")
        if len(columns) == 14 and columns[13] in FLOW_STATUS:
            return dict(zip(FLOW_COLUMNS, columns))
    return {}


def nothing(message: str) -> Dict[str, Any]:
    """A log group of the class Infrequent Access: fields are discovered in Standard ones alone.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
    """
    return {}


def ocsf(message: str) -> Dict[str, Any]:
    """A query log record as the transformer parseToOCSF (Route53Resolver) names its fields.

    The fields are those of the transformed version; `@message` stays the raw event.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-parseToOCSF.html
    """
    record = discover(message)
    if "query_name" not in record:
        return {}
    return {"class_name": "DNS Activity", "rcode": record.get("rcode", ""),
            "query": {"hostname": record["query_name"], "type": record.get("query_type"),
                      "class": record.get("query_class")},
            "src_endpoint": {"ip": record.get("srcaddr"), "vpc_uid": record.get("vpc_id")},
            "answers": [{name.lower(): value for name, value in answer.items()}
                        for answer in record.get("answers") or []]}


#: By the seed's member `transformer` of a log group.
TRANSFORMERS: Dict[str, Callable[[str], Dict[str, Any]]] = {"ocsf": ocsf}


def discovery_of(group: Any) -> Callable[[str], Dict[str, Any]]:
    if getattr(group, "local_class", "STANDARD") != "STANDARD":
        return nothing
    return TRANSFORMERS.get(getattr(group, "local_transformer", None) or "", discover)


class Row:
    __slots__ = ("event", "made", "_found")

    def __init__(self, event: Optional[Event] = None, made: Optional[Dict[str, Any]] = None):
        self.event = event
        self.made: Dict[str, Any] = {} if made is None else made
        self._found: Optional[Dict[str, Any]] = None

    def found(self) -> Dict[str, Any]:
        if self._found is None:
            self._found = self.event.discovered() if self.event is not None else {}
        return self._found


SYSTEM: Dict[str, Callable[[Event], Any]] = {
    "@timestamp": lambda event: Instant(event.timestamp),
    "@message": lambda event: event.message,
    "@logStream": lambda event: event.stream,
    "@log": lambda event: event.log,
    "@ingestionTime": lambda event: Instant(event.ingestion),
    "@ptr": lambda event: event.pointer,
}


def leaf(value: Any) -> Any:
    """Objects and lists are no values: only their leaves are."""
    return None if isinstance(value, (dict, list)) else value


def getter(name: str) -> Callable[[Row], Any]:
    """How to read a field; the function's `field` is the name."""
    read = reader(name)
    read.field = name
    return read


def reader(name: str) -> Any:
    system = SYSTEM.get(name)
    if system:
        return lambda row: row.made[name] if name in row.made else system(row.event) if row.event is not None else None
    path = name.split(".")
    if len(path) == 1:
        return lambda row: row.made[name] if name in row.made else leaf(row.found().get(name))
    return lambda row: row.made[name] if name in row.made else walk(row.found(), name, path)


def walk(found: Dict[str, Any], name: str, path: list) -> Any:
    if name in found:
        return leaf(found[name])
    value: Any = found
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return leaf(value)
