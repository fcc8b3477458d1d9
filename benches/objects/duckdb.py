"""The same sums by DuckDB, on one thread. Prints its figures as a measurement does."""

import resource
import sys

import duckdb

QUERIES = r"""
SELECT
  vpc_id,
  CASE WHEN z THEN query_name END AS asked,
  CASE WHEN z THEN rcode END AS code,
  CASE WHEN z THEN list_filter(list_transform(answers, lambda a: a.Rdata), lambda v: regexp_matches(
    v, '^([0-9.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$'))[1] END AS address,
  count(*) AS records,
  count(DISTINCT CASE WHEN z THEN srcaddr END) AS sources,
  min(query_timestamp) AS first_event,
  arg_min(CASE WHEN z THEN answers END, query_timestamp) AS first_answers,
  arg_max(CASE WHEN z THEN answers END, query_timestamp) AS last_answers
FROM (
  SELECT *, regexp_matches(query_name, '(?i)(^|\.)({zones})\.?$') AS z
  FROM read_json('{directory}/*.gz', format = 'newline_delimited', columns = {
    vpc_id: 'VARCHAR', query_timestamp: 'VARCHAR', query_name: 'VARCHAR', rcode: 'VARCHAR',
    answers: 'STRUCT(Rdata VARCHAR, "Type" VARCHAR, "Class" VARCHAR)[]', srcaddr: 'VARCHAR'
  })
)
GROUP BY vpc_id, z, asked, code, address
"""
PRIVATE = r"'^(10\.|172\.(1[6-9]|2[0-9]|3[01])\.|192\.168\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|127\.|169\.254\.)'"
FLOWS = r"""
SELECT
  log_status, vpc_id, subnet_id, traffic_path,
  CASE WHEN up THEN dstaddr END AS up_external,
  CASE WHEN down THEN srcaddr END AS down_external,
  CASE WHEN up THEN regexp_extract(srcaddr, '^[0-9]+\.[0-9]+\.[0-9]+') END AS up_net,
  CASE WHEN down THEN regexp_extract(dstaddr, '^[0-9]+\.[0-9]+\.[0-9]+') END AS down_net,
  CASE WHEN up THEN pkt_dst_aws_service END AS up_tag,
  CASE WHEN down THEN pkt_src_aws_service END AS down_tag,
  count(*) AS records, sum(bytes) AS bytes
FROM (
  SELECT *,
    srcaddr IS NOT NULL AND NOT regexp_matches(dstaddr, {private}) AS up,
    dstaddr IS NOT NULL AND NOT regexp_matches(srcaddr, {private}) AS down
  FROM {source}
)
WHERE action = 'ACCEPT' AND interface_id IS NOT NULL
GROUP BY ALL
"""
# The fields of the recommended format, with underscores.
FIELDS = (
    "version account_id interface_id vpc_id subnet_id az_id region srcaddr dstaddr pkt_srcaddr pkt_dstaddr "
    "pkt_src_aws_service pkt_dst_aws_service flow_direction traffic_path protocol srcport dstport packets bytes "
    "start end action log_status"
).split()
LONG = {"bytes", "start", "end", "packets"}
SHORT = {"version", "srcport", "dstport", "protocol", "traffic_path"}


def type_of(field):
    return "BIGINT" if field in LONG else "INTEGER" if field in SHORT else "VARCHAR"


def main():
    kind, directory, zones = sys.argv[1:4]
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    columns = ", ".join(f"'{field}': '{type_of(field)}'" for field in FIELDS)
    text = (
        f"read_csv('{directory}/*.gz', delim = ' ', header = true, nullstr = '-', auto_detect = false, "
        f"quote = '', escape = '', columns = {{{columns}}})"
    )
    query = {
        "queries": QUERIES.replace("{directory}", directory).replace("{zones}", zones.replace(".", "\\.")),
        "flows": FLOWS.replace("{source}", text),
        "parquet": FLOWS.replace("{source}", f"read_parquet('{directory}/*.parquet')"),
    }[kind].replace("{private}", PRIVATE)
    connection.execute(f"CREATE TEMP TABLE sums AS {query}")
    total = "sum(records)" if kind == "queries" else "sum(bytes)"
    counted = "count(asked)" if kind == "queries" else "count(*)"
    called = "up_external IS NOT NULL OR down_external IS NOT NULL"
    only = "WHERE asked IS NOT NULL" if kind == "queries" else f"WHERE {called}"
    groups, records, total = connection.execute(
        f"SELECT {counted}, sum(records), (SELECT {total} FROM sums {only}) FROM sums"
    ).fetchone()
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(f"cpu={used.ru_utime + used.ru_stime:.3f} peak={used.ru_maxrss / 1024:.1f} groups={groups}")
    print(f"records={records} sum={total}")


main()
