#!/usr/bin/env python3
"""The newest glibc that a binary asks for, and exit code 1 if that is newer than it may be.

    glibc_need.py BINARY [NEWEST]        NEWEST: 2.17 unless given

Reads the section `.gnu.version_r` of a 64-bit little-endian ELF file, in which each needed symbol version of a library
stands (https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html). No other
program is needed.
"""

import struct
import sys
from typing import Iterator, List, Tuple

#: Type of the section with the needed versions.
SHT_GNU_VERNEED = 0x6FFFFFFE


def text(strings: bytes, at: int) -> str:
    return strings[at:strings.index(b"\0", at)].decode("ascii")


def needed(binary: bytes) -> Iterator[Tuple[str, str]]:
    """Library and version of each need."""
    if binary[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("not a 64-bit little-endian ELF file")
    sections_at, = struct.unpack_from("<Q", binary, 0x28)
    size, count = struct.unpack_from("<HH", binary, 0x3A)
    sections: List[Tuple[int, ...]] = [
        struct.unpack_from("<IIQQQQIIQQ", binary, sections_at + index * size) for index in range(count)]
    for section in sections:
        _, kind, _, _, at, _, link, libraries, _, _ = section
        if kind != SHT_GNU_VERNEED:
            continue
        strings = binary[sections[link][4]:sections[link][4] + sections[link][5]]
        for _ in range(libraries):
            _, versions, library, first, following = struct.unpack_from("<HHIII", binary, at)
            entry = at + first
            for _ in range(versions):
                _, _, _, name, after = struct.unpack_from("<IHHII", binary, entry)
                yield text(strings, library), text(strings, name)
                entry += after
            at += following


def number(version: str) -> Tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main() -> int:
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    newest = sys.argv[2] if len(sys.argv) == 3 else "2.17"
    with open(sys.argv[1], "rb") as file:
        needs = list(needed(file.read()))
    versions = [name[len("GLIBC_"):] for _, name in needs if name.startswith("GLIBC_")]
    versions = [version for version in versions if version[0].isdigit()]
    if not versions:
        print("no glibc")
        return 0
    need = max(versions, key=number)
    print(need)
    for library, name in needs:
        if name == f"GLIBC_{need}" and number(need) > number(newest):
            print(f"{library} has to have {name}, which is newer than {newest}", file=sys.stderr)
    return int(number(need) > number(newest))


if __name__ == "__main__":
    sys.exit(main())
