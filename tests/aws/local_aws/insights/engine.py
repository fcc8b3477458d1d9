"""Commands over events: the rows of the answer and what was matched.

Events come newest first, as the service shows them. `fields` and `parse` add to a row, `stats`
makes new rows; what is shown is the last `display`, else all `fields`, else time and message.
"""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from .aggregates import AGGREGATED_INSTANTS
from .language import Command, Dedup, Display, Fields, Filter, Limit, Parse, Sort, Stats
from .rows import Event, Row, getter
from .values import Instant, sort_key, text

DEFAULT_LIMIT = 10_000
Column = Tuple[str, Callable[[Row], Any]]


@dataclass
class Outcome:
    rows: List[List[Dict[str, str]]] = field(default_factory=list)
    matched: int = 0


def run(commands: List[Command], events: Iterable[Event], max_rows: int = DEFAULT_LIMIT,
        instants: str = "millis") -> Outcome:
    rows = [Row(event) for event in sorted(events, key=attrgetter("timestamp"), reverse=True)]
    matched: Optional[int] = None
    columns: List[Column] = []
    displayed: Optional[List[Column]] = None
    limited = grouped = False
    for command in commands:
        if isinstance(command, Filter):
            rows = [row for row in rows if command.condition(row)]
        elif isinstance(command, Parse):
            parse(command, rows)
        elif isinstance(command, Fields):
            columns = columns + compute(command.columns, rows)
        elif isinstance(command, Display):
            displayed = compute(command.columns, rows)
        elif isinstance(command, Stats):
            matched = len(rows) if matched is None else matched
            rows = stats(command, rows, AGGREGATED_INSTANTS[instants])
            columns = [(name, getter(name)) for name, *_ in [*command.keys, *command.values]]
            displayed, grouped, limited = None, True, False
        elif isinstance(command, Sort):
            for value, descending in reversed(command.keys):
                rows = sorted(rows, key=lambda row: sort_key(value(row)), reverse=descending)
        elif isinstance(command, Dedup):
            rows = dedup(command, rows)
        elif isinstance(command, Limit):
            matched = len(rows) if matched is None else matched
            rows, limited = rows[:command.count], True
    matched = len(rows) if matched is None else matched
    rows = rows[:max_rows if limited else min(max_rows, DEFAULT_LIMIT)]
    shown = displayed or columns or [("@timestamp", getter("@timestamp")), ("@message", getter("@message"))]
    if not grouped:
        shown = [*shown, ("@ptr", getter("@ptr"))]
    return Outcome([printed(row, shown) for row in rows], matched)


def compute(columns: List[Column], rows: List[Row]) -> List[Column]:
    """Store what the columns give under their names, unless a column is just a field of that name."""
    for name, value in columns:
        if getattr(value, "field", None) == name:
            continue
        for row in rows:
            found = value(row)
            if found is not None:
                row.made[name] = found
    return [(name, getter(name)) for name, _ in columns]


def parse(command: Parse, rows: List[Row]) -> None:
    search, source, names = command.pattern.search, command.source, command.names
    for row in rows:
        value = source(row)
        if value is None:
            continue
        match = search(value if type(value) is str else text(value))
        if match:
            for name, part in zip(names, match.groups()):
                if part is not None:
                    row.made[name] = part


def stats(command: Stats, rows: List[Row], instant: Callable[[int], Any]) -> List[Row]:
    groups: Dict[tuple, List[Row]] = {}
    keys = [value for _, value in command.keys]
    for row in rows:
        groups.setdefault(tuple([value(row) for value in keys]), []).append(row)
    names = [name for name, _ in command.keys]
    made = []
    for key, members in groups.items():
        values = {name: value for name, value in zip(names, key) if value is not None}
        for name, function, argument, more in command.values:
            value = function(members, argument, *more)
            if value is not None:
                values[name] = instant(value) if isinstance(value, Instant) else value
        made.append(Row(None, values))
    return made


def dedup(command: Dedup, rows: List[Row]) -> List[Row]:
    """The first row of each combination; a row in which a field is missing is no duplicate."""
    seen = set()
    kept = []
    for row in rows:
        key = tuple(value(row) for value in command.keys)
        if None in key or key not in seen:
            kept.append(row)
        seen.add(key)
    return kept


def printed(row: Row, columns: List[Column]) -> List[Dict[str, str]]:
    cells = []
    for name, value in columns:
        found = value(row)
        if found is not None:
            cells.append({"field": name, "value": text(found)})
    return cells
