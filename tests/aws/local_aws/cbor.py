"""CBOR (RFC 8949), as far as Smithy's RPC v2 uses it: CloudWatch speaks it.

Timestamps are tag 1 around seconds since 1970; they become and come from `Timestamp`.
"""

import math
import struct
from typing import Any, Tuple


class Timestamp(float):
    """Seconds since 1970."""


def decode(data: bytes) -> Any:
    value, _ = _item(data, 0)
    return value


_BREAK = object()


def _item(data: bytes, at: int) -> Tuple[Any, int]:
    first = data[at]
    major, info = first >> 5, first & 31
    at += 1
    if first == 0xFF:
        return _BREAK, at
    if major == 7 and info >= 20:
        return _simple(data, at, info)
    count = None
    if info < 24:
        count = info
    elif info < 28:
        size = 1 << (info - 24)
        count = int.from_bytes(data[at:at + size], "big")
        at += size
    if major == 0:
        return count, at
    if major == 1:
        return -1 - count, at
    if major in (2, 3):
        if count is None:
            parts, at = _until_break(data, at)
            return (b"" if major == 2 else "").join(parts), at
        chunk = bytes(data[at:at + count])
        return (chunk if major == 2 else chunk.decode("utf-8")), at + count
    if major in (4, 5):
        if count is None:
            items, at = _until_break(data, at)
        else:
            items = []
            for _ in range(count * (major - 3)):
                value, at = _item(data, at)
                items.append(value)
        return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at
    value, at = _item(data, at)
    return (Timestamp(value) if count == 1 else value), at


def _until_break(data: bytes, at: int):
    items = []
    while True:
        value, at = _item(data, at)
        if value is _BREAK:
            return items, at
        items.append(value)


def _simple(data: bytes, at: int, info: int) -> Tuple[Any, int]:
    if info == 25:
        return _half(int.from_bytes(data[at:at + 2], "big")), at + 2
    if info == 26:
        return struct.unpack(">f", data[at:at + 4])[0], at + 4
    if info == 27:
        return struct.unpack(">d", data[at:at + 8])[0], at + 8
    return {20: False, 21: True}.get(info), at


def _half(bits: int) -> float:
    sign = -1.0 if bits & 0x8000 else 1.0
    exponent, fraction = (bits >> 10) & 31, bits & 1023
    if exponent == 0:
        return sign * fraction * 2.0 ** -24
    if exponent == 31:
        return sign * (math.inf if fraction == 0 else math.nan)
    return sign * (1024 + fraction) * 2.0 ** (exponent - 25)


def encode(value: Any) -> bytes:
    out = bytearray()
    _write(value, out)
    return bytes(out)


def _write(value: Any, out: bytearray) -> None:
    if value is None:
        out.append(0xF6)
    elif value is True or value is False:
        out.append(0xF5 if value else 0xF4)
    elif isinstance(value, Timestamp):
        out.append(0xC1)
        out.append(0xFB)
        out += struct.pack(">d", value)
    elif isinstance(value, int):
        _head(0 if value >= 0 else 1, value if value >= 0 else -1 - value, out)
    elif isinstance(value, float):
        out.append(0xFB)
        out += struct.pack(">d", value)
    elif isinstance(value, str):
        encoded = value.encode("utf-8")
        _head(3, len(encoded), out)
        out += encoded
    elif isinstance(value, bytes):
        _head(2, len(value), out)
        out += value
    elif isinstance(value, dict):
        _head(5, len(value), out)
        for key, item in value.items():
            _write(key, out)
            _write(item, out)
    else:
        _head(4, len(value), out)
        for item in value:
            _write(item, out)


def _head(major: int, count: int, out: bytearray) -> None:
    if count < 24:
        out.append(major << 5 | count)
        return
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 1 << (8 * size):
            out.append(major << 5 | info)
            out += count.to_bytes(size, "big")
            return
