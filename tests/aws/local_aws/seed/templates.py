"""Less to write in a seed: defaults for accounts, and sets of DNS lines used by several VPCs.

    "defaults": {"enabled_regions": [..]}             members of every account that has none of its own
    "dns_sets": {"everyday": [{"host": "sts.{region}.amazonaws.com.", ..}]}
    "dns": [{"set": "everyday", "times": 3, "srcaddr": ["10.1.0.5"]}, ..]

A set's lines take the other members of the line that names it; `times` multiplies their counts.
`{region}` and `{account}` are replaced in hosts and answers.
"""

from typing import Any, Dict, List


def expand(spec: Dict[str, Any]) -> Dict[str, Any]:
    """The seed without defaults and sets."""
    sets = spec.get("dns_sets") or {}
    accounts = [{**(spec.get("defaults") or {}), **account} for account in spec["accounts"]]
    for account in accounts:
        regions = {}
        for region, content in (account.get("regions") or {}).items():
            vpcs = [{**vpc, "dns": [place(line, region, account["id"]) for line in lines(vpc.get("dns", []), sets)]}
                    for vpc in content.get("vpcs", [])]
            regions[region] = {**content, "vpcs": vpcs}
        account["regions"] = regions
    return {**spec, "accounts": accounts}


def lines(dns: List[Dict[str, Any]], sets: Dict[str, List[Dict[str, Any]]]) -> List[Dict[str, Any]]:
    found = []
    for line in dns:
        if "set" not in line:
            found.append(line)
            continue
        if line["set"] not in sets:
            raise ValueError(f"no set of DNS lines {line['set']!r}")
        more = {key: value for key, value in line.items() if key not in ("set", "times")}
        times = line.get("times", 1)
        found += [{**one, "count": max(1, round(one.get("count", 1) * times)), **more} for one in sets[line["set"]]]
    return found


def place(value: Any, region: str, account: str) -> Any:
    if isinstance(value, str):
        return value.replace("{region}", region).replace("{account}", account)
    if isinstance(value, list):
        return [place(one, region, account) for one in value]
    if isinstance(value, dict):
        return {key: place(one, region, account) for key, one in value.items()}
    return value
