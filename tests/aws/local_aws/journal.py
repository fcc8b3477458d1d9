"""The journal: which call was made, about which account, and how it was answered."""

import threading
import time
from typing import Any, Dict, List, Optional

from .call import Call


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: List[Dict[str, Any]] = []

    def begin(self, call: Call) -> Dict[str, Any]:
        """Write the call down, in the order of arrival; `status` and `fault` are filled in later."""
        entry = {"account": call.subject_account, "region": call.region, "service": call.service,
                 "operation": call.operation, "status": None, "fault": None, "at": time.monotonic(),
                 "caller_account": call.account, "path": call.request.path}
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self, account: Optional[str]) -> List[Dict[str, Any]]:
        with self._lock:
            return [entry for entry in self._entries if account is None or entry["account"] == account]

    def clear(self, account: Optional[str] = None) -> None:
        with self._lock:
            self._entries = [] if account is None else [e for e in self._entries if e["account"] != account]
