"""Tests of the Insights query language: `python -m unittest test_insights` in this directory."""

import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from local_aws.insights.engine import run  # noqa: E402
from local_aws.insights.language import parse_query  # noqa: E402
from local_aws.insights.lexer import Malformed  # noqa: E402
from local_aws.answers import AwsError  # noqa: E402
from local_aws.insights.queries import class_of, masked  # noqa: E402
from local_aws.insights.rows import Event, discovery_of  # noqa: E402
from local_aws.seed.records import chased  # noqa: E402

NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC
FLOW = "2 123456789010 eni-1 10.0.0.5 52.1.2.3 40000 443 6 20 4249 1418530010 1418530070 ACCEPT OK"


def event(fields, minutes=0, **more):
    message = fields if isinstance(fields, str) else json.dumps(fields)
    return Event(NOON + minutes * 60_000, message, "stream", "111122223333:/group", NOON, f"ptr-{minutes}", **more)


def query(text, *events, **more):
    """Rows as dictionaries, without @ptr."""
    outcome = run(parse_query(text), [event(one, at) for at, one in enumerate(events)], **more)
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in outcome.rows]


def value(expression, **fields):
    """What an expression gives for one event; None if the field is absent."""
    return query(f"fields {expression} as x", fields)[0].get("x")


class Fields(unittest.TestCase):
    def test_without_fields_time_and_message_are_shown_newest_first(self):
        rows = query("limit 2", "old", "new")
        self.assertEqual(rows[0], {"@timestamp": "2023-11-15 12:01:00.000", "@message": "new"})
        self.assertEqual(len(rows), 2)

    def test_system_fields(self):
        row = query("fields @log, @logStream, @ingestionTime", "x")[0]
        self.assertEqual(row, {"@log": "111122223333:/group", "@logStream": "stream",
                               "@ingestionTime": "2023-11-15 12:00:00.000"})

    def test_json_leaves_are_found_under_their_path(self):
        message = {"answers": [{"Rdata": "1.2.3.4"}], "srcids": {"instance": "i-1"}, "a.b": "dotted"}
        row = query("fields answers.0.Rdata, srcids.instance, a.b, answers, srcids, answers.1.Rdata", message)[0]
        self.assertEqual(row, {"answers.0.Rdata": "1.2.3.4", "srcids.instance": "i-1", "a.b": "dotted"})

    def test_backquoted_names(self):
        self.assertEqual(query("fields `pkt-dstaddr` as to", {"pkt-dstaddr": "1.1.1.1"}), [{"to": "1.1.1.1"}])

    def test_default_flow_log_columns_are_discovered_and_others_are_not(self):
        self.assertEqual(query("fields srcAddr, bytes, action, logStatus", FLOW)[0],
                         {"srcAddr": "10.0.0.5", "bytes": "4249", "action": "ACCEPT", "logStatus": "OK"})
        self.assertEqual(query("fields srcAddr", FLOW + " more")[0], {})

    def test_display_replaces_fields(self):
        self.assertEqual(query("fields a, b | display b", {"a": 1, "b": 2}), [{"b": "2"}])

    def test_comments_and_line_breaks(self):
        self.assertEqual(query('fields a # not b\n| filter a = "#1" # end', {"a": "#1"}), [{"a": "#1"}])


