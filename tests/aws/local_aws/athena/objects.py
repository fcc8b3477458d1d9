"""Objects of the local S3 as records: what the SerDe of a table makes of them.

https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
https://docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html
"""

import gzip
import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .tables import Table


class DataError(Exception):
    """An object that the table's SerDe cannot read."""


#: Set by the gateway: the buckets of the local S3.
BUCKETS: Any = None


class Stored:
    """An object: its bytes, and how many."""

    def __init__(self, value: bytes) -> None:
        self.value, self.size = value, len(value)


def listed(bucket: str, prefix: str) -> List[Tuple[str, Stored]]:
    """The objects below a prefix, folders within it too, by their keys."""
    found = BUCKETS.buckets.get(bucket)
    if found is None:
        raise DataError(f"HIVE_METASTORE_ERROR: the bucket {bucket} does not exist (Service: Amazon S3; NoSuchBucket)")
    return [(key, Stored(found.body(key))) for key in sorted(found.lines) if key.startswith(prefix)]


def lines(key: str, value: bytes) -> List[str]:
    """The lines of a text, unpacked if its name ends in `.gz`, as Hive does.

    https://docs.aws.amazon.com/athena/latest/ug/compression-formats.html
    """
    if key.endswith(".gz"):
        try:
            value = gzip.decompress(value)
        except (OSError, EOFError) as error:
            raise DataError(f"HIVE_CURSOR_ERROR: Failed to read file: {error}") from error
    return value.decode("utf-8", "replace").splitlines()


def records(table: Table, key: str, value: bytes) -> Iterator[Dict[str, Any]]:
    """The records of a text object, by the columns of the table."""
    found = lines(key, value)
    if table.serde.endswith("JsonSerDe"):
        for line in found:
            if line.strip():
                yield document(table, line)
        return
    for line in found[int(table.properties.get("skip.header.line.count", "0")):]:
        values: List[Optional[str]] = list(line.split(table.delimiter or "\x01"))
        values += [None] * (len(table.columns) - len(values))
        yield {name: value for (name, _), value in zip(table.columns, values)}


def document(table: Table, line: str) -> Dict[str, Any]:
    """A document of a line; what follows it is not read. Names of members are in any case."""
    try:
        found, _ = json.JSONDecoder().raw_decode(line.lstrip())
        if not isinstance(found, dict):
            raise ValueError("Row is not a valid JSON Object")
    except ValueError as error:
        if table.serde_properties.get("ignore.malformed.json", "false").lower() != "true":
            raise DataError(f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: {error}") from error
        return {name: None for name, _ in table.columns}
    lowered = lower(found)
    return {name: lowered.get(name) for name, _ in table.columns}


def lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): lower(one) for key, one in value.items()}
    if isinstance(value, list):
        return [lower(one) for one in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def write(table: Table, found: List[Tuple[str, str, Any, Dict[str, str]]], folder: Path) -> Path:
    """The records of text objects, one JSON document a line, with the partition's columns and the path."""
    target = folder / f"{table.name}.ndjson"
    with target.open("w", encoding="utf-8") as out:
        for bucket, key, one, partition in found:
            beside = {**partition, "$path": f"s3://{bucket}/{key}"}
            for record in records(table, key, one.value):
                out.write(json.dumps({**record, **beside}) + "\n")
    return target
