"""A local Athena: the SELECTs and tables of the program, over the objects of the local S3.

    tables        CREATE EXTERNAL TABLE, columns, projected partitions
    objects       the objects of a partition as records, by their SerDe
    grammar       Trino's own grammar, and the functions that are known here
    engine        a SELECT, carried out by DuckDB
    executions    the API: executions, their states, their pages

What DuckDB answers otherwise than Trino is adapted in `engine`; types, overflow and the order of NULLs
are DuckDB's. A function that is not in `grammar.FUNCTIONS` is refused, as one that does not exist: each that
is there is held to a documented result by a test.
"""

from .executions import HANDLERS, Executions

__all__ = ["HANDLERS", "Executions"]