class Filters(unittest.TestCase):
    def kept(self, condition, *events):
        return [row["n"] for row in query(f"fields n | filter {condition} | sort n", *events)]

    def test_comparisons_are_numeric_where_both_sides_are_numbers(self):
        events = [{"n": 1, "port": "9"}, {"n": 2, "port": "443"}]
        self.assertEqual(self.kept("port > 10", *events), ["2"])
        self.assertEqual(self.kept('port = "443"', *events), ["2"])
        self.assertEqual(self.kept("port != 443", *events), ["1"])

    def test_a_missing_field_equals_and_differs_from_nothing(self):
        self.assertEqual(self.kept('x = "a" or x != "a"', {"n": 1}), [])
        self.assertEqual(self.kept('not (x = "a")', {"n": 1}), ["1"])

    def test_and_binds_tighter_than_or(self):
        events = [{"n": 1, "a": 1}, {"n": 2, "a": 2, "b": 2}, {"n": 3, "a": 2}]
        self.assertEqual(self.kept("a = 1 or a = 2 and b = 2", *events), ["1", "2"])

    def test_like(self):
        events = [{"n": 1, "q": "STS.amazonaws.com."}, {"n": 2, "q": "example.org."}, {"n": 3}]
        self.assertEqual(self.kept(r"q like /(?i)sts\.amazonaws/", *events), ["1"])
        self.assertEqual(self.kept('q like "example"', *events), ["2"])
        self.assertEqual(self.kept('q not like "example"', *events), ["1", "3"])
        self.assertEqual(self.kept(r"q =~ /org\.$/", *events), ["2"])

    def test_in(self):
        events = [{"n": 1, "t": "A"}, {"n": 2, "t": "AAAA"}, {"n": 3, "t": "PTR"}]
        self.assertEqual(self.kept('t in ["A", "AAAA"]', *events), ["1", "2"])
        self.assertEqual(self.kept('t not in ["A", "AAAA"]', *events), ["3"])

    def test_a_slash_divides_where_no_regular_expression_can_stand(self):
        self.assertEqual(self.kept("bytes / 2 / 2 > 20", {"n": 1, "bytes": 100}, {"n": 2, "bytes": 40}), ["1"])


class Functions(unittest.TestCase):
    def test_text(self):
        self.assertEqual(value("tolower(q)", q="StS."), "sts.")
        self.assertEqual(value("strlen(q)", q="abc"), "3")
        self.assertEqual(value("substr(q, 1, 2)", q="abcd"), "bc")
        self.assertEqual(value('replace(q, ".", "-")', q="a.b"), "a-b")
        self.assertEqual(value('rtrim(q, ".")', q="a.b."), "a.b")
        self.assertEqual(value('concat(q, "/", missing)', q="a"), "a/")
        self.assertEqual(value('strcontains(q, "aws")', q="aws"), "1")
        self.assertEqual(value('strcontains(missing, "aws")'), "0")

    def test_presence(self):
        self.assertEqual(value("ispresent(q)", q=""), "1")
        self.assertEqual(value("ispresent(missing)"), "0")
        self.assertEqual(value("coalesce(missing, q)", q="x"), "x")
        self.assertEqual(value("isblank(q)", q="  "), "1")

    def test_addresses(self):
        for address, subnet, inside in (("10.1.2.3", "10.0.0.0/8", "1"), ("11.1.2.3", "10.0.0.0/8", "0"),
                                        ("not an address", "10.0.0.0/8", "0"), ("fd00::1", "10.0.0.0/8", "0")):
            self.assertEqual(value(f'isIpv4InSubnet(a, "{subnet}")', a=address), inside, address)
        self.assertEqual(value('isIpInSubnet(a, "fd00::/8")', a="fd00::1"), "1")
        self.assertEqual(value("isValidIpv4(a)", a="10.0.0.1"), "1")
        self.assertEqual(value("isValidIpv6(a)", a="10.0.0.1"), "0")

    def test_numbers(self):
        self.assertEqual(value("a + b * 2 - 1", a=1, b="3"), "6")
        self.assertEqual(value("a / b", a=1, b=3), "0.3333")
        self.assertIsNone(value("a / 0", a=1))
        self.assertEqual(value("greatest(a, b, missing)", a=9, b=10), "10")
        self.assertEqual(value("if(a > 1, \"many\", \"one\")", a=2), "many")

    def test_times(self):
        self.assertEqual(value("bin(1h)"), "2023-11-15 12:00:00.000")
        self.assertEqual(value("datefloor(@timestamp, 1d)"), "2023-11-15 00:00:00.000")
        self.assertEqual(value("toMillis(@timestamp)"), str(NOON))
        self.assertEqual(value("fromMillis(a)", a=NOON), "2023-11-15 12:00:00.000")


