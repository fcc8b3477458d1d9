"""CloudWatch metrics: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics.

GetMetricData answers whole queries: a page ends where one more would pass MaxDatapoints. A result has a status code
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataResult.html): `Complete`;
`PartialData`, after which the next page may hold more points; `InternalError`; `Forbidden`. The setting
`cloudwatch.statuses` has those of metrics by name: with `["PartialData", "Complete"]` half of the points are on the
first page, and the others on a page of their own after all others; with `["PartialData"]` the others never come.
`cloudwatch.messages` (`[[code, text]]`) is shown beside the results of every page: "as much of the operation as
possible is still executed"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).

Periods are counted from the start that was asked for, in whole minutes
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html: StartTime; a question about it
was answered so: https://github.com/boto/boto3/issues/3457). No page of AWS states it outright: by the setting
`cloudwatch.periods_by_clock` they are those of the clock.

Served from an own store, because moto answers neither the protocol of newer SDKs (RPC v2 CBOR) nor
a GetMetricData of some hundred queries in reasonable time. Points are kept by
(account, region, namespace, name, dimensions).
"""

import calendar
import time
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from . import answers
from .answers import AwsError
from .call import Call
from .cbor import Timestamp
from .pages import page, token_at
from .transport import Answer

if TYPE_CHECKING:
    from .gateway import LocalAws

MAX_QUERIES = 500
MAX_POINTS = 100_800
Key = Tuple[str, str, str, str, Tuple[Tuple[str, str], ...]]

STATISTICS = {
    "Sum": sum,
    "Minimum": min,
    "Maximum": max,
    "Average": lambda values: sum(values) / len(values),
    "SampleCount": len,
}


class Metrics:
    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.points: Dict[Key, List[Tuple[float, float]]] = defaultdict(list)

    def put(self, key: Key, at: float, value: float) -> None:
        self.points[key].append((at, value))


def dimensions_of(metric: Dict[str, Any]) -> Tuple[Tuple[str, str], ...]:
    return tuple(sorted((one["Name"], one["Value"]) for one in metric.get("Dimensions") or []))


