"""Expressions of the query language, compiled while they are read.

From loose to tight: or, and, not, comparisons (= != < <= > >= like in), + -, * / %, ^, unary minus.
"""

import operator
import re
from typing import Any, Callable, List, Optional

from .functions import FUNCTIONS, date_floor
from .lexer import Malformed, Token
from .rows import Row, getter
from .values import compare, equal, number, text, truth

Value = Callable[[Row], Any]

PERIODS = {"ms": 1, "s": 1000, "sec": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000, "hr": 3_600_000,
           "d": 86_400_000, "w": 7 * 86_400_000, "mo": 30 * 86_400_000, "q": 90 * 86_400_000, "y": 365 * 86_400_000}
COMPARISONS = {"<": lambda sign: sign < 0, "<=": lambda sign: sign <= 0,
               ">": lambda sign: sign > 0, ">=": lambda sign: sign >= 0}
ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
              "%": operator.mod, "^": operator.pow}


def constant(value: Any) -> Value:
    return lambda row: value


def arithmetic(symbol: str, left: Value, right: Value) -> Value:
    apply = ARITHMETIC[symbol]

    def run(row: Row) -> Any:
        one, other = number(left(row)), number(right(row))
        if one is None or other is None or (symbol in "/%" and other == 0):
            return None
        return apply(one, other)
    return run


def period_of(token: Token) -> int:
    match = re.match(r"(\d+)(\D+)", token.value)
    return int(match.group(1)) * PERIODS[match.group(2)]


class Expressions:
    """A reader of tokens; `language.Parser` adds the commands."""

    def __init__(self, query: str, found: List[Token]):
        self._query, self._tokens, self._at = query, found, 0

    def peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    def next(self) -> Token:
        token = self.peek()
        self._at += 1
        return token

    def expect(self, symbol: str) -> None:
        if not self.peek().is_symbol(symbol):
            raise self.wrong(f"unexpected symbol found {self.peek().value or 'the end'}, expected {symbol}")
        self.next()

    def wrong(self, message: str, token: Optional[Token] = None) -> Malformed:
        token = token or self.peek()
        return Malformed(message, token.start, token.end)

    def source_since(self, start: Token) -> str:
        return self._query[start.start:self._tokens[self._at - 1].end].strip()

    def field_name(self) -> str:
        token = self.next()
        if token.kind not in ("name", "quoted"):
            raise self.wrong("a field is missing here", token)
        return token.value

    # -- from loose to tight --------------------------------------------------------------------

    def expression(self) -> Value:
        left = self.conjunction()
        while self.peek().is_word("or"):
            self.next()
            left = (lambda one, other: lambda row: truth(one(row)) or truth(other(row)))(left, self.conjunction())
        return left

    def conjunction(self) -> Value:
        left = self.negation()
        while self.peek().is_word("and"):
            self.next()
            left = (lambda one, other: lambda row: truth(one(row)) and truth(other(row)))(left, self.negation())
        return left

    def negation(self) -> Value:
        if self.peek().is_word("not"):
            self.next()
            value = self.negation()
            return lambda row: not truth(value(row))
        return self.comparison()

    def comparison(self) -> Value:
        left = self.sum()
        token = self.peek()
        negated = token.is_word("not") and self.peek(1).is_word("like", "in")
        if negated:
            self.next()
            token = self.peek()
        if token.is_word("like") or token.is_symbol("=~"):
            self.next()
            found = self.like(left)
        elif token.is_word("in"):
            self.next()
            found = self.member(left)
        elif token.is_symbol("=", "!="):
            self.next()
            right = self.sum()
            if token.value == "!=":
                return lambda row: left(row) is not None and not equal(left(row), right(row))
            return lambda row: equal(left(row), right(row))
        elif token.is_symbol(*COMPARISONS):
            self.next()
            right, holds = self.sum(), COMPARISONS[token.value]

            def ordered(row: Row) -> bool:
                sign = compare(left(row), right(row))
                return sign is not None and holds(sign)
            return ordered
        else:
            return left
        return (lambda row: not found(row)) if negated else found

    def like(self, left: Value) -> Value:
        from .language import python_regex
        token = self.next()
        if token.kind == "regex":
            search = python_regex(token.value, token.start, token.end).search
            return lambda row: (lambda value: value is not None and search(text(value)) is not None)(left(row))
        if token.kind == "text":
            part = token.value
            return lambda row: (lambda value: value is not None and part in text(value))(left(row))
        raise self.wrong("like needs text or a regular expression", token)

    def member(self, left: Value) -> Value:
        self.expect("[")
        values: List[Value] = []
        while not self.peek().is_symbol("]"):
            if values:
                self.expect(",")
            values.append(self.sum())
        self.next()
        return lambda row: (lambda value: any(equal(value, one(row)) for one in values))(left(row))

    def sum(self) -> Value:
        left = self.product()
        while self.peek().is_symbol("+", "-"):
            left = arithmetic(self.next().value, left, self.product())
        return left

    def product(self) -> Value:
        left = self.power()
        while self.peek().is_symbol("*", "/", "%"):
            left = arithmetic(self.next().value, left, self.power())
        return left

    def power(self) -> Value:
        left = self.unary()
        if self.peek().is_symbol("^"):
            self.next()
            return arithmetic("^", left, self.power())
        return left

    def unary(self) -> Value:
        if self.peek().is_symbol("-"):
            self.next()
            return arithmetic("-", constant(0), self.unary())
        return self.primary()

    def primary(self) -> Value:
        token = self.next()
        if token.is_symbol("("):
            value = self.expression()
            self.expect(")")
            return value
        if token.kind == "number":
            return constant(number(token.value))
        if token.kind == "period":
            return constant(period_of(token))
        if token.kind == "text":
            return constant(token.value)
        if token.kind == "name" and self.peek().is_symbol("("):
            return self.function(token)
        if token.kind == "quoted" or (token.kind == "name" and not token.is_word("as", "by", "like", "in", "and", "or")):
            return getter(token.value)
        raise self.wrong(f"unexpected symbol found {token.value or 'the end'}", token)

    def function(self, name: Token) -> Value:
        self.expect("(")
        arguments: List[Value] = []
        while not self.peek().is_symbol(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.expression())
        self.next()
        word = name.value.lower()
        if word == "bin" and len(arguments) == 1:
            stamp, period = getter("@timestamp"), arguments[0]
            return lambda row: date_floor(stamp(row), period(row))
        least, most, apply = FUNCTIONS.get(word, (0, 0, None))
        if apply is None:
            raise self.wrong(f"unknown function {name.value}", name)
        if not least <= len(arguments) <= most:
            raise self.wrong(f"{name.value} does not take {len(arguments)} arguments", name)
        if len(arguments) == 1:
            only = arguments[0]
            return lambda row: apply(only(row))
        return lambda row: apply(*[argument(row) for argument in arguments])