class Parsing(unittest.TestCase):
    def test_glob(self):
        rows = query('parse @message "user=* did *" as who, what | display who, what', "at 9 user=ann did log in", "none")
        self.assertEqual(rows, [{}, {"who": "ann", "what": "log in"}])

    def test_regular_expression(self):
        rows = query(r"parse q /(?<service>[^.]+)\.(?<region>[a-z0-9-]+)\./ | display service, region",
                     {"q": "sts.eu-west-1.amazonaws.com."})
        self.assertEqual(rows, [{"service": "sts", "region": "eu-west-1"}])


class Statistics(unittest.TestCase):
    EVENTS = ({"h": "a", "s": "1", "b": 10}, {"h": "a", "s": "2", "b": "20"}, {"h": "b", "s": "1", "b": 5}, {"s": "3"})

    def test_counts_by_key_and_a_missing_key_is_left_out(self):
        rows = query("stats count(*) as n, count_distinct(s) as d, sum(b) as b by h | sort n desc, h", *self.EVENTS)
        self.assertEqual(rows, [{"h": "a", "n": "2", "d": "2", "b": "30"}, {"n": "1", "d": "1"},
                                {"h": "b", "n": "1", "d": "1", "b": "5"}])

    def test_unnamed_columns_are_named_as_they_are_written(self):
        self.assertEqual(query("stats count(*), avg(b) by bin(1h)", *self.EVENTS),
                         [{"bin(1h)": "2023-11-15 12:00:00.000", "count(*)": "4", "avg(b)": "11.6667"}])

    def test_nothing_matched_gives_no_row(self):
        self.assertEqual(query('filter h = "z" | stats count(*)', *self.EVENTS), [])

    def test_first_and_last(self):
        rows = query("stats earliest(s) as first, latest(s) as last, sortsFirst(h) as low, sortsLast(h) as high, "
                     "min(b) as least, max(b) as most, pct(b, 50) as middle", *self.EVENTS)
        self.assertEqual(rows, [{"first": "1", "last": "3", "low": "a", "high": "b", "least": "5", "most": "20",
                                 "middle": "10"}])

    def test_times_in_statistics_print_as_set(self):
        text = "stats min(@timestamp) as t, latest(@timestamp) as u"
        self.assertEqual(query(text, "x"), [{"t": str(NOON), "u": str(NOON)}])
        self.assertEqual(query(text, "x", instants="text")[0]["t"], "2023-11-15 12:00:00.000")

    def test_statistics_of_statistics(self):
        self.assertEqual(query("stats count(*) as n by h | stats max(n) as most", *self.EVENTS), [{"most": "2"}])


class Order(unittest.TestCase):
    def test_numbers_sort_as_numbers(self):
        rows = query("fields n | sort n desc | limit 2", {"n": "9"}, {"n": "10"}, {"n": "x"}, {})
        self.assertEqual(rows, [{"n": "10"}, {"n": "9"}])

    def test_dedup_keeps_the_newest_and_all_without_the_field(self):
        rows = query("fields h, n | dedup h", {"h": "a", "n": 1}, {"h": "a", "n": 2}, {"n": 3}, {"n": 4})
        self.assertEqual([row["n"] for row in rows], ["4", "3", "2"])

    def test_limits(self):
        events = [{"n": n} for n in range(5)]
        self.assertEqual(len(query("fields n | limit 3", *events)), 3)
        self.assertEqual(len(query("fields n | limit 4", *events, max_rows=2)), 2)

    def test_matched_counts_events_before_statistics_and_limits(self):
        events = [event({"n": n}) for n in range(5)]
        self.assertEqual(run(parse_query("filter n > 1 | stats count(*) as c | limit 1"), events).matched, 3)
        self.assertEqual(run(parse_query("filter n > 1 | limit 1"), events).matched, 3)


class Refusals(unittest.TestCase):
    def test_malformed_queries(self):
        for text in ("", "   ", "fields", "nonsense a", "filter a =", 'filter a = "open', "fields nofunction(a)",
                     "stats strlen(a)", "stats count(", "limit many", "limit 100001", "filter a like /(/",
                     'parse @message "a * b" as x, y', "parse @message /no group/", "fields strlen()", "fields a b"):
            with self.assertRaises(Malformed, msg=text):
                parse_query(text)

    def test_the_place_is_given(self):
        with self.assertRaises(Malformed) as caught:
            parse_query("fields a | filtre b")
        self.assertEqual((caught.exception.start, caught.exception.end), (11, 17))


