"""The journal: which call was made, about which account, and how it was answered."""

import threading
import time
from collections import Counter
from typing import Any, Counter as CounterOf, Dict, List, Optional, Sequence

from .call import Call


class Journal:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: List[Dict[str, Any]] = []
        self._calls: CounterOf[str] = Counter()

    def begin(self, call: Call) -> Dict[str, Any]:
        """Write the call down, in the order of arrival; `status` and `fault` are filled in later."""
        entry = {"account": call.subject_account, "region": call.region, "service": call.service,
                 "operation": call.operation, "status": None, "fault": None, "at": time.monotonic(),
                 "caller_account": call.account, "path": call.request.path}
        with self._changed:
            self._entries.append(entry)
            self._calls[entry["account"]] += 1
            self._changed.notify_all()
        return entry

    def entries(self, accounts: Optional[Sequence[str]]) -> List[Dict[str, Any]]:
        with self._changed:
            return [entry for entry in self._entries if accounts is None or entry["account"] in accounts]

    def reaches(self, accounts: Sequence[str], calls: int, seconds: float) -> bool:
        """Whether so many calls of these accounts are there, or come within some time."""
        with self._changed:
            return self._changed.wait_for(lambda: sum(self._calls[account] for account in accounts) >= calls, seconds)

    def holds_a_call(self) -> bool:
        """Whether a call waits at a fault: not begun, or carried out and not answered."""
        with self._changed:
            return any(entry["fault"] == "hold_before" or (entry["fault"] == "hold_after" and entry["status"] == 0)
                       for entry in self._entries)

    def clear(self, account: Optional[str] = None) -> None:
        with self._changed:
            self._entries = [] if account is None else [e for e in self._entries if e["account"] != account]
            self._calls = Counter(entry["account"] for entry in self._entries)
