"""Scalar functions, by lower-case name: how many arguments, and what they do with the values.

A function gets plain values; None means that the field is missing. What it cannot answer is None.
"""

import ipaddress
import math
from functools import lru_cache
from typing import Any, Callable, Dict, Optional, Tuple

from .values import Instant, compare, equal, number, text, truth

MANY = 99


def of_text(change: Callable[..., Any]) -> Callable[..., Any]:
    """A function of text arguments; missing if the first is."""
    return lambda first, *rest: None if first is None else change(text(first), *(text(one) for one in rest))


def of_number(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        value = number(value)
        return None if value is None else change(value)
    return run


def substr(value: Any, start: Any, length: Any = None) -> Optional[str]:
    if value is None:
        return None
    start = int(number(start) or 0)
    return text(value)[start:] if length is None else text(value)[start:start + int(number(length) or 0)]


def coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def extreme(sign: int) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        best = None
        for value in values:
            if value is not None and (best is None or compare(value, best) == sign):
                best = value
        return best
    return run


def choose(condition: Any, then: Any, otherwise: Any = None) -> Any:
    return then if truth(condition) else otherwise


def case(*arguments: Any) -> Any:
    for at in range(0, len(arguments) - 1, 2):
        if truth(arguments[at]):
            return arguments[at + 1]
    return arguments[-1] if len(arguments) % 2 else None


def logarithm(value: Any) -> Optional[float]:
    return math.log(value) if value > 0 else None


@lru_cache(maxsize=65536)
def address(value: str) -> Any:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def network(value: str) -> Any:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def valid(*versions: int) -> Callable[[Any], bool]:
    def run(value: Any) -> bool:
        found = address(text(value)) if value is not None else None
        return found is not None and found.version in versions
    return run


def in_subnet(*versions: int) -> Callable[[Any, Any], bool]:
    @lru_cache(maxsize=65536)
    def inside(value: str, subnet: str) -> bool:
        host, net = address(value), network(subnet)
        return (host is not None and net is not None and host.version == net.version
                and host.version in versions and host in net)
    return lambda value, subnet: value is not None and subnet is not None and inside(text(value), text(subnet))


def to_millis(value: Any) -> Optional[int]:
    value = number(value)
    return None if value is None else int(value)


def from_millis(value: Any) -> Optional[Instant]:
    value = number(value)
    return None if value is None else Instant(value)


def date_floor(value: Any, period: Any) -> Optional[Instant]:
    value = number(value)
    return None if value is None else Instant(int(value) // period * period)


def date_ceil(value: Any, period: Any) -> Optional[Instant]:
    value = number(value)
    return None if value is None else Instant(-(-int(value) // period) * period)


FUNCTIONS: Dict[str, Tuple[int, int, Callable[..., Any]]] = {
    "strlen": (1, 1, of_text(len)),
    "tolower": (1, 1, of_text(str.lower)),
    "toupper": (1, 1, of_text(str.upper)),
    "trim": (1, 2, of_text(str.strip)),
    "ltrim": (1, 2, of_text(str.lstrip)),
    "rtrim": (1, 2, of_text(str.rstrip)),
    "substr": (2, 3, substr),
    "replace": (3, 3, of_text(str.replace)),
    "concat": (1, MANY, lambda *values: "".join(text(value) for value in values if value is not None)),
    "strcontains": (2, 2, lambda value, part: int(value is not None and part is not None and text(part) in text(value))),
    "coalesce": (1, MANY, coalesce),
    "ispresent": (1, 1, lambda value: value is not None),
    "isempty": (1, 1, lambda value: value is None or text(value) == ""),
    "isblank": (1, 1, lambda value: value is None or text(value).strip() == ""),
    "isvalidip": (1, 1, valid(4, 6)),
    "isvalidipv4": (1, 1, valid(4)),
    "isvalidipv6": (1, 1, valid(6)),
    "isipinsubnet": (2, 2, in_subnet(4, 6)),
    "isipv4insubnet": (2, 2, in_subnet(4)),
    "isipv6insubnet": (2, 2, in_subnet(6)),
    "datefloor": (2, 2, date_floor),
    "dateceil": (2, 2, date_ceil),
    "tomillis": (1, 1, to_millis),
    "frommillis": (1, 1, from_millis),
    "abs": (1, 1, of_number(abs)),
    "floor": (1, 1, of_number(math.floor)),
    "ceil": (1, 1, of_number(math.ceil)),
    "sqrt": (1, 1, of_number(lambda value: math.sqrt(value) if value >= 0 else None)),
    "log": (1, 1, of_number(logarithm)),
    "greatest": (1, MANY, extreme(1)),
    "least": (1, MANY, extreme(-1)),
    "if": (2, 3, choose),
    "case": (2, MANY, case),
    "nullif": (2, 2, lambda value, other: None if equal(value, other) else value),
}
