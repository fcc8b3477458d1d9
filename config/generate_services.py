#!/usr/bin/env python3
"""Write config/services.toml from the endpoint data in botocore.

How to run it, from the root of the repository (Python 3.11 or later):

    python3 -m venv target/botocore
    target/botocore/bin/pip install botocore
    target/botocore/bin/python config/generate_services.py

It writes config/services.toml and tests/fixtures/hosts/botocore.csv, and prints what it left out. Read
the difference before you commit it. It reads no network and no AWS account, and the same botocore
gives the same bytes.

Inputs
    botocore's data directory: partitions.json, endpoints.json, every endpoint-rule-set-1.json
    (the `url` of every rule) and every service-2.json (the `hostPrefix` traits).
    config/services_by_hand.toml: the endpoint services, and the patterns that win over these.

Which name a rule gets (`service`), first match:
    1. the endpoint service whose private DNS lists the host;
    2. the endpoint service whose name is the host's labels reversed (`api.ecr` -> `ecr.api`);
    3. for a FIPS host, the service of the host without `fips`: first its `-fips` twin, then itself;
    4. the only endpoint service among the other hosts of the same botocore service (dual-stack hosts are
       often renamed: `ecr` for `api.ecr`);
    5. the labels of the host.
"""

import csv
import gzip
import json
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import botocore

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(botocore.__file__).parent / "data"
BY_HAND = ROOT / "config" / "services_by_hand.toml"
OUT = ROOT / "config" / "services.toml"
FIXTURE = ROOT / "tests" / "fixtures" / "hosts" / "botocore.csv"

REGION = "{region}"
SUFFIXES = ("{dns}", "{dual}")
# Rule-set variables that stand for a region, and for the two suffixes.
REGION_VARIABLE = re.compile(r"\{(Region|\w+#region|\w+#implicitGlobalRegion)\}")
DNS_VARIABLE = re.compile(r"\{\w+#dnsSuffix\}")
DUAL_VARIABLE = re.compile(r"\{\w+#dualStackDnsSuffix\}")
# `{OperationType}-kinesis` in the Kinesis rule set; the values are in its operation context.
EXPANSIONS = {"{OperationType}": ("data", "control")}
# These services' patterns are all in services_by_hand.toml: buckets need `*` where the rule set
# shows one variable, and the hosts of one model belong to several endpoint services.
BY_HAND_ONLY = {"s3", "s3control", "s3outposts", "neptune-graph"}


def load(path):
    """The JSON of a file, packed or not."""
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            return json.load(file)
    return json.loads(path.read_text())


def partitions():
    """Partitions with their suffixes, regions and the shape of region names."""
    result = []
    for part in load(DATA / "partitions.json")["partitions"]:
        # "^(us|eu)\\-\\w+\\-\\d+$" -> ["us", "eu"], "^us\\-iso\\-\\w+..." -> ["us-iso"]
        shape = part["regionRegex"].replace("\\-", "-").removeprefix("^")
        shape = shape.removesuffix("-\\w+-\\d+$")
        head, _, tail = shape.rpartition("(")
        group, _, rest = tail.partition(")")
        prefixes = [head + middle + rest for middle in group.split("|")] if "(" in shape else [shape]
        regions = sorted(r for r in part["regions"] if re.match(part["regionRegex"], r))
        outputs = part["outputs"]
        result.append(
            {
                "id": part["id"],
                "dns": outputs["dnsSuffix"],
                "dual": outputs["dualStackDnsSuffix"],
                "prefixes": sorted(prefixes),
                "regions": regions,
            }
        )
    return result


