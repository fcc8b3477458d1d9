"""The way of every call: identify, journal, latency, fault, then an extension or moto.

`LocalAws` holds all state beside moto's own. Nothing that waits (latency, faults, Insights) holds
the lock around moto.
"""

import threading
import time
import traceback
from email.utils import formatdate
from typing import Any, Callable, Dict, Optional, Tuple

from . import answers, faults, regions
from .accounts import Accounts
from .answers import AwsError
from .call import Call, identify
from .journal import Journal
from .settings import Settings
from .transport import Answer, Request

Handler = Callable[["LocalAws", Call], Answer]

#: Operations that start a query, which a fault may end.
QUERIES = ("StartQuery", "StartQueryExecution")
#: Services that answer in regions which an account has not enabled.
GLOBAL_SERVICES = ("sts", "iam", "organizations", "account", "pricing", "route53", "ce")


class LocalAws:
    def __init__(self) -> None:
        self.settings = Settings()
        self.faults = faults.Faults()
        self.journal = Journal()
        self.accounts = Accounts()
        self.moto_lock = threading.RLock()
        self._ready = threading.Event()
        self._extensions: Dict[Tuple[str, str], Handler] = {}
        self._moto: Any = None
        self._failure: Optional[BaseException] = None

    # -- start and reset ------------------------------------------------------------------------

    def warm_up_in_background(self) -> None:
        threading.Thread(target=self.warm_up, daemon=True).start()

    def warm_up(self) -> None:
        try:
            from . import athena, cloudwatch, cost_explorer, insights, log_groups, moto_bridge, objects, pricing, profiles
            from . import query_logging, sharing, stack_sets, uploads
            for module in (athena, cloudwatch, cost_explorer, insights, log_groups, objects, pricing, profiles,
                           query_logging, regions, sharing, stack_sets, uploads):
                for (service, operation), handler in module.HANDLERS.items():
                    self._extensions[service, operation] = handler
            self.metrics = cloudwatch.Metrics()
            self.athena = athena.Executions()
            self.queries = insights.Queries()
            self.objects = objects.Objects()
            self.profiles = profiles.Profiles()
            self.shares = sharing.Shares(self.accounts)
            self.stack_sets = stack_sets.StackSets()
            query_logging.SHARES = self.shares
            athena.objects.BUCKETS = self.objects
            self._moto = moto_bridge.Moto(self)
        except BaseException as error:
            traceback.print_exc()
            self._failure = error
            raise
        finally:
            self._ready.set()

    def ready(self) -> None:
        """Wait until moto is imported."""
        self._ready.wait()
        if self._failure:
            raise RuntimeError("the local AWS could not start") from self._failure

    def reset(self) -> None:
        self.ready()
        with self.moto_lock:
            self._moto.reset()
            for part in (self.settings, self.metrics, self.athena, self.objects, self.profiles, self.queries,
                         self.shares, self.stack_sets):
                part.reset()
            self.faults.clear()
            self.journal.clear()
            self.accounts.known.clear()
            self.accounts.keys.clear()

    def seed(self, organization: Dict[str, Any]) -> Dict[str, Any]:
        self.ready()
        from .seed import seed_organization
        with self.moto_lock:
            return seed_organization(self, organization)

    # -- calls ----------------------------------------------------------------------------------

    def handle(self, request: Request) -> Optional[Answer]:
        try:
            if request.path.startswith("/_local/"):
                from . import admin
                return admin.handle(self, request)
            call = identify(request)
            if call is None:
                return Answer(403, {"content-type": "text/plain"}, "no AWS credential scope in this request\n")
            return self._handle_call(call)
        except Exception:
            traceback.print_exc()
            return Answer(500, {"content-type": "text/plain"}, "internal error of the local AWS, see its stderr\n")

    def _handle_call(self, call: Call) -> Optional[Answer]:
        self.ready()
        call.account = self.accounts.owner_of(call.access_key)
        known = self.accounts.get(call.account)
        self.settings.serve(call.account, known and known.management)
        entry = self.journal.begin(call)
        if self.settings["latency_ms"]:
            time.sleep(self.settings["latency_ms"] / 1000)
        fault = self.faults.take(call)
        if fault:
            entry["fault"] = fault["fault"]
            if fault["fault"] == "hold_before":
                self.faults.hold(fault)
                return None
            if fault["fault"] in ("hold_after", "drop_after"):
                self._answer(call, entry)
                entry["status"] = 0
                if fault["fault"] == "hold_after":
                    self.faults.hold(fault)
                return None
            if fault["fault"] == "cut":
                answer = self._answer(call, entry)
                entry["status"], answer.cut = answer.status, True
                return answer
            if fault["fault"] != "slow":
                answer = faults.answer(fault, call)
                entry["status"] = answer.status if answer else 0
                return self._dated(answer) if answer else None
            time.sleep(fault.get("seconds") or 1.0)
        answer = self._answer(call, entry)
        entry["status"] = answer.status
        return self._dated(answer)

    def _dated(self, answer: Answer) -> Answer:
        """An answer by the clock of AWS, if that is another one."""
        if self.settings["clock_offset_seconds"] is not None:
            answer.headers = {name: value for name, value in answer.headers.items() if name.lower() != "date"}
            answer.headers["date"] = formatdate(time.time() + self.settings["clock_offset_seconds"], usegmt=True)
        return answer

    def _answer(self, call: Call, entry: Dict[str, Any]) -> Answer:
        try:
            self._refuse_disabled_region(call)
            end = self.faults.take(call, query_end=True) if call.operation in QUERIES else None
            if end:
                entry["fault"] = end["fault"]
                call.query_end = faults.QUERY_ENDS[end["fault"]]
            if self.settings["enforce_iam"]:
                from . import iam_enforcement
                with self.moto_lock:
                    iam_enforcement.check(self, call)
            extension = self._extensions.get((call.service, call.operation))
            if extension:
                return extension(self, call)
            return answers.with_request_id(call, self._moto.answer(call))
        except AwsError as error:
            return answers.error(call, error.code, error.message, error.status, error.extra)
        except NotImplementedError as error:
            return answers.error(call, "NotImplemented", f"not in the local AWS: {error}", 501)
        except Exception as error:
            traceback.print_exc()
            return answers.error(call, "InternalFailure", f"{type(error).__name__}: {error}", 500)

    def _refuse_disabled_region(self, call: Call) -> None:
        account = self.accounts.get(call.account)
        if account is None or call.service in GLOBAL_SERVICES or account.is_enabled(call.region):
            return
        if call.service == "ec2":
            raise AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
        raise AwsError("UnrecognizedClientException", "The security token included in the request is invalid.", 400)
