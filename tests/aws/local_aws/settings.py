"""The server's settings, changed through `POST /_local/settings`.

Keys may be given dotted (`"insights.page_rows": 2`) or nested (`{"insights": {"page_rows": 2}}`).
An unknown key is refused, so a typing error cannot pass for a setting.
"""

import threading
from typing import Any, Dict, Optional

DEFAULTS: Dict[str, Any] = {
    # Milliseconds added to every call.
    "latency_ms": 0,
    # How far the clock of AWS is ahead; with it every answer has a Date.
    "clock_offset_seconds": None,
    # The most items in a page of any list call; None leaves AWS's own limits.
    "page_limit": None,
    # Reads until an association or configuration of Resolver that is made or dissolved is so.
    "resolver.pending_reads": 0,
    # What an association becomes after that: a status, and an error: "FAILED ACCESS_DENIED".
    "resolver.associations_become": "ACTIVE NONE",
    # Reads until a new flow log shows how it delivers, and what it shows then.
    "flow_logs.pending_reads": 0,
    "flow_logs.become": "SUCCESS",
    # Roles may do what their policies allow, and be assumed by the principals that they trust; see iam_enforcement.
    "enforce_iam": False,
    # Organizations lists begin with an empty page that carries a NextToken.
    "organizations.empty_pages": False,
    # A page of an Organizations list ends with the item with which the next one begins.
    "organizations.overlapping_pages": False,
    # Answers of GetQueryResults that are Running (with partial, wrong rows) before Complete.
    "insights.running_polls": 1,
    # The most rows of a whole answer, and of one page of it.
    "insights.max_rows": 10_000,
    "insights.page_rows": 10_000,
    # Queries running at once in one account and region.
    "insights.concurrency": 100,
    # The same on log groups of the class Infrequent Access.
    "insights.infrequent_concurrency": 5,
    # What min, max, earliest and latest print for @timestamp: "millis" or "text".
    "insights.timestamp_aggregates": "millis",
    # Monitoring accounts and the accounts whose log groups they may query: {"111..": ["222.."]}.
    "insights.links": {},
    # Polls of GetQueryExecution that answer RUNNING; the most rows of a page; queries at once.
    "athena.running_polls": 1,
    "athena.page_rows": 1_000,
    "athena.concurrency": 25,
    # Workgroups of every account: {"NAME": {"managed", "output", "cutoff", "state"}}.
    "athena.workgroups": {"primary": {"managed": True}},
    # The Price List API: see pricing.py.
    "pricing.silent_services": [],
    "pricing.refused_regions": [],
    "pricing.more_products": [],
    # Whether StackSets may work with the organization; looks at an operation that find it running; what operations
    # end as, without a result of any account (None: as the stacks go).
    "stack_sets.trusted_access": True,
    "stack_sets.running_polls": 0,
    "stack_sets.operations_end_as": None,
    # What GetMetricData answers for metrics of a name, and messages beside the results: see cloudwatch.py.
    "cloudwatch.statuses": {},
    "cloudwatch.messages": [],
    "cloudwatch.periods_by_clock": False,
    # Cost Explorer: see cost_explorer.py.
    "bill.charges": [],
    "bill.missing_days": [],
    "bill.estimated_days": [],
    "bill.page_groups": 1_000,
}


class Settings:
    """Settings of the server, and of single accounts or organisations (by management account) over them.

    Reading is done for the account whose call the thread is serving: see `serve`.
    """

    def __init__(self) -> None:
        self._thread = threading.local()
        self.reset()

    def reset(self) -> None:
        self._values = dict(DEFAULTS)
        self._of: Dict[str, Dict[str, Any]] = {}

    def serve(self, *accounts: Optional[str]) -> None:
        """From here on this thread reads for these accounts, the first one first."""
        self._thread.accounts = accounts

    def __getitem__(self, key: str) -> Any:
        if self._of:
            for account in getattr(self._thread, "accounts", ()):
                if key in self._of.get(account, ()):
                    return self._of[account][key]
        return self._values[key]

    def all(self, account: Optional[str] = None) -> Dict[str, Any]:
        return {**self._values, **self._of.get(account, {})}

    def change(self, changes: Dict[str, Any], account: Optional[str] = None) -> None:
        flat: Dict[str, Any] = {}
        for key, value in changes.items():
            if key not in DEFAULTS and isinstance(value, dict):
                flat.update({f"{key}.{name}": item for name, item in value.items()})
            else:
                flat[key] = value
        unknown = sorted(set(flat) - set(DEFAULTS))
        if unknown:
            raise ValueError(f"unknown settings {unknown}; known: {sorted(DEFAULTS)}")
        (self._values if account is None else self._of.setdefault(account, {})).update(flat)
