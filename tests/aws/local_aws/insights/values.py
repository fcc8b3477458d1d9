"""Values: text, numbers, booleans, `Instant`, or None for a field that is missing."""

import math
from datetime import datetime, timedelta, timezone
from typing import Any, Optional, Union

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
Number = Union[int, float]


class Instant(int):
    """Milliseconds since 1970, printed as a time."""


def number(value: Any) -> Optional[Number]:
    """The value as a number, if it is one or reads as one."""
    kind = type(value)
    if kind is int or kind is float:
        return value
    if kind is str:
        try:
            return int(value)
        except ValueError:
            pass
        try:
            result = float(value)
        except ValueError:
            return None
        return result if math.isfinite(result) else None
    if isinstance(value, int):
        return int(value)
    return None


def text(value: Any) -> str:
    """The value as the API prints it."""
    if type(value) is str:
        return value
    if isinstance(value, Instant):
        moment = EPOCH + timedelta(milliseconds=int(value))
        return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{int(value) % 1000:03d}"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(round(value, 4))
    return str(value)


def truth(value: Any) -> bool:
    if isinstance(value, str):
        return value not in ("", "0", "false")
    return bool(value)


def equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    if type(left) is str and type(right) is str and left == right:
        return True
    one, other = number(left), number(right)
    if one is not None and other is not None:
        return one == other
    return text(left) == text(right)


def compare(left: Any, right: Any) -> Optional[int]:
    """-1, 0 or 1; None if either is missing. Numbers compare as such, everything else as text."""
    if left is None or right is None:
        return None
    one, other = number(left), number(right)
    if one is None or other is None:
        one, other = text(left), text(right)
    return (one > other) - (one < other)


def sort_key(value: Any) -> tuple:
    """Missing values first, then text, then numbers."""
    if value is None:
        return (0, 0, "")
    as_number = number(value)
    return (1, 0, text(value)) if as_number is None else (2, as_number, "")
