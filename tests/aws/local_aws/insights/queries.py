"""The API of Logs Insights: StartQuery, GetQueryResults, StopQuery, DescribeQueries.

A query is executed when it starts; the answer is then held back for `insights.running_polls`
polls, during which rows are shown that are too few and, where they are numbers, too small, as a
query still running shows them.
"""

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Optional
from uuid import uuid4

from .. import answers
from ..answers import AwsError
from ..call import Call
from ..log_groups import groups_of, linked_accounts
from ..pages import page
from ..transport import Answer
from .engine import Outcome, run
from .language import MAX_LIMIT, Limit, parse_query
from .lexer import Malformed
from .rows import Event, discovery_of

if TYPE_CHECKING:
    from ..gateway import LocalAws

MAX_GROUPS = 50
MAX_QUERY_LENGTH = 10_000
RUNNING = ("Scheduled", "Running")
#: The setting that holds how many queries may run at once on log groups of a class.
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
CONCURRENCY = {"STANDARD": "insights.concurrency", "INFREQUENT_ACCESS": "insights.infrequent_concurrency"}
#: A query that nobody asked about for this long has ended by itself, as it would in AWS.
ABANDONED_SECONDS = 60


@dataclass
class Query:
    id: str
    account: str
    region: str
    text: str
    groups: List[str]
    outcome: Outcome
    statistics: Dict[str, float]
    polls_left: int
    end: str = "Complete"
    polled: int = 0
    status: str = "Scheduled"
    created: float = field(default_factory=time.time)
    #: Of the log groups asked; classes have quotas of their own.
    log_class: str = "STANDARD"


class Queries:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.all: Dict[str, Query] = {}

    def running(self, account: str, region: str, log_class: str = "STANDARD") -> int:
        with self.lock:
            recent = time.time() - ABANDONED_SECONDS
            return sum(query.status in RUNNING
                       and (query.account, query.region, query.log_class) == (account, region, log_class)
                       and query.created > recent for query in self.all.values())

    def get(self, call: Call) -> Query:
        query = self.all.get(call.params.get("queryId", ""))
        if query is None or (query.account, query.region) != (call.account, call.region):
            raise AwsError("ResourceNotFoundException", "The specified query does not exist.")
        return query


def start_query(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    text = ask.get("queryString", "")
    if len(text) > MAX_QUERY_LENGTH:
        raise AwsError("InvalidParameterException", f"queryString must not exceed {MAX_QUERY_LENGTH} characters")
    if ask["startTime"] > ask["endTime"]:
        raise AwsError("InvalidParameterException", "startTime must not be after endTime")
    if ask.get("queryLanguage", "CWLI") != "CWLI":
        raise AwsError("InvalidParameterException", "only the query language CWLI is in the local AWS")
    try:
        commands = parse_query(text)
    except Malformed as error:
        place = {"startCharOffset": error.start, "endCharOffset": error.end}
        raise AwsError("MalformedQueryException", error.message, 400,
                       {"queryCompileError": {"location": place, "message": error.message}}) from error
    if ask.get("limit") is not None and not any(isinstance(command, Limit) for command in commands):
        if not 1 <= ask["limit"] <= MAX_LIMIT:
            raise AwsError("InvalidParameterException", f"limit must be between 1 and {MAX_LIMIT}")
        commands.append(Limit(ask["limit"]))
    groups = log_groups(aws, call)
    log_class = class_of(groups)
    limit = aws.settings[CONCURRENCY[log_class]]
    if aws.queries.running(call.account, call.region, log_class) >= limit:
        raise AwsError("LimitExceededException", f"Account maximum query concurrency limit of [{limit}] reached.")
    events = events_between(groups, ask["startTime"] * 1000, ask["endTime"] * 1000)
    outcome = run(commands, events, aws.settings["insights.max_rows"], aws.settings["insights.timestamp_aggregates"])
    statistics = {"recordsMatched": float(outcome.matched), "recordsScanned": float(len(events)),
                  "bytesScanned": float(sum(map(length, events))),
                  "estimatedRecordsSkipped": 0.0, "estimatedBytesSkipped": 0.0, "logGroupsScanned": float(len(groups))}
    query = Query(str(uuid4()), call.account, call.region, text, [group.name for group in groups], outcome, statistics,
                  aws.settings["insights.running_polls"], call.query_end or "Complete", log_class=log_class)
    with aws.queries.lock:
        aws.queries.all[query.id] = query
    return answers.result(call, {"queryId": query.id})


def length(event: Event) -> int:
    return len(event.message) if event.message.isascii() else len(event.message.encode("utf-8"))


def class_of(groups: List[Any]) -> str:
    """The class of the groups of a query, which asks groups of one class.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Classes.html
    """
    classes = {getattr(group, "local_class", "STANDARD") for group in groups}
    if len(classes) > 1:
        raise AwsError("InvalidParameterException", "log groups of different classes cannot be queried together")
    found = classes.pop()
    if found not in CONCURRENCY:
        raise AwsError("InvalidOperationException", f"log groups of the class {found} cannot be queried")
    return found


def log_groups(aws: "LocalAws", call: Call) -> List[Any]:
    """The groups asked for: by names, or by ARNs that may be of linked accounts."""
    ask = call.params
    given = [key for key in ("logGroupName", "logGroupNames", "logGroupIdentifiers") if ask.get(key)]
    if len(given) != 1:
        raise AwsError("InvalidParameterException", "exactly one of logGroupName, logGroupNames and logGroupIdentifiers "
                                                    "is needed")
    names = ask[given[0]]
    names = [names] if isinstance(names, str) else names
    if len(names) > MAX_GROUPS:
        raise AwsError("InvalidParameterException", f"at most {MAX_GROUPS} log groups may be queried")
    return [log_group(aws, call, name) for name in names]


def log_group(aws: "LocalAws", call: Call, name: str) -> Any:
    account, region, group = call.account, call.region, name
    if name.startswith("arn:"):
        parts = name.split(":", 6)
        if len(parts) != 7 or parts[2] != "logs" or parts[5] != "log-group" or parts[6].endswith(":*"):
            raise AwsError("InvalidParameterException", f"{name} is no ARN of a log group")
        region, account, group = parts[3], parts[4], parts[6]
    allowed = account == call.account or account in linked_accounts(aws, call.account)
    with aws.moto_lock:
        found = groups_of(account, region).get(group) if allowed and region == call.region else None
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Log group '{name}' does not exist for account ID '{call.account}' "
                                                    "(Service: AWSLogs; Status Code: 400)")
    return found


