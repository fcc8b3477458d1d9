"""Text of a query to tokens. Comments run from `#` to the end of the line."""

import re
from dataclasses import dataclass
from typing import List


class Malformed(Exception):
    """The query cannot be read; `start` and `end` are offsets in its text."""

    def __init__(self, message: str, start: int = 0, end: int = 0):
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


@dataclass
class Token:
    kind: str  # name, quoted (a backquoted name), text, regex, number, period, symbol, end
    value: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        return self.kind == "name" and self.value.lower() in words

    def is_symbol(self, *symbols: str) -> bool:
        return self.kind == "symbol" and self.value in symbols


PATTERN = re.compile(r"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<quoted>`[^`]+`)
  | (?P<period>\d+(?:ms|mo|[smhdwqy]|sec|min|hr)\b)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[@A-Za-z_][A-Za-z0-9_@.]*)
  | (?P<symbol>!=|<=|>=|=~|[=<>+\-*/%^(),\[\]|])
""", re.VERBOSE | re.DOTALL)
REGEX = re.compile(r"/((?:[^/\\\n]|\\.)*)/")


def tokens(query: str) -> List[Token]:
    found: List[Token] = []
    at = 0
    while at < len(query):
        if query[at] == "/" and regex_may_follow(found):
            match = REGEX.match(query, at)
            if not match:
                raise Malformed("regular expression without an end", at, len(query))
            found.append(Token("regex", match.group(1).replace("\\/", "/"), at, match.end()))
            at = match.end()
            continue
        match = PATTERN.match(query, at)
        if not match:
            raise Malformed(f"unexpected character {query[at]!r}", at, at + 1)
        kind, value = match.lastgroup, match.group()
        if kind == "text":
            value = re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
        elif kind == "quoted":
            value = value[1:-1]
        if kind != "space":
            found.append(Token(kind, value, at, match.end()))
        at = match.end()
    found.append(Token("end", "", len(query), len(query)))
    return found


def regex_may_follow(before: List[Token]) -> bool:
    """A slash begins a regular expression after `like` and `=~`, and in `parse [field]`; else it divides."""
    if not before:
        return False
    if before[-1].is_word("like", "parse") or before[-1].is_symbol("=~"):
        return True
    return len(before) > 1 and before[-2].is_word("parse")
