"""Tests of the local Athena, and of the SQL that the program writes: `python -m unittest test_athena` here."""

import gzip
import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(os.path.abspath(__file__)).parent
sys.path.insert(0, str(HERE))

from local_aws.athena import engine, grammar, objects, tables  # noqa: E402
from local_aws.athena.grammar import FUNCTIONS, Refused  # noqa: E402

SNAPSHOTS = HERE.parent.parent / "src" / "usage"

#: Each function, with an expression and its result as the documentation of Trino has it:
#: https://trino.io/docs/current/functions/array.html, regexp.html, string.html, json.html, aggregate.html,
#: conditional.html, lambda.html
DOCUMENTED = {
    "regexp_like": [(r"regexp_like('1a 2b 14m', '\d+b')", True), ("regexp_like('ABC', '(?i)b')", True),
                    ("regexp_like('abc', '^b')", False)],
    "regexp_extract": [(r"regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2)", "a"),
                       ("regexp_extract('abc', '(x)', 1)", None), ("regexp_extract('abc', '(b?)', 1)", "")],
    "element_at": [("element_at(ARRAY['a', 'b'], 1)", "a"), ("element_at(ARRAY['a', 'b'], -1)", "b"),
                   ("element_at(ARRAY['a', 'b'], 3)", None)],
    "filter": [("array_join(filter(ARRAY['5', '-6', '7'], x -> x <> '-6'), ',')", "5,7")],
    "transform": [("array_join(transform(ARRAY['5', '6'], x -> x || '!'), ',')", "5!,6!")],
    "array_join": [("array_join(ARRAY['a', NULL, 'b'], ',')", "a,b"), ("array_join(ARRAY['a'], ',')", "a")],
    "split_part": [("split_part('a]b]c', ']', 1)", "a"), ("split_part('abc', ']', 1)", "abc"),
                   ("split_part('', ']', 1)", "")],
    "json_format": [("json_format(CAST('a\"b' AS json))", '"a\\"b"'), ("json_format(CAST(1 AS json))", "1")],
    "strpos": [("strpos('high', 'g')", 3), ("strpos('high', 'x')", 0)],
    "coalesce": [("coalesce(NULL, 'x', 'y')", "x")],
    "nullif": [("nullif('-', '-')", None), ("nullif('a', '-')", "a")],
    "count": [("count(*)", 3), ("count(x)", 2), ("count(DISTINCT y)", 2)],
    "sum": [("sum(y)", 5), ("sum(CAST(NULL AS bigint))", None)],
    "min": [("min(x)", "a")],
    "max": [("max(x)", "b")],
    # https://trino.io/docs/current/functions/aggregate.html: the value of x associated with the least y.
    "min_by": [("min_by(x, y)", "a"), ("min_by(x, CAST(NULL AS bigint))", None)],
    "max_by": [("max_by(x, y)", "b")],
    "array_agg": [("array_join(array_agg(DISTINCT 'a'), ',')", "a")],
    "substr": [("substr('2026-11-20 00:00:00.000', 1, 10)", "2026-11-20")],
    # https://trino.io/docs/current/functions/datetime.html: timestamp2 - timestamp1 in terms of the unit.
    "date_diff": [("date_diff('hour', TIMESTAMP '2026-11-20 00:00:00', TIMESTAMP '2026-11-21 00:00:00')", 24)],
}
AGGREGATED = ("array_agg", "count", "sum", "min", "max", "min_by", "max_by")


class Key:
    """An object as moto keeps it."""

    def __init__(self, value):
        self.value, self.size = value, len(value)


class Stored(unittest.TestCase):
    """With objects in a bucket, by their keys."""

    def setUp(self):
        self.objects = {}
        patch = mock.patch.object(objects, "listed", lambda bucket, prefix: [
            (key, Key(self.objects[key])) for key in sorted(self.objects) if key.startswith(prefix)])
        patch.start()
        self.addCleanup(patch.stop)
        self.catalog = {}

    def create(self, ddl):
        table = tables.parse(ddl)
        self.catalog[table.database, table.name] = table
        return table

    def put(self, key, lines):
        self.objects[key] = gzip.compress(("\n".join(lines) + "\n").encode())

    def run_(self, statement):
        return engine.run(statement, self.catalog)


def value(expression, aggregated=False):
    rows = "SELECT 'a' AS x, CAST(1 AS bigint) AS y UNION ALL SELECT 'b', 2 UNION ALL SELECT NULL, 2"
    text = f"WITH t AS ({rows}) SELECT {expression} FROM t" if aggregated else f"SELECT {expression}"
    return engine.run(text, {}).rows[0][0]