class Names:
    """Turns host names and rule-set URLs into patterns."""

    def __init__(self, parts):
        self.regions = {r for p in parts for r in p["regions"]}
        pairs = {(p["dns"], "{dns}") for p in parts} | {(p["dual"], "{dual}") for p in parts}
        self.suffixes = sorted(pairs, key=lambda pair: (-len(pair[0]), pair))

    def from_host(self, host):
        """`kms.eu-west-1.api.aws` -> `kms.{region}.{dual}`; None outside the partitions' suffixes."""
        for suffix, mark in self.suffixes:
            if host.endswith("." + suffix):
                labels = host[: -len(suffix) - 1].split(".")
                return ".".join([REGION if x in self.regions else x for x in labels] + [mark])
        return None

    def from_url(self, url):
        """The patterns of one rule-set URL; none if it is no AWS host."""
        urls = [url]
        for variable, values in EXPANSIONS.items():
            urls = [u.replace(variable, v) for u in urls for v in values] if variable in url else urls
        for one in urls:
            host = one.removeprefix("https://").split("/")[0]
            host = REGION_VARIABLE.sub(REGION, host)
            host = DNS_VARIABLE.sub("{dns}", DUAL_VARIABLE.sub("{dual}", host))
            if not host.endswith(SUFFIXES):
                host = self.from_host(host) or ""
            labels = []
            for label in host.split("."):
                if label in (REGION, *SUFFIXES):
                    labels.append(label)
                elif label in self.regions:
                    labels.append(REGION)
                elif re.fullmatch(r"\{[^{}]+\}", label):
                    labels.append("?")
                else:
                    labels.append(re.sub(r"\{[^{}]+\}", "*", label))
            if len(labels) > 1 and "://" not in one.removeprefix("https://"):
                yield ".".join(labels)


def rule_set_urls(node):
    """Every `url` text in a rule set."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "url" and isinstance(value, str):
                yield value
            else:
                yield from rule_set_urls(value)
    elif isinstance(node, list):
        for value in node:
            yield from rule_set_urls(value)


def endpoint_hosts(left_out):
    """(region key, service id, host, region signed for, is an old name) of endpoints.json.

    Artefacts are added to `left_out` instead.
    """
    for part in load(DATA / "endpoints.json")["partitions"]:
        for service, entry in part["services"].items():
            for region, own in entry.get("endpoints", {}).items():
                levels = [part["defaults"], entry.get("defaults", {}), own]
                merged = {k: v for level in levels for k, v in level.items()}
                scope = merged.get("credentialScope", {}).get("region")
                templates = [(merged["hostname"], part["dnsSuffix"], False)]
                if "sslCommonName" in merged:
                    templates.append((merged["sslCommonName"], part["dnsSuffix"], True))
                variants = defaultdict(dict)
                for level in levels:
                    for variant in level.get("variants", []):
                        variants[tuple(sorted(variant["tags"]))].update(variant)
                for tags in sorted({tuple(sorted(v["tags"])) for v in own.get("variants", [])}):
                    variant = variants[tags]
                    templates.append((variant["hostname"], variant.get("dnsSuffix", part["dnsSuffix"]), False))
                for template, suffix, old in templates:
                    host = template.format(service=service, region=region, dnsSuffix=suffix)
                    if host.startswith("localhost") or is_artefact(host, region, part["regions"], template):
                        left_out.add(host)
                    else:
                        yield region, service, host, scope, old


def collect(names):
    """pattern -> botocore services, and the same for host-prefix patterns alone."""
    found, prefixed = defaultdict(set), set()
    for _, service, host, _, old in endpoint_hosts(set()):
        pattern = names.from_host(host)
        if pattern is not None and not old:
            found[pattern].add(service)
    ruled = defaultdict(set)
    for path in sorted(DATA.glob("*/*/endpoint-rule-set-1.json*")):
        service = path.parent.parent.name
        if service in BY_HAND_ONLY:
            continue
        for url in rule_set_urls(load(path)):
            for pattern in names.from_url(url):
                found[pattern].add(service)
                ruled[service].add(pattern)
    for path in sorted(DATA.glob("*/*/service-2.json*")):
        service = path.parent.parent.name
        if service in BY_HAND_ONLY:
            continue
        model = load(path)
        prefixes = {o["endpoint"]["hostPrefix"] for o in model["operations"].values() if "endpoint" in o}
        for prefix in sorted(prefixes):
            for pattern in sorted(ruled[service]):
                label = re.sub(r"\{[^{}]+\}", "?", prefix)
                found[label + pattern].add(service)
                prefixed.add(label + pattern)
    return found, prefixed


def is_artefact(host, key, regions, template):
    """True where a made-up region key was put into the host template: `fsx.prod-us-east-1...`.

    Also for the hosts that miss a dot (`ramus-gov-east-1.api.aws` in botocore 1.44), where the region
    is glued to the service.
    """
    first = host.split(".")[0]
    return (key not in regions and "{region}" in template) or (first.endswith(key) and first != key)


def service_tail(name):
    """What follows the region, or the prefix, of an endpoint service's name."""
    if ".{region}." in name:
        return name.split(".{region}.", 1)[1]
    return re.sub(r"^(com\.amazonaws|aws\.api\.[a-z0-9-]+)\.", "", name)