def seconds(value: Any) -> float:
    """A time from CBOR or JSON (a number) or from a form (ISO 8601)."""
    if isinstance(value, str):
        return calendar.timegm(datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S").timetuple())
    return float(value)


def timestamp(call: Call, at: float) -> Any:
    return Timestamp(at) if call.protocol == "cbor" else at


def params(call: Call) -> Dict[str, Any]:
    if call.protocol not in ("cbor", "json"):
        raise AwsError("InvalidAction", "CloudWatch here speaks CBOR and JSON only")
    return call.params


def grouped(points: List[Tuple[float, float]], start: float, end: float, period: int,
            by_clock: bool = False) -> List[Tuple[float, List[float]]]:
    """The values of each period with data, oldest first. Periods are counted from the start's minute, or by the
    clock: then all points of a period are in it whose beginning is not before the start."""
    if start >= end:
        raise AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.")
    age = time.time() - start
    unit = 60 if age < 15 * 86400 else 300 if age < 63 * 86400 else 3600
    start -= start % unit
    groups: Dict[float, List[float]] = defaultdict(list)
    for at, value in points:
        if by_clock and start <= at - at % period < end:
            groups[at - at % period].append(value)
        elif not by_clock and start <= at < end:
            groups[start + (at - start) // period * period].append(value)
    return sorted(groups.items())


REST = "rest"


def statuses_of(aws: "LocalAws", query: Dict[str, Any]) -> List[str]:
    metric = (query.get("MetricStat") or {}).get("Metric") or {}
    return aws.settings["cloudwatch.statuses"].get(metric.get("MetricName")) or ["Complete"]


def in_parts(results: List[Dict[str, Any]], statuses: Dict[str, List[str]], rest: bool) -> List[Dict[str, Any]]:
    """The results as their status codes leave them: the first part, or the rest of those that have one."""
    shown = []
    for result in results:
        first, *more = statuses[result["Id"]]
        half = len(result["Values"]) // 2 if first == "PartialData" else 0 if first != "Complete" else None
        if rest and not more:
            continue
        part = slice(half, None) if rest else slice(None, half)
        shown.append({**result, "StatusCode": more[0] if rest else first,
                      "Timestamps": result["Timestamps"][part], "Values": result["Values"][part]})
    return shown


def get_metric_data(aws: "LocalAws", call: Call) -> Answer:
    ask = params(call)
    rest = ask.get("NextToken") == REST
    queries = ask.get("MetricDataQueries") or []
    if len(queries) > MAX_QUERIES:
        raise AwsError("ValidationError", f"MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    shown, token = (queries, None) if rest else page(aws, queries, None, ask.get("NextToken"), MAX_QUERIES,
                                                     "InvalidNextToken")
    start, end = seconds(ask["StartTime"]), seconds(ask["EndTime"])
    most = ask.get("MaxDatapoints") or MAX_POINTS
    results: List[Dict[str, Any]] = []
    total = 0
    for at, query in enumerate(shown):
        stat = query.get("MetricStat")
        if not stat:
            raise AwsError("ValidationError", "metric math is not in the local AWS: give a MetricStat")
        if stat["Stat"] not in STATISTICS:
            raise AwsError("ValidationError", f"The value {stat['Stat']} for parameter Stat is not supported.")
        metric = stat["Metric"]
        key = (call.account, call.region, metric["Namespace"], metric["MetricName"], dimensions_of(metric))
        groups = grouped(aws.metrics.points.get(key, []), start, end, int(stat["Period"]),
                         aws.settings["cloudwatch.periods_by_clock"])
        if ask.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            groups.reverse()
        if results and total + len(groups) > most and not rest:
            token = token_at(queries.index(shown[0]) + at)
            break
        total += len(groups)
        if query.get("ReturnData", True):
            results.append({"Id": query["Id"], "Label": query.get("Label") or metric["MetricName"],
                            "Timestamps": [timestamp(call, at) for at, _ in groups],
                            "Values": [float(STATISTICS[stat["Stat"]](values)) for _, values in groups],
                            "StatusCode": "Complete"})
    statuses = {query["Id"]: statuses_of(aws, query) for query in queries}
    if not rest and not token and any(len(one) > 1 for one in statuses.values()):
        token = REST
    messages = [{"Code": code, "Value": text} for code, text in aws.settings["cloudwatch.messages"]]
    return answers.result(call, {"MetricDataResults": in_parts(results, statuses, rest), "Messages": messages,
                                 **({"NextToken": token} if token else {})})


def get_metric_statistics(aws: "LocalAws", call: Call) -> Answer:
    ask = params(call)
    key = (call.account, call.region, ask["Namespace"], ask["MetricName"], dimensions_of(ask))
    groups = grouped(aws.metrics.points.get(key, []), seconds(ask["StartTime"]), seconds(ask["EndTime"]), ask["Period"])
    wanted = ask.get("Statistics") or []
    points = [{"Timestamp": timestamp(call, at), **{name: float(STATISTICS[name](values)) for name in wanted},
               "Unit": ask.get("Unit", "None")} for at, values in groups]
    return answers.result(call, {"Label": ask["MetricName"], "Datapoints": points})


def put_metric_data(aws: "LocalAws", call: Call) -> Answer:
    ask = params(call)
    for datum in ask.get("MetricData") or []:
        key = (call.account, call.region, ask["Namespace"], datum["MetricName"], dimensions_of(datum))
        at = seconds(datum["Timestamp"]) if "Timestamp" in datum else time.time()
        values = datum.get("Values") or [datum.get("Value", 0.0)]
        counts = datum.get("Counts") or [1.0] * len(values)
        for value, count in zip(values, counts):
            for _ in range(int(count)):
                aws.metrics.put(key, at, float(value))
    return answers.result(call, {})


def list_metrics(aws: "LocalAws", call: Call) -> Answer:
    ask = params(call)
    wanted = {(one["Name"], one.get("Value")) for one in ask.get("Dimensions") or []}
    found = []
    for account, region, namespace, name, dimensions in sorted(aws.metrics.points):
        have = {*dimensions, *((key, None) for key, _ in dimensions)}
        if ((account, region) == (call.account, call.region) and ask.get("Namespace") in (None, namespace)
                and ask.get("MetricName") in (None, name) and wanted <= have):
            found.append({"Namespace": namespace, "MetricName": name,
                          "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions]})
    metrics, token = page(aws, found, None, ask.get("NextToken"), 500, "InvalidParameterValue")
    return answers.result(call, {"Metrics": metrics, **({"NextToken": token} if token else {})})


HANDLERS = {("cloudwatch", "GetMetricData"): get_metric_data, ("cloudwatch", "PutMetricData"): put_metric_data,
            ("cloudwatch", "GetMetricStatistics"): get_metric_statistics, ("cloudwatch", "ListMetrics"): list_metrics}