class Functions(unittest.TestCase):
    def test_each_function_gives_its_documented_result(self):
        self.assertEqual(set(DOCUMENTED), set(FUNCTIONS))
        for name, cases in DOCUMENTED.items():
            for expression, expected in cases:
                with self.subTest(expression):
                    self.assertEqual(value(expression, name in AGGREGATED), expected)

    def test_other_functions_do_not_exist(self):
        for name in ("strftime('%Y', 1)", "list_filter(ARRAY[1], x -> true)", "approx_distinct(1)"):
            with self.assertRaisesRegex(Refused, "FUNCTION_NOT_FOUND"):
                value(name)

    def test_what_is_not_in_the_grammar_of_trino_is_refused(self):
        for text in ("SELECT 1::bigint", "SELECT * EXCLUDE (a) FROM t", "SELECT 1 LIMIT 5 OFFSET 2", "SELECT [1, 2]",
                     "MSCK REPAIR TABLE t", "SELECT FROM t"):
            with self.subTest(text), self.assertRaisesRegex(Refused, "SYNTAX_ERROR|NOT_SUPPORTED"):
                engine.run(text, {})
        with self.assertRaisesRegex(Refused, "NOT_SUPPORTED"):
            engine.run("DROP TABLE t", {})

    def test_a_table_that_does_not_exist_is_named(self):
        with self.assertRaisesRegex(Refused, "TABLE_NOT_FOUND.*logs.t"):
            engine.run('SELECT count(*) FROM "logs"."t"', {})


def snapshot(path):
    return path.read_text(encoding="utf-8").split("---\n", 2)[2].strip()


class Snapshots(unittest.TestCase):
    """What the program writes."""

    def test_every_statement_is_in_the_grammar_of_trino(self):
        found = sorted(SNAPSHOTS.glob("**/snapshots/*__sql_*.snap"))
        self.assertGreaterEqual(len(found), 6)
        for path in found:
            with self.subTest(path.name):
                grammar.check(snapshot(path))

    def test_every_condition_is_in_the_grammar_of_trino(self):
        found = sorted(SNAPSHOTS.glob("**/snapshots/*__condition_*.snap"))
        self.assertGreaterEqual(len(found), 2)
        for path in found:
            with self.subTest(path.name):
                grammar.check(f"SELECT 1 FROM t WHERE {snapshot(path)}")

    def test_every_ddl_is_in_the_dialect_of_athena(self):
        from sqlfluff.core import Linter
        linter = Linter(dialect="athena")
        found = sorted(SNAPSHOTS.glob("**/snapshots/*__ddl_*.snap"))
        self.assertGreaterEqual(len(found), 3)
        for path in found:
            with self.subTest(path.name):
                parsed = linter.parse_string(snapshot(path))
                self.assertEqual([str(one) for one in parsed.violations], [])
                table = tables.parse(snapshot(path))
                self.assertEqual(table.properties["projection.enabled"], "true")
                self.assertTrue(table.properties["storage.location.template"].startswith(table.location))

    def test_a_misspelt_ddl_is_refused(self):
        from sqlfluff.core import Linter
        ddl = snapshot(next(SNAPSHOTS.glob("**/snapshots/*__ddl_queries.snap")))
        parsed = Linter(dialect="athena").parse_string(ddl.replace("ROW FORMAT SERDE", "ROW FORMAT SERDER"))
        self.assertNotEqual(parsed.violations, [])


def ddl_of(name):
    return snapshot(next(SNAPSHOTS.glob(f"**/snapshots/*__ddl_{name}.snap")))


def query_record(name, at, answers=(), source="10.0.0.1", vpc="vpc-1", **more):
    return json.dumps({"version": "1.1", "vpc_id": vpc, "query_timestamp": at, "query_name": name, "rcode": "NOERROR",
                       "answers": [{"Rdata": one, "Type": "A", "Class": "IN"} for one in answers],
                       "srcaddr": source, **more}, separators=(",", ":"))


