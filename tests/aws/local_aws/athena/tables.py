"""Tables: CREATE EXTERNAL TABLE read by sqlglot, and the partitions that they project.

https://docs.aws.amazon.com/athena/latest/ug/create-table.html
https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Dict, List, Tuple

MOST_PARTITIONS = 1_000_000
#: Letters of Java's DateTimeFormatter, as strftime has them.
DATE_LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M"}
NOW = re.compile(r"^NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE)S?)?$")
DAYS_OF = {"YEAR": 366.0, "MONTH": 31.0, "WEEK": 7.0, "DAY": 1.0, "HOUR": 1 / 24, "MINUTE": 1 / 1440}


class TableError(Exception):
    """A DDL that Athena refuses."""


@dataclass
class Table:
    database: str
    name: str
    columns: List[Tuple[str, str]]
    partitions: List[Tuple[str, str]]
    location: str
    serde: str
    serde_properties: Dict[str, str] = field(default_factory=dict)
    properties: Dict[str, str] = field(default_factory=dict)
    delimiter: str = ""

    def projection(self, column: str, key: str, default: str = "") -> str:
        return self.properties.get(f"projection.{column}.{key}", default)

    def is_injected(self, column: str) -> bool:
        return self.projection(column, "type") == "injected"

    def values(self, column: str) -> List[str]:
        """The values that a column projects, unless they are injected."""
        kind = self.projection(column, "type")
        if kind == "enum":
            return [one.strip() for one in self.projection(column, "values").split(",")]
        if kind == "integer":
            first, last = (int(one) for one in self.projection(column, "range").split(","))
            step, digits = int(self.projection(column, "interval", "1")), int(self.projection(column, "digits", "0"))
            return [str(one).zfill(digits) for one in range(first, last + 1, step)]
        if kind == "date":
            return self._dates(column)
        raise TableError(f"HIVE_INVALID_METADATA: projection.{column}.type is {kind!r}")

    def _dates(self, column: str) -> List[str]:
        form = self.projection(column, "format")
        for letters, code in DATE_LETTERS.items():
            form = form.replace(letters, code)
        first, last = (moment(one.strip(), form) for one in self.projection(column, "range").split(","))
        unit = self.projection(column, "interval.unit", "DAYS").rstrip("S")
        step = timedelta(days=DAYS_OF[unit] * int(self.projection(column, "interval", "1")))
        found, at = [], first
        while at <= last:
            found.append(at.strftime(form))
            at += step
        return found

    def path(self, values: Dict[str, str]) -> Tuple[str, str]:
        """Bucket and prefix of a partition."""
        template = self.properties.get("storage.location.template", self.location)
        for column, value in values.items():
            template = template.replace("${" + column + "}", value)
        bucket, _, prefix = template[len("s3://"):].partition("/")
        return bucket, prefix if prefix.endswith("/") else prefix + "/"


def moment(text: str, form: str) -> datetime:
    """A date of a range: written in the format of the column, or from NOW."""
    found = NOW.match(text.upper())
    if not found:
        return datetime.strptime(text, form).replace(tzinfo=timezone.utc)
    now = datetime.now(timezone.utc)
    if not found.group(1):
        return now
    days = DAYS_OF[found.group(3)] * int(found.group(2))
    return now + timedelta(days=days if found.group(1) == "+" else -days)


def parse(statement: str) -> Table:
    """The table of a CREATE EXTERNAL TABLE."""
    import sqlglot
    from sqlglot import exp
    try:
        tree = sqlglot.parse_one(statement, dialect="athena")
    except sqlglot.errors.ParseError as error:
        raise TableError(f"FAILED: ParseException {error}") from error
    if not isinstance(tree, exp.Create) or tree.kind != "TABLE" or not isinstance(tree.this, exp.Schema):
        raise TableError("only CREATE EXTERNAL TABLE is in the local Athena")
    columns = columns_of(tree.this)
    name = tree.this.this
    table = Table(name.db or "default", name.name.lower(), columns, [], "", "text")
    for one in tree.args["properties"].expressions:
        if isinstance(one, exp.PartitionedByProperty):
            table.partitions = columns_of(one.this)
        elif isinstance(one, exp.LocationProperty):
            table.location = one.this.name
        elif isinstance(one, exp.RowFormatSerdeProperty):
            table.serde = "PARQUET" if one.this.name.endswith(".ParquetHiveSerDe") else one.this.name
            beside = one.args.get("serde_properties")
            if beside:
                table.serde_properties = {key.this.name: key.args["value"].name for key in beside.expressions}
        elif isinstance(one, exp.RowFormatDelimitedProperty):
            table.delimiter = one.args["fields"].name
        elif type(one) is exp.Property:
            table.properties[one.this.name] = one.args["value"].name
    repeated = {name for name, _ in columns} & {name for name, _ in table.partitions}
    if repeated or len({name for name, _ in columns}) < len(columns):
        raise TableError(f"FAILED: HiveException Duplicate column name: {sorted(repeated)}")
    return table


def columns_of(schema: object) -> List[Tuple[str, str]]:
    return [(one.name.lower(), one.args["kind"].sql("hive").lower()) for one in schema.expressions]


def describe(table: Table) -> Dict[str, object]:
    """TableMetadata, whose parameters hold the table's own and what its DDL states about the format.

    https://docs.aws.amazon.com/athena/latest/APIReference/API_TableMetadata.html
    """
    parameters = {"EXTERNAL": "TRUE", "location": table.location, **table.properties}
    parameters |= {f"serde.param.{key}": value for key, value in table.serde_properties.items()}
    shown = [[{"Name": name, "Type": kind} for name, kind in columns] for columns in (table.columns, table.partitions)]
    return {"Name": table.name, "TableType": "EXTERNAL_TABLE", "Columns": shown[0], "PartitionKeys": shown[1],
            "Parameters": parameters}
