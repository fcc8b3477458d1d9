"""The API of Athena: StartQueryExecution, GetQueryExecution, GetQueryResults, StopQueryExecution,
GetTableMetadata, GetWorkGroup.

https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html. A query is carried out when it starts; it
is then QUEUED and RUNNING for `athena.running_polls` polls. A DDL that creates a table is carried out too.
"""

import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple
from uuid import uuid4

from .. import answers
from ..answers import AwsError
from ..call import Call
from ..transport import Answer
from . import engine, tables
from .grammar import Refused
from .objects import DataError
from .tables import Table, TableError

if TYPE_CHECKING:
    from ..gateway import LocalAws

MAX_LENGTH = 262_144
TOKEN_LENGTHS = range(32, 129)
MOST_ROWS = 1_000
#: How a fault ends an execution.
ENDS = {"Failed": "FAILED", "Timeout": "FAILED", "Cancelled": "CANCELLED"}
ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Execution:
    id: str
    account: str
    region: str
    text: str
    workgroup: str
    token: str
    request: Tuple[Any, ...]
    polls_left: int
    result: Optional[engine.Result] = None
    error: str = ""
    state: str = "QUEUED"
    started: float = field(default_factory=time.time)
    #: How a fault wants it to end, as `FAILED` or `CANCELLED`.
    end: Optional[str] = None


