"""A SELECT over tables in the local S3, carried out by DuckDB.

The partitions are chosen first, by the conditions that name their columns alone: as Athena projects them, and
refuses a query that gives no value of an injected one. The objects below them are what is scanned.
"""

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from . import grammar, objects
from .grammar import Refused
from .tables import MOST_PARTITIONS, Table, TableError

#: Of Hive, as DuckDB has them.
TYPES = {"string": "VARCHAR", "varchar": "VARCHAR", "int": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE",
         "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}
#: The words that Hive's types are named by in Athena.
SHOWN = {"BIGINT": "bigint", "INTEGER": "integer", "VARCHAR": "varchar", "BOOLEAN": "boolean", "DOUBLE": "double",
         "HUGEINT": "bigint"}

Found = Tuple[str, str, Any, Dict[str, str]]


@dataclass
class Result:
    columns: List[Tuple[str, str]] = field(default_factory=list)
    rows: List[Tuple[Any, ...]] = field(default_factory=list)
    scanned: int = 0


def run(statement: str, catalog: Dict[Tuple[str, str], Table]) -> Result:
    """The answer to a SELECT."""
    import duckdb
    import sqlglot
    from sqlglot import exp
    grammar.check(statement)
    tree = sqlglot.parse_one(statement, dialect="athena")
    inner = {one.alias for one in tree.find_all(exp.CTE)}
    result = Result()
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    with tempfile.TemporaryDirectory() as folder:
        for number, select in enumerate(list(tree.find_all(exp.Select))):
            source = select.args.get("from_") or select.args.get("from")
            named = source.this if source else None
            if not isinstance(named, exp.Table) or named.name in inner:
                continue
            table = catalog.get((named.db.lower(), named.name.lower()))
            if table is None:
                raise Refused(f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{named.db}.{named.name}' does not "
                              "exist")
            found = scanned(connection, table, select.args.get("where"))
            result.scanned += sum(one.size for _, _, one, _ in found)
            view = f"scan_{number}"
            place = Path(folder) / view
            place.mkdir()
            make_view(connection, view, table, found, place)
            named.replace(exp.to_table(view, alias=named.alias or None))
        text = adapted(tree).sql(dialect="duckdb")
        try:
            answer = connection.execute(text)
        except duckdb.Error as error:
            raise Refused(f"GENERIC_USER_ERROR: {error}") from error
        result.columns = [(one[0], SHOWN.get(str(one[1]), str(one[1]).lower())) for one in answer.description]
        result.rows = answer.fetchall()
    return result


def scanned(connection: Any, table: Table, where: Any) -> List[Found]:
    """The objects in the partitions that the conditions choose."""
    partitions = chosen(connection, table, where)
    found: List[Found] = []
    for partition in partitions:
        bucket, prefix = table.path(partition)
        found += [(bucket, key, one, partition) for key, one in objects.listed(bucket, prefix)]
    return found


def chosen(connection: Any, table: Table, where: Any) -> List[Dict[str, str]]:
    from sqlglot import exp
    if not table.partitions or table.properties.get("projection.enabled") != "true":
        return [{}]
    names = [name for name, _ in table.partitions]
    alone: Dict[str, List[Any]] = {name: [] for name in names}
    together = []
    for condition in (where.this.flatten() if where and isinstance(where.this, exp.And) else [where and where.this]):
        used = {one.name.lower() for one in condition.find_all(exp.Column)} if condition else set()
        if len(used) == 1 and used <= set(names):
            alone[used.pop()].append(condition)
        elif used and used <= set(names):
            together.append(condition)
    values = {name: projected(connection, table, name, alone[name]) for name in names}
    count = 1
    for some in values.values():
        count *= len(some)
    if count > MOST_PARTITIONS:
        raise Refused(f"HIVE_EXCEEDED_PARTITION_LIMIT: Query over table '{table.database}.{table.name}' can "
                      f"potentially read more than {MOST_PARTITIONS} partitions")
    found = [dict(zip(names, one)) for one in itertools.product(*(values[name] for name in names))]
    return [one for one in found if all(holds(connection, condition, one) for condition in together)]


def projected(connection: Any, table: Table, name: str, conditions: List[Any]) -> List[str]:
    """The values of a column that its own conditions let through."""
    from sqlglot import exp
    if not table.is_injected(name):
        every = table.values(name)
        return [value for value in every if all(holds(connection, one, {name: value}) for one in conditions)]
    given: Optional[List[str]] = None
    for condition in conditions:
        if isinstance(condition, exp.EQ) and isinstance(condition.expression, exp.Literal):
            values = [condition.expression.name]
        elif isinstance(condition, exp.In) and condition.expressions:
            values = [one.name for one in condition.expressions]
        else:
            continue
        given = values if given is None else [one for one in given if one in values]
    if given is None:
        raise Refused(f"CONSTRAINT_VIOLATION: For the injected projected partition column {name}, the WHERE clause "
                      "must contain only static equality conditions, and at least one such condition must be present.")
    return sorted(set(given))


def holds(connection: Any, condition: Any, values: Dict[str, str]) -> bool:
    text = condition.sql(dialect="duckdb")
    columns = ", ".join(f'? AS "{name}"' for name in values)
    return connection.execute(f"SELECT {text} FROM (SELECT {columns})", list(values.values())).fetchone()[0] is True


def make_view(connection: Any, view: str, table: Table, found: List[Found], folder: Path) -> None:
    """The records of the objects, with the columns of their partition and `$path`."""
    beside = {**{name: "string" for name, _ in table.partitions}, "$path": "string"}
    if table.serde == "PARQUET":
        parquet_view(connection, view, table, found, folder)
        return
    columns = {**dict(table.columns), **beside}
    struct = ", ".join(f"'{name}': '{duck(kind)}'" for name, kind in columns.items())
    if not any(one.size for _, _, one, _ in found):
        empty_view(connection, view, columns)
        return
    target = objects.write(table, found, folder)
    if target.stat().st_size == 0:
        empty_view(connection, view, columns)
        return
    connection.execute(f"CREATE TABLE {view} AS SELECT * FROM read_json('{target}', format = 'newline_delimited', "
                       f"columns = {{{struct}}}, maximum_object_size = 67108864)")


def empty_view(connection: Any, view: str, columns: Dict[str, str]) -> None:
    shown = ", ".join(f'"{name}" {duck(kind)}' for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {view} ({shown})")


def parquet_view(connection: Any, view: str, table: Table, found: List[Found], folder: Path) -> None:
    """Columns of Parquet are found by their names; one that an object does not have is NULL there."""
    columns = {**dict(table.columns), **{name: "string" for name, _ in table.partitions}, "$path": "string"}
    empty_view(connection, view, columns)
    for number, (bucket, key, one, partition) in enumerate(found):
        target = folder / f"{number}.parquet"
        target.write_bytes(one.value)
        there = {row[0].lower() for row in connection.execute(f"DESCRIBE SELECT * FROM '{target}'").fetchall()}
        values = [f'CAST("{name}" AS {duck(kind)})' if name in there else "NULL" for name, kind in table.columns]
        values += ["?"] * (len(partition) + 1)
        connection.execute(f"INSERT INTO {view} SELECT {', '.join(values)} FROM '{target}'",
                           [*partition.values(), f"s3://{bucket}/{key}"])


def duck(kind: str) -> str:
    """A type of Hive, as DuckDB writes it."""
    kind = kind.strip().replace(" ", "")
    if kind.startswith("array<"):
        return duck(kind[len("array<"):-1]) + "[]"
    if kind.startswith("struct<"):
        members = [one.split(":", 1) for one in split(kind[len("struct<"):-1])]
        return "STRUCT(" + ", ".join(f'"{name}" {duck(one)}' for name, one in members) + ")"
    if kind not in TYPES:
        raise TableError(f"the type {kind} is not in the local Athena")
    return TYPES[kind]


def split(members: str) -> List[str]:
    """The members of a struct, at the commas that are in no type of a member."""
    found, depth, start = [], 0, 0
    for at, letter in enumerate(members):
        depth += {"<": 1, ">": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append(members[start:at])
            start = at + 1
    return [*found, members[start:]]


def adapted(tree: Any) -> Any:
    """The tree with what DuckDB would answer otherwise than Trino.

    regexp_extract without a match is NULL (https://trino.io/docs/current/functions/regexp.html); in DuckDB it is
    an empty text. A text that is cast to JSON is a JSON text (https://trino.io/docs/current/functions/json.html); in
    DuckDB it is parsed.
    """
    from sqlglot import exp
    for one in list(tree.find_all(exp.RegexpExtract)):
        matches = exp.RegexpLike(this=one.this.copy(), expression=one.expression.copy())
        one.replace(exp.Case(ifs=[exp.If(this=matches, true=one.copy())]))
    for one in list(tree.find_all(exp.JSONFormat)):
        value = one.this.this if isinstance(one.this, exp.Cast) else one.this
        text = exp.cast(exp.Anonymous(this="to_json", expressions=[value.copy()]), "varchar")
        given = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
        one.replace(exp.Case(ifs=[exp.If(this=given, true=text)]))
    return tree