def masked(group: Any, message: str) -> str:
    """The message with what a data protection policy of the group masks: asterisks of the same length.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data.html
    """
    for pattern in getattr(group, "local_masks", ()):
        message = re.sub(pattern, lambda found: "*" * len(found.group(0)), message)
    return message


def events_between(groups: List[Any], start: int, end: int) -> List[Event]:
    found: List[Event] = []
    for group in groups:
        log, discover, masks = f"{group.account_id}:{group.name}", discovery_of(group), getattr(group, "local_masks", ())
        for stream in list(group.streams.values()):
            found += [Event(one.timestamp, masked(group, one.message) if masks else one.message, stream.log_stream_name,
                            log, one.ingestion_time, f"ptr-{one.event_id}", one, discover)
                      for one in list(stream.events) if start <= one.timestamp <= end]
    return found


def get_query_results(aws: "LocalAws", call: Call) -> Answer:
    query = aws.queries.get(call)
    with aws.queries.lock:
        query.polled += 1
        if query.status in RUNNING:
            if query.polls_left > 0:
                query.polls_left -= 1
                query.status = "Scheduled" if query.polled == 1 and query.polls_left > 0 else "Running"
            else:
                query.status = query.end
        status = query.status
    rows = query.outcome.rows
    if status == "Scheduled":
        return answers.result(call, body(query, status, [], 0.0, None))
    if status != "Complete":
        return answers.result(call, body(query, status, partial(rows), 0.5, None))
    size = min(call.params.get("maxItems") or 10_000, aws.settings["insights.page_rows"])
    shown, token = page(aws, rows, size, call.params.get("nextToken"), 10_000, "InvalidParameterException")
    return answers.result(call, body(query, status, shown, 1.0, token))


def partial(rows: List[Any]) -> List[Any]:
    """Half of the rows, with numbers halved."""
    return [[{"field": cell["field"], "value": str(int(cell["value"]) // 2) if cell["value"].isdigit() else cell["value"]}
             for cell in row] for row in rows[:(len(rows) + 1) // 2]]


def body(query: Query, status: str, rows: List[Any], share: float, token: Optional[str]) -> Dict[str, Any]:
    statistics = {key: float(int(value * share)) for key, value in query.statistics.items()}
    return {"queryLanguage": "CWLI", "results": rows, "statistics": statistics, "status": status,
            **({"nextToken": token} if token else {})}


def stop_query(aws: "LocalAws", call: Call) -> Answer:
    query = aws.queries.get(call)
    with aws.queries.lock:
        if query.status not in RUNNING:
            raise AwsError("InvalidParameterException", f"query {query.id} is not running: its status is {query.status}")
        query.status = "Cancelled"
    return answers.result(call, {"success": True})


def describe_queries(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    found = [{"queryLanguage": "CWLI", "queryId": query.id, "queryString": query.text, "status": query.status,
              "createTime": int(query.created * 1000), "logGroupName": query.groups[0]}
             for query in list(aws.queries.all.values())
             if (query.account, query.region) == (call.account, call.region)
             and ask.get("status") in (None, query.status)
             and (ask.get("logGroupName") is None or ask["logGroupName"] in query.groups)]
    shown, token = page(aws, found, ask.get("maxResults"), ask.get("nextToken"), 1000, "InvalidParameterException")
    return answers.result(call, {"queries": shown, **({"nextToken": token} if token else {})})


HANDLERS = {("logs", "StartQuery"): start_query, ("logs", "GetQueryResults"): get_query_results,
            ("logs", "StopQuery"): stop_query, ("logs", "DescribeQueries"): describe_queries}