class Tails:
    """Finds the endpoint service of a pattern."""

    def __init__(self, by_hand):
        services = by_hand["endpoint_service"]
        # Where two claim one name, the one that the AWS guide lists.
        services = sorted(services, key=lambda s: ("guide" not in s["evidence"], s["name"]))
        self.by_dns, self.tails = {}, set()
        for service in services:
            tail = service_tail(service["name"])
            self.tails.add(tail)
            for pattern in service.get("dns", []):
                self.by_dns.setdefault(pattern, tail)

    def direct(self, pattern):
        """Rules 1 and 2 of the module's text."""
        for suffix in SUFFIXES:
            other = re.sub(r"\{(dns|dual)\}$", suffix, pattern)
            if other in self.by_dns:
                return self.by_dns[other]
        reverse = ".".join(reversed(labels_of(pattern).split(".")))
        return reverse if reverse in self.tails else None

    def fips(self, pattern):
        """Rule 3."""
        base = without_fips(pattern)
        if base == pattern:
            return None
        tail = self.direct(base)
        if tail is None:
            return None
        first, _, rest = tail.partition(".")
        for twin in (tail + "-fips", first + "-fips" + ("." + rest if rest else "")):
            if twin in self.tails:
                return twin
        return tail


def labels_of(pattern):
    """The service labels of a pattern: no region or what stands for one, suffix or placeholder."""
    left_out = (REGION, "?", "*", "global", "us-gov", *SUFFIXES)
    return ".".join(x for x in pattern.split(".") if x not in left_out)


def without_fips(pattern):
    """The pattern with every `fips` taken out of its labels."""
    return ".".join(re.sub(r"-fips\b", "", x) for x in pattern.split(".") if x != "fips")


def name_services(found, prefixed, tails):
    """pattern -> service, by the five rules in the module's text."""
    named = {p: tails.direct(p) or tails.fips(p) for p in found}
    siblings = defaultdict(set)
    for pattern, tail in named.items():
        if tail and without_fips(pattern) == pattern and pattern not in prefixed:
            for service in found[pattern]:
                siblings[service].add(tail)
    for pattern in found:
        if named[pattern] is None and pattern not in prefixed:
            only = set().union(*(siblings[s] for s in found[pattern]))
            tail = next(iter(only), "")
            # `acm-acme` is an API beside `acm`, no other name of it.
            beside = labels_of(without_fips(pattern)).startswith(tail + "-")
            if len(only) == 1 and not beside:
                twin = tail + "-fips"
                fips = without_fips(pattern) != pattern
                named[pattern] = twin if fips and twin in tails.tails else tail
    for pattern in found:
        if named[pattern] is None:
            named[pattern] = labels_of(without_fips(pattern))
    return named


def quote(text):
    """A TOML basic string; the data holds no character to escape."""
    return f'"{text}"'


def line(fields):
    """One rule as an inline table."""
    return "    { " + ", ".join(f"{k} = {quote(v)}" for k, v in fields) + " },"