class Queries(Stored):
    """The statement of the snapshot over objects of the snapshot's table."""

    def setUp(self):
        super().setUp()
        self.table = self.create(ddl_of("queries"))
        text = snapshot(next(SNAPSHOTS.glob("**/snapshots/*__sql_queries.snap")))
        text = text.replace('"logs"."queries"', f'"logs"."{self.table.name}"')
        self.text = text.replace("log_account = '111111111111'", "log_account IN ('111111111111') AND log_vpc IN "
                                 "('vpc-1') AND log_day >= '2026/06/01' AND log_day <= '2026/06/02'")
        self.folder = "network/AWSLogs/111111111111/vpcdnsquerylogs/vpc-1/2026/06/01/"

    def rows(self):
        result = self.run_(self.text)
        names = [name for name, _ in result.columns]
        return [dict(zip(names, row)) for row in result.rows], result.scanned

    def test_names_and_totals_come_from_one_statement(self):
        sts = "STS.eu-west-1.amazonaws.com."
        self.put(self.folder + "a.log.gz", [
            query_record(sts, "2026-06-01T01:00:00Z", ["cname.x", "54.0.0.1"]),
            query_record(sts, "2026-06-01T02:00:00Z", ["54.0.0.1"], "10.0.0.2"),
            query_record("example.org.", "2026-06-01T03:00:00Z"),
            query_record(sts, "2026-06-02T00:00:00Z", ["54.0.0.1"]),
            query_record(sts, "2026-05-31T23:59:59Z", ["54.0.0.1"]),
        ])
        self.put(self.folder.replace("/06/01/", "/06/05/") + "b.log.gz", [query_record(sts, "2026-06-01T01:00:00Z")])
        rows, scanned = self.rows()
        named = [row for row in rows if row["asked"]]
        self.assertEqual(len(named), 1)
        self.assertEqual(named[0]["queries"], 2)
        self.assertEqual(named[0]["sources"], 2)
        self.assertEqual(named[0]["address"], "54.0.0.1")
        self.assertEqual(json.loads(f"[{named[0]['first_answers']}]")[0]["Rdata"], "cname.x")
        self.assertEqual(named[0]["last_answers"], '{"Rdata":"54.0.0.1","Type":"A","Class":"IN"}')
        self.assertEqual(sum(row["queries"] for row in rows), 3)
        self.assertEqual(scanned, len(self.objects[self.folder + "a.log.gz"]))

    def test_the_list_of_answers_ends_at_a_bracket_and_ties_are_settled_by_text(self):
        sts, at = "sts.aws.", "2026-06-01T01:00:00Z"
        self.put(self.folder + "a.log.gz", [
            query_record(sts, at, ["54.0.0.1", "b]c"]), query_record(sts, at, ["54.0.0.1", "54.0.0.2"])])
        row = next(row for row in self.rows()[0] if row["asked"])
        self.assertTrue(row["first_answers"].endswith('"54.0.0.2","Type":"A","Class":"IN"}'))
        self.assertTrue(row["last_answers"].endswith('"b'))

    def test_lines_that_are_no_records_are_counted_apart(self):
        self.put(self.folder + "a.log.gz", ["not json", query_record("sts.aws.", "2026-06-01 01:00:00")])
        rows, _ = self.rows()
        self.assertEqual(sum(row["queries"] for row in rows if not row["dated"]), 2)

    def test_without_a_value_of_an_injected_column_a_query_is_refused(self):
        self.text = self.text.replace("log_vpc IN ('vpc-1') AND", "")
        with self.assertRaisesRegex(Refused, "CONSTRAINT_VIOLATION.*log_vpc"):
            self.rows()


class Flows(Stored):
    def test_text_is_read_by_position_without_its_header(self):
        table = self.create(ddl_of("flows_text"))
        key = "network/AWSLogs/1/vpcflowlogs/eu-west-1/2026/06/01/13/1_vpcflowlogs_eu-west-1_fl-1_20260601T1300Z_a.log.gz"
        self.put(key, ["version account-id interface-id", "2 1 eni-1 10.0.0.5 54.0.0.1 1 443 6 1 70 10 20 ACCEPT OK",
                       "2 1 eni-1 - - - - - - - 10 20 - NODATA"])
        rows = self.run_(f'SELECT sum(try_cast(bytes AS bigint)), count(*), min("$path") FROM "logs"."{table.name}" '
                         "WHERE log_account = '1' AND log_region = 'eu-west-1' AND log_day = '2026/06/01'").rows
        self.assertEqual(rows, [(70, 2, f"s3://central-logs.111111111111/{key}")])

    def test_parquet_is_read_by_name_in_folders_as_hive_names_them(self):
        import duckdb
        table = self.create(ddl_of("flows_parquet_hive"))
        path = Path(self.enterContext_()) / "x.parquet"
        duckdb.connect().execute("COPY (SELECT 70::BIGINT AS bytes, 'eni-1' AS interface_id, 6::INTEGER AS protocol) "
                                 f"TO '{path}' (FORMAT parquet, COMPRESSION gzip)")
        folder = "network/AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=r/year=2026/month=06/day=01/"
        self.objects[folder + "hour=01/a.log.parquet"] = path.read_bytes()
        rows = self.run_(f'SELECT interface_id, bytes, action FROM "logs"."{table.name}" WHERE log_account = \'1\' AND '
                         "log_region = 'r' AND log_year IN ('2026') AND log_month IN ('06') AND log_date IN ('01')").rows
        self.assertEqual(rows, [("eni-1", 70, None)])

    def enterContext_(self):
        import tempfile
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name


if __name__ == "__main__":
    unittest.main()