class LogGroups(unittest.TestCase):
    """What a log group's class, transformer and masks make of its events."""

    RECORD = {"query_name": "sts.amazonaws.com.", "vpc_id": "vpc-1", "srcaddr": "10.0.0.5", "rcode": "NOERROR",
              "query_type": "A", "query_class": "IN", "answers": [{"Rdata": "54.1.2.3", "Type": "A", "Class": "IN"}]}

    def group(self, **members):
        return type("Group", (), {f"local_{name}": value for name, value in members.items()})()

    def fields(self, group):
        made = event(self.RECORD, discover=discovery_of(group))
        text = ('parse @message /"vpc_id"\\s*:\\s*"(?<vpc>[^"]+)"/ '
                "| fields vpc_id, vpc, src_endpoint.vpc_uid as uid, query.hostname as host")
        return {cell["field"]: cell["value"] for cell in run(parse_query(text), [made]).rows[0] if cell["field"] != "@ptr"}

    def test_standard_log_groups_discover_fields(self):
        self.assertEqual(self.fields(self.group()), {"vpc_id": "vpc-1", "vpc": "vpc-1"})

    def test_infrequent_access_discovers_none_but_keeps_the_message(self):
        self.assertEqual(self.fields(self.group(**{"class": "INFREQUENT_ACCESS"})), {"vpc": "vpc-1"})

    def test_a_transformer_names_fields_its_own_way_and_keeps_the_raw_message(self):
        self.assertEqual(self.fields(self.group(transformer="ocsf")),
                         {"vpc": "vpc-1", "uid": "vpc-1", "host": "sts.amazonaws.com."})

    def test_masks_keep_the_length(self):
        group = self.group(masks=["[0-9]+(?:\\.[0-9]+){3}"])
        self.assertEqual(masked(group, '"10.0.0.5" to "54.1.2.3"'), '"********" to "********"')

    def test_a_query_asks_groups_of_one_class(self):
        standard, infrequent = self.group(), self.group(**{"class": "INFREQUENT_ACCESS"})
        self.assertEqual((class_of([standard, standard]), class_of([infrequent])), ("STANDARD", "INFREQUENT_ACCESS"))
        for groups in ([standard, infrequent], [self.group(**{"class": "DELIVERY"})]):
            with self.assertRaises(AwsError):
                class_of(groups)

    def test_a_chased_name_is_a_record_of_its_own(self):
        lines = chased([{"host": "b.s3.amazonaws.com.", "count": 3, "chases": ["s3-w.amazonaws.com."]}, {"host": "x."}])
        self.assertEqual([(line["host"], line.get("count")) for line in lines],
                         [("b.s3.amazonaws.com.", 3), ("s3-w.amazonaws.com.", 3), ("x.", None)])


class Speed(unittest.TestCase):
    def test_thirty_thousand_events(self):
        class Source:
            pass

        message = ('{{"srcaddr":"10.0.0.{0}","vpc_id":"vpc-1","answers":[{{"Rdata":"54.1.2.3","Type":"A","Class":"IN"}}],'
                   '"query_name":"Host{1}.eu-west-1.amazonaws.com.","query_type":"A","rcode":"NOERROR"}}')
        events = [Event(NOON + n, message.format(n % 9, n % 300), source=Source()) for n in range(30_000)]
        begin = time.process_time()
        outcome = run(parse_query('filter vpc_id = "vpc-1" and query_name like /amazonaws/ | stats count(*) as n, '
                                  "count_distinct(srcaddr) as s, min(@timestamp) as f by tolower(query_name) as q, "
                                  'isIpv4InSubnet(answers.0.Rdata, "10.0.0.0/8") as private | sort n desc'), events)
        self.assertEqual(len(outcome.rows), 300)
        self.assertLess(time.process_time() - begin, 5.0)  # some 0.5 s, and more on a slower machine


if __name__ == "__main__":
    unittest.main()
