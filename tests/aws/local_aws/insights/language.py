"""Tokens to commands, with every expression compiled to a function of a row."""

import re
from dataclasses import dataclass, field
from typing import Any, Callable, List, Optional, Tuple, Union

from .aggregates import AGGREGATES
from .expressions import Expressions
from .lexer import Malformed, tokens
from .rows import Row, getter

Value = Callable[[Row], Any]
MAX_LIMIT = 100_000


@dataclass
class Fields:
    columns: List[Tuple[str, Value]]


@dataclass
class Display:
    columns: List[Tuple[str, Value]]


@dataclass
class Filter:
    condition: Value


@dataclass
class Parse:
    source: Value
    pattern: "re.Pattern[str]"
    names: List[str]


@dataclass
class Stats:
    """`values` are (name, function, argument, more arguments); `keys` are (name, value)."""

    values: List[Tuple[str, Callable[..., Any], Optional[Value], list]]
    keys: List[Tuple[str, Value]] = field(default_factory=list)


@dataclass
class Sort:
    keys: List[Tuple[Value, bool]]  # descending?


@dataclass
class Limit:
    count: int


@dataclass
class Dedup:
    keys: List[Value]


Command = Union[Fields, Display, Filter, Parse, Stats, Sort, Limit, Dedup]


def parse_query(query: str) -> List[Command]:
    """The commands of a query; raises `Malformed`."""
    return Parser(query).commands()


def python_regex(pattern: str, start: int = 0, end: int = 0) -> "re.Pattern[str]":
    """The service's regular expressions write named groups as `(?<name>..)`."""
    try:
        return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern))
    except re.error as error:
        raise Malformed(f"invalid regular expression: {error}", start, end) from error


class Parser(Expressions):
    def __init__(self, query: str):
        super().__init__(query, tokens(query))

    def commands(self) -> List[Command]:
        if self.peek().kind == "end":
            raise self.wrong("the query is empty")
        found = []
        while True:
            name = self.peek()
            read = getattr(self, f"read_{name.value.lower()}", None) if name.kind == "name" else None
            if read is None:
                raise self.wrong(f"unexpected symbol found {name.value or 'the end'}, expected a command")
            self.next()
            found.append(read())
            if self.peek().kind == "end":
                return found
            self.expect("|")
            while self.peek().is_symbol("|"):
                self.next()
            if self.peek().kind == "end":
                return found

    def column(self) -> Tuple[str, Value]:
        start = self.peek()
        value = self.expression()
        name = self.source_since(start)
        if start.kind == "quoted" and name == f"`{start.value}`":
            name = start.value
        return (self.alias() if self.peek().is_word("as") else name), value

    def alias(self) -> str:
        self.next()
        return self.field_name()

    def listed(self, read: Callable[[], Any]) -> List[Any]:
        found = [read()]
        while self.peek().is_symbol(","):
            self.next()
            found.append(read())
        return found

    def read_fields(self) -> Fields:
        return Fields(self.listed(self.column))

    def read_display(self) -> Display:
        return Display(self.listed(self.column))

    def read_filter(self) -> Filter:
        return Filter(self.expression())

    def read_limit(self) -> Limit:
        token = self.next()
        if token.kind != "number" or not token.value.isdigit():
            raise self.wrong("limit needs a number", token)
        if int(token.value) > MAX_LIMIT:
            raise self.wrong(f"limit must not exceed {MAX_LIMIT}", token)
        return Limit(int(token.value))

    def read_dedup(self) -> Dedup:
        return Dedup(self.listed(lambda: getter(self.field_name())))

    def read_sort(self) -> Sort:
        if self.peek().is_word("by"):
            self.next()
        return Sort(self.listed(self.sort_key))

    def sort_key(self) -> Tuple[Value, bool]:
        value = self.expression()
        if self.peek().is_word("asc", "desc"):
            return value, self.next().value.lower() == "desc"
        return value, False

    def read_parse(self) -> Parse:
        source = getter("@message")
        if self.peek().kind in ("name", "quoted"):
            source = getter(self.field_name())
        token = self.next()
        if token.kind == "regex":
            pattern = python_regex(token.value, token.start, token.end)
            if not pattern.groupindex:
                raise self.wrong("the regular expression of parse has no named group", token)
            return Parse(source, pattern, list(pattern.groupindex))
        if token.kind != "text":
            raise self.wrong("parse needs a pattern in quotes or slashes", token)
        if not self.peek().is_word("as"):
            raise self.wrong("parse with a glob needs `as`")
        self.next()
        names = self.listed(self.field_name)
        if len(names) != token.value.count("*"):
            raise self.wrong(f"parse: {token.value.count('*')} wildcards, {len(names)} names", token)
        return Parse(source, glob(token.value), names)

    def read_stats(self) -> Stats:
        stats = Stats(self.listed(self.aggregate))
        if self.peek().is_word("by"):
            self.next()
            stats.keys = self.listed(self.column)
        return stats

    def aggregate(self) -> Tuple[str, Callable[..., Any], Optional[Value], list]:
        start = self.next()
        least, most, function = AGGREGATES.get(start.value.lower(), (0, 0, None))
        if function is None or start.kind != "name":
            raise self.wrong(f"{start.value} is no function of stats", start)
        self.expect("(")
        argument: Optional[Value] = None
        more: List[Any] = []
        if self.peek().is_symbol("*") and least == 0:
            self.next()
        elif not self.peek().is_symbol(")"):
            argument = self.expression()
            while self.peek().is_symbol(","):
                self.next()
                token = self.next()
                if token.kind != "number":
                    raise self.wrong(f"{start.value} needs a number here", token)
                more.append(float(token.value))
        if not least <= (argument is not None) + len(more) <= most:
            raise self.wrong(f"{start.value} does not take these arguments", start)
        self.expect(")")
        name = self.source_since(start)
        return (self.alias() if self.peek().is_word("as") else name), function, argument, more


def glob(pattern: str) -> "re.Pattern[str]":
    parts = [re.escape(part) for part in pattern.split("*")]
    body = "(.*?)".join(parts)
    if pattern.endswith("*"):
        body = body[:-len("(.*?)")] + "(.*)$"
    return re.compile(body, re.DOTALL)
