"""Functions of `stats`, by lower-case name: the rows of a group to one value.

`count` counts rows, or those in which its argument is present. `min`, `max`, `sum`, `avg` and the
like look at numbers only; `sortsfirst` and `sortslast` at text.
"""

import math
from typing import Any, Callable, Dict, List, Optional, Tuple

from .rows import Row
from .values import Instant, number, sort_key, text

#: What @timestamp becomes in min, max, earliest and latest; see the setting of that name.
AGGREGATED_INSTANTS = {"millis": int, "text": Instant}

Argument = Callable[[Row], Any]


def numbers(rows: List[Row], argument: Argument) -> List[Any]:
    found = []
    for row in rows:
        value = number(argument(row))
        if value is not None:
            found.append(value)
    return found


def of_numbers(fold: Callable[[List[Any]], Any]) -> Callable[[List[Row], Argument], Any]:
    def run(rows: List[Row], argument: Argument) -> Any:
        found = numbers(rows, argument)
        return fold(found) if found else None
    return run


def count(rows: List[Row], argument: Optional[Argument]) -> int:
    if argument is None:
        return len(rows)
    return sum(1 for row in rows if argument(row) is not None)


def count_distinct(rows: List[Row], argument: Argument) -> int:
    return len({text(value) for value in map(argument, rows) if value is not None})


def extreme(fold: Callable[..., Any]) -> Callable[[List[Row], Argument], Any]:
    """min and max. An Instant stays one, so that the engine can print it as it is set to."""
    def run(rows: List[Row], argument: Argument) -> Any:
        best = None
        for row in rows:
            value = argument(row)
            as_number = number(value)
            if as_number is not None and (best is None or fold(as_number, best) != best):
                best = value if isinstance(value, Instant) else as_number
        return best
    return run


def by_time(last: bool) -> Callable[[List[Row], Argument], Any]:
    def run(rows: List[Row], argument: Argument) -> Any:
        present = [row for row in rows if row.event is not None and argument(row) is not None]
        if not present:
            return None
        pick = max if last else min
        return argument(pick(present, key=lambda row: row.event.timestamp))
    return run


def by_order(last: bool) -> Callable[[List[Row], Argument], Any]:
    def run(rows: List[Row], argument: Argument) -> Any:
        found = [value for value in map(argument, rows) if value is not None]
        return (max if last else min)(found, key=sort_key) if found else None
    return run


def deviation(values: List[Any]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def percentile(rows: List[Row], argument: Argument, percent: Any) -> Any:
    found = sorted(numbers(rows, argument))
    if not found:
        return None
    return found[min(len(found) - 1, max(0, math.ceil(len(found) * percent / 100) - 1))]


AGGREGATES: Dict[str, Tuple[int, int, Callable[..., Any]]] = {
    "count": (0, 1, count),
    "count_distinct": (1, 1, count_distinct),
    "sum": (1, 1, of_numbers(sum)),
    "avg": (1, 1, of_numbers(lambda values: sum(values) / len(values))),
    "stddev": (1, 1, of_numbers(deviation)),
    "median": (1, 1, lambda rows, argument: percentile(rows, argument, 50)),
    "pct": (2, 2, percentile),
    "percentile": (2, 2, percentile),
    "min": (1, 1, extreme(min)),
    "max": (1, 1, extreme(max)),
    "earliest": (1, 1, by_time(last=False)),
    "latest": (1, 1, by_time(last=True)),
    "sortsfirst": (1, 1, by_order(last=False)),
    "sortslast": (1, 1, by_order(last=True)),
}