def write_rules(parts, named, tails, by_hand):
    """config/services.toml."""
    hand = {s["name"] for s in by_hand["service"]}
    regional, other = {}, []
    for pattern, service in sorted(named.items()):
        match = re.fullmatch(r"([a-z0-9.-]+)\.\{region\}\.\{(dns|dual)\}", pattern)
        if pattern in hand:
            continue
        if match:
            regional.setdefault(match[1], service)
        else:
            other.append((pattern, service))
    # Endpoint services whose host no model shows: the name reversed, a guess.
    without = by_hand["endpoint_service_without_host"]
    for service in by_hand["endpoint_service"]:
        tail = service_tail(service["name"])
        labels = ".".join(reversed(tail.split(".")))
        if "{region}" not in service["name"] or tail in without or tail in named.values():
            continue
        patterns = service.get("dns", [])
        matches = [re.fullmatch(r"([a-z0-9.-]+)\.\{region\}\.\{(dns|dual)\}", p) for p in patterns]
        for match in matches:
            if match:
                regional.setdefault(match[1], tail)
        if not patterns:
            regional.setdefault(labels, tail)
    text = [
        "# Generated by generate_services.py; do not edit. What is kept by hand is in services_by_hand.toml.",
        f"# Source: botocore {botocore.__version__} (partitions.json, endpoints.json, endpoint rule sets, hostPrefix traits).",
        "# The patterns are explained in services_by_hand.toml.",
        "",
        "# A label is a region if `regions` lists it, or if it is one of `region_prefixes` and then `-<letters>-<digits>`.",
        "partition = [",
    ]
    for part in parts:
        lists = [f"region_prefixes = {json.dumps(part['prefixes'])}", f"regions = {json.dumps(part['regions'])}"]
        text.append(
            f"    {{ id = {quote(part['id'])}, dns = {quote(part['dns'])}, dual = {quote(part['dual'])}, " + ", ".join(lists) + " },"
        )
    text += ["]", "", "# `labels`.{region}.{dns} and `labels`.{region}.{dual}", "regional = ["]
    text += [line([("labels", k), ("service", v)]) for k, v in sorted(regional.items())]
    text += ["]", "", "# Names of other shapes: without a region, or with a part that varies.", "service = ["]
    text += [line([("name", k), ("service", v)]) for k, v in other]
    text += ["]", ""]
    OUT.write_text("\n".join(text))
    return regional, other


def write_fixture(parts):
    """tests/fixtures/hosts/botocore.csv: every real host of endpoints.json, for the tests."""
    every = {r for p in parts for r in p["regions"]}
    rows, left_out = defaultdict(lambda: [set(), set()]), set()
    for region, service, host, scope, _ in endpoint_hosts(left_out):
        # The region of the key where the host carries it; a host of another region (one region
        # that serves all) carries its own; a host without any is global.
        carried = [x for x in host.split(".") if x in every]
        expected = region if region in carried else scope if scope in carried else (carried or [""])[-1]
        rows[host][0].add(expected)
        rows[host][1].add(service)
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    with FIXTURE.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["host", "region", "botocore_services"])
        for host, (region, services) in sorted(rows.items()):
            assert len(region) == 1, (host, region)
            out.writerow([host, *region, ";".join(sorted(services))])
    return rows, sorted(left_out)


def main():
    """Write both files and state what was left out."""
    by_hand = tomllib.loads(BY_HAND.read_text())
    parts = partitions()
    names = Names(parts)
    found, prefixed = collect(names)
    tails = Tails(by_hand)
    named = name_services(found, prefixed, tails)
    regional, other = write_rules(parts, named, tails, by_hand)
    rows, left_out = write_fixture(parts)
    print(f"{OUT.name}: {len(regional)} regional rules, {len(other)} others; {FIXTURE.name}: {len(rows)} hosts")
    print(f"left out as artefacts of templates: {' '.join(left_out)}")


if __name__ == "__main__":
    main()