class Executions:
    """All executions and tables, by account and Region."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.all: Dict[str, Execution] = {}
        self.tables: Dict[Tuple[str, str], Dict[Tuple[str, str], Table]] = {}

    def catalog(self, call: Call) -> Dict[Tuple[str, str], Table]:
        return self.tables.setdefault((call.account, call.region), {})

    def create(self, account: str, region: str, ddl: str) -> Dict[str, str]:
        """Creates a table as its owner would, by its DDL."""
        table = tables.parse(ddl)
        self.tables.setdefault((account, region), {})[table.database, table.name] = table
        return {"database": table.database, "name": table.name}

    def get(self, call: Call) -> Execution:
        one = self.all.get(call.params.get("QueryExecutionId", ""))
        if one is None or (one.account, one.region) != (call.account, call.region):
            raise AwsError("InvalidRequestException", "QueryExecution was not found",
                           extra={"AthenaErrorCode": "INVALID_QUERY_EXECUTION_ID"})
        return one

    def running(self, call: Call) -> int:
        mine = [one for one in self.all.values() if (one.account, one.region) == (call.account, call.region)]
        return sum(one.state not in ENDED for one in mine)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message, extra={"AthenaErrorCode": "INVALID_INPUT"})


def start(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    text, token = ask.get("QueryString", ""), ask.get("ClientRequestToken", "")
    workgroup = ask.get("WorkGroup", "primary")
    if not 1 <= len(text.encode("utf-8")) <= MAX_LENGTH:
        raise invalid(f"queryString failed to satisfy constraint: at most {MAX_LENGTH} bytes")
    if token and len(token) not in TOKEN_LENGTHS:
        raise invalid("clientRequestToken failed to satisfy constraint: 32 to 128 characters")
    known = workgroup_of(aws, workgroup)
    if known.get("managed") and ask.get("ResultConfiguration"):
        raise invalid("ResultConfiguration is not allowed in a workgroup with managed query results")
    if not known.get("managed") and not known.get("output") and not ask.get("ResultConfiguration"):
        raise invalid("No output location provided. An output location is required either through the Workgroup "
                      "result configuration setting or as an API input.")
    request = (text, workgroup, str(ask.get("QueryExecutionContext")), str(ask.get("ResultConfiguration")))
    with aws.athena.lock:
        for one in aws.athena.all.values():
            if token and (one.account, one.region, one.token) == (call.account, call.region, token):
                if one.request != request:
                    raise invalid("Idempotent parameters do not match")
                return answers.result(call, {"QueryExecutionId": one.id})
        if aws.athena.running(call) >= aws.settings["athena.concurrency"]:
            raise AwsError("TooManyRequestsException", "You have exceeded the limit for the number of queries you can "
                           "run concurrently.", extra={"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"})
        one = Execution(str(uuid4()), call.account, call.region, text, workgroup, token, request,
                        aws.settings["athena.running_polls"], end=ENDS.get(call.query_end or ""))
        aws.athena.all[one.id] = one
    with aws.moto_lock:
        carry_out(aws, call, one, known)
    return answers.result(call, {"QueryExecutionId": one.id})


def carry_out(aws: "LocalAws", call: Call, one: Execution, workgroup: Dict[str, Any]) -> None:
    catalog = aws.athena.catalog(call)
    try:
        if re.match(r"\s*CREATE\s+EXTERNAL\s+TABLE", one.text, re.IGNORECASE):
            table = tables.parse(one.text)
            if (table.database, table.name) in catalog and not re.search(r"IF\s+NOT\s+EXISTS", one.text, re.IGNORECASE):
                raise TableError(f"FAILED: AlreadyExistsException Table {table.name} already exists")
            catalog.setdefault((table.database, table.name), table)
            one.result = engine.Result()
            return
        one.result = engine.run(one.text, catalog)
        cutoff = workgroup.get("cutoff")
        if cutoff and one.result.scanned > cutoff:
            one.end, one.error = "CANCELLED", "Query exhausted resources: Bytes scanned limit was exceeded"
    except (Refused, TableError, DataError) as error:
        one.error, one.end = str(error), "FAILED"


def workgroup_of(aws: "LocalAws", name: str) -> Dict[str, Any]:
    known = aws.settings["athena.workgroups"]
    if name not in known:
        raise invalid(f"WorkGroup {name} is not found.")
    return known[name]


def get_execution(aws: "LocalAws", call: Call) -> Answer:
    one = aws.athena.get(call)
    with aws.athena.lock:
        if one.state not in ENDED:
            # The call that started it may still be carrying it out, and not be answered yet.
            ended = one.end or ("SUCCEEDED" if one.result else "RUNNING")
            one.state = "RUNNING" if one.polls_left > 0 else ended
            one.polls_left -= 1
        scanned = one.result.scanned if one.result else 0
        status: Dict[str, Any] = {"State": one.state, "SubmissionDateTime": one.started}
        if one.state in ("FAILED", "CANCELLED") and one.end:
            status["StateChangeReason"] = one.error or "INTERNAL_ERROR"
        if one.state == "FAILED":
            # https://docs.aws.amazon.com/athena/latest/APIReference/API_AthenaError.html: 1 is the service, 2 the user.
            category = 2 if one.error else 1
            status["AthenaError"] = {"ErrorCategory": category, "Retryable": category == 1, "ErrorType": 0,
                                     "ErrorMessage": status["StateChangeReason"]}
        shown = scanned if one.state in ENDED else scanned // 2
        return answers.result(call, {"QueryExecution": {
            "QueryExecutionId": one.id, "Query": one.text, "StatementType": "DML", "WorkGroup": one.workgroup,
            "Status": status, "Statistics": {"DataScannedInBytes": shown, "EngineExecutionTimeInMillis": 1},
            "EngineVersion": {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}}})


def get_results(aws: "LocalAws", call: Call) -> Answer:
    """Pages of rows. The first row of a SELECT holds the names of its columns.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html
    """
    one = aws.athena.get(call)
    if one.state != "SUCCEEDED" or one.result is None:
        raise invalid(f"Query has not yet finished. Current state: {one.state}")
    most = call.params.get("MaxResults") or MOST_ROWS
    if not 1 <= most <= MOST_ROWS:
        raise invalid("MaxResults is more than maximum allowed length 1000.")
    most = min(most, aws.settings["athena.page_rows"])
    header = [[{"VarCharValue": name} for name, _ in one.result.columns]] if one.result.columns else []
    # A value that is NULL has no VarCharValue.
    rows = header + [[{} if value is None else {"VarCharValue": shown(value)} for value in row]
                     for row in one.result.rows]
    at = int(call.params.get("NextToken") or "0")
    columns = [{"Name": name, "Label": name, "Type": kind} for name, kind in one.result.columns]
    result: Dict[str, Any] = {"UpdateCount": 0, "ResultSet": {
        "Rows": [{"Data": row} for row in rows[at:at + most]], "ResultSetMetadata": {"ColumnInfo": columns}}}
    if at + most < len(rows):
        result["NextToken"] = str(at + most)
    return answers.result(call, result)


def shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def stop(aws: "LocalAws", call: Call) -> Answer:
    one = aws.athena.get(call)
    with aws.athena.lock:
        if one.state not in ENDED:
            one.state, one.end, one.error = "CANCELLED", "CANCELLED", "Query cancelled by user"
    return answers.result(call, {})


def get_table(aws: "LocalAws", call: Call) -> Answer:
    ask = call.params
    if ask.get("CatalogName") != "AwsDataCatalog":
        raise invalid(f"Catalog {ask.get('CatalogName')} is not in the local Athena")
    table = aws.athena.catalog(call).get((ask["DatabaseName"].lower(), ask["TableName"].lower()))
    if table is None:
        raise AwsError("MetadataException", f"EntityNotFoundException: Table {ask['TableName']} not found.")
    return answers.result(call, {"TableMetadata": tables.describe(table)})


def get_workgroup(aws: "LocalAws", call: Call) -> Answer:
    name = call.params.get("WorkGroup", "")
    known = workgroup_of(aws, name)
    configuration: Dict[str, Any] = {
        "EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False, "ManagedQueryResultsConfiguration": {"Enabled": bool(known.get("managed"))}}
    if known.get("output"):
        configuration["ResultConfiguration"] = {"OutputLocation": known["output"]}
    if known.get("cutoff"):
        configuration["BytesScannedCutoffPerQuery"] = known["cutoff"]
    shown_: Dict[str, Any] = {"Name": name, "State": known.get("state", "ENABLED"), "Configuration": configuration}
    return answers.result(call, {"WorkGroup": shown_})


def billed(executions: List[Execution]) -> int:
    """Bytes that are charged: each query that reads is rounded up to 10 MB.

    https://aws.amazon.com/athena/pricing/
    """
    read = [one for one in executions if one.result and one.result.columns and one.end != "FAILED"]
    return sum(max(one.result.scanned if one.result else 0, 10_000_000) for one in read)


HANDLERS = {
    ("athena", "StartQueryExecution"): start,
    ("athena", "GetQueryExecution"): get_execution,
    ("athena", "GetQueryResults"): get_results,
    ("athena", "StopQueryExecution"): stop,
    ("athena", "GetTableMetadata"): get_table,
    ("athena", "GetWorkGroup"): get_workgroup,
}
