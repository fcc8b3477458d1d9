"""The gate of a query: Trino's own grammar, and the functions that are known here.

sqlglot takes much that Trino does not (`x::bigint`, `* EXCLUDE`, LIMIT before OFFSET), so it does not judge.
"""

from typing import Any, Iterator

#: Functions that DuckDB answers as Trino does, some after `engine.adapted`; each has a case with a documented
#: result in tests/aws/test_athena.py.
FUNCTIONS = frozenset({
    "array_agg", "array_join", "coalesce", "count", "date_diff", "element_at", "filter", "json_format", "max", "max_by",
    "min", "min_by", "nullif", "regexp_extract", "regexp_like", "split_part", "strpos", "substr", "sum", "transform",
})


class Refused(Exception):
    """A query that Athena refuses: the message begins with the name of the error."""


def check(statement: str) -> None:
    """Refuses what is not in Trino's grammar, is no SELECT, or calls an unknown function."""
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.error.ErrorListener import ConsoleErrorListener
    from trino_query_parser.error import TrinoErrorListener, TrinoSyntaxError
    from trino_query_parser.SqlBaseLexer import SqlBaseLexer
    from trino_query_parser.SqlBaseParser import SqlBaseParser
    # The grammar's words are in upper case, and it knows no case itself.
    parser = SqlBaseParser(CommonTokenStream(SqlBaseLexer(InputStream(statement.upper()))))
    parser.removeErrorListener(ConsoleErrorListener.INSTANCE)
    parser.addErrorListener(TrinoErrorListener())
    try:
        tree = parser.singleStatement()
    except TrinoSyntaxError as error:
        raise Refused(f"SYNTAX_ERROR: line {error}") from error
    if not isinstance(tree.statement(), SqlBaseParser.StatementDefaultContext):
        raise Refused("NOT_SUPPORTED: only SELECT is in the local Athena")
    for call in calls(tree, SqlBaseParser.FunctionCallContext):
        name = call.qualifiedName().getText().lower()
        if name not in FUNCTIONS:
            raise Refused(f"FUNCTION_NOT_FOUND: line {call.start.line}:{call.start.column + 1}: "
                          f"Function '{name}' not registered")


def calls(tree: Any, kind: type) -> Iterator[Any]:
    open_ = [tree]
    while open_:
        one = open_.pop()
        if isinstance(one, kind):
            yield one
        open_ += getattr(one, "children", None) or []
