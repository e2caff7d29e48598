"""One AWS call from bytes to bytes: recognise, verify, authorise, run in a transaction, answer. Synchronous.

An operation that waits for a process of the node gives a `Waiting`: the front makes its call and hands the answer to `finish`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, final

from innergate.primitives.clock import Clock
from innergate.primitives.event_log import EventLog
from innergate.primitives.fault import Fault
from innergate.primitives.ids import IdSource, Region, fresh_uuid
from innergate.resources.accounts import Account
from innergate.server.settings import AuthMode
from innergate.services.authentication import ensure_open_account, find_credentials, open_account, open_caller
from innergate.services.authorization import authorize
from innergate.services.context import Caller, Context
from innergate.services.ec2.default_network import ensure_default_network
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.services.operation import Operation
from innergate.services.refusals import unavailable, wording_of
from innergate.services.tables import SERVICE_TABLES
from innergate.store.blobs import NO_BLOBS, Blobs
from innergate.store.errors import MissingReference, NameTaken, StillReferenced, StoreUnwritable
from innergate.store.log_events import LogEvents
from innergate.store.metric_points import NO_METRICS, Metrics
from innergate.store.object_folder import ObjectFolder
from innergate.store.observations import Observations
from innergate.store.sqlite import SqliteStore
from innergate.store.transaction import Transaction
from innergate.wire.front import Call, Recognised, Wire
from innergate.wire.http import HttpRequest, HttpResponse

log = EventLog()

INTERNAL_FAILURE = Fault("InternalFailure", "The request processing has failed because of an internal error.", 500)

NETWORK_SERVICES = frozenset({"elbv2"})
"""Services whose writes may name parts of an account's default network (ec2 sees to it in its own table)."""


class Waiting(NamedTuple):
    """A call that has passed its operation and waits for a process of the node."""

    call: Call
    node_call: NodeCall
    request_id: str


@final
class Dispatcher:
    """Answers AWS calls. One serves all threads: writers wait for each other inside the store, readers never wait."""

    def __init__(
        self,
        store: SqliteStore,
        clock: Clock,
        ids: IdSource,
        observations: Observations,
        logs: LogEvents,
        auth: AuthMode,
        blobs: Blobs = NO_BLOBS,
        objects: ObjectFolder | None = None,
        metrics: Metrics = NO_METRICS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._observations = observations
        self._logs = logs
        self._auth = auth
        self._blobs = blobs
        self._metrics = metrics
        self._objects = objects or ObjectFolder()
        self._wire = Wire()

    def answer(self, request: HttpRequest, source_ip: str) -> HttpResponse | Waiting:
        """The response to any request, or what it waits for; it never raises."""
        request_id = fresh_uuid(self._ids)
        about: Call | Recognised | HttpRequest = request
        try:
            about = recognised = self._wire.recognise(request)
            caller = self._authenticate(recognised, request)
            about = call = self._wire.accept(request, recognised)
            operation = SERVICE_TABLES.get(call.service, {}).get(call.operation)
            if operation is None:
                raise self._wire.not_offered(call)
            result = self._run(call, operation, caller, request, request_id, source_ip)
            if isinstance(result, NodeCall):
                return Waiting(call, result, request_id)
            return self._wire.answer(call, result, request_id)
        except Fault as fault:
            return self._wire.refuse(about, fault, request_id)
        except StoreUnwritable as refusal:
            log.error("a change was not taken", request_id=request_id, reason=str(refusal))
            service = about.service if isinstance(about, Call | Recognised) else ""
            return self._wire.refuse(about, unavailable(service), request_id)
        except Exception:
            log.exception("call failed", request_id=request_id, path=request.raw_path)
            return self._wire.refuse(about, INTERNAL_FAILURE, request_id)

    def finish(self, waiting: Waiting, answer: NodeAnswer | None) -> HttpResponse:
        """The response of a call that has waited; None where the process gave no answer. It never raises."""
        call, node_call, request_id = waiting
        try:
            if answer is None:
                raise node_call.unreachable
            return self._wire.answer(call, node_call.finish(answer), request_id)
        except Fault as fault:
            return self._wire.refuse(call, fault, request_id)
        except Exception:
            log.exception("call failed", request_id=request_id, path=node_call.path)
            return self._wire.refuse(call, INTERNAL_FAILURE, request_id)

    def _authenticate(self, recognised: Recognised, request: HttpRequest) -> Caller:
        claim, now = recognised.claim, self._clock.now()
        if self._auth == "open":
            key_id = claim.access_key_id if claim is not None else ""
            self._ensure_open_account(key_id)
            with self._store.reading() as tx:
                return open_caller(tx, key_id, now)
        if claim is None:
            self._wire.verify(recognised, request, "", now)
            raise AssertionError("a request without a claim was verified")
        with self._store.reading() as tx:
            found = find_credentials(tx, claim.access_key_id, claim.token or "", now, recognised.service)
        self._wire.verify(recognised, request, found.secret, now)
        return found.caller

    def _ensure_open_account(self, key_id: str) -> None:
        account = open_account(key_id)
        with self._store.reading() as tx:
            caller = open_caller(tx, key_id, self._clock.now())
            if caller.account != account or has_account(tx, account):
                return
        with self._store.transaction() as tx:
            ensure_open_account(tx, self._clock, self._ids, account)

    def _run(
        self, call: Call, operation: Operation, caller: Caller, request: HttpRequest, request_id: str, source_ip: str
    ) -> Mapping[str, Any] | NodeCall | None:
        region = Region(call.region)
        try:
            with self._store.transaction() if operation.writes else self._store.reading() as tx:
                context = Context(
                    caller=caller,
                    region=region,
                    request_id=request_id,
                    tx=tx,
                    clock=self._clock,
                    ids=self._ids,
                    observations=self._observations,
                    logs=self._logs,
                    blobs=self._blobs,
                    metrics=self._metrics,
                    objects=self._objects,
                    source_ip=source_ip,
                    user_agent=request.header("user-agent") or "",
                )
                if operation.writes and call.service in NETWORK_SERVICES:
                    ensure_default_network(context)
                authorize(context, call.service, call.operation, operation, call.params)
                return operation.run(context, call.params)
        except (StillReferenced, MissingReference, NameTaken) as refusal:
            raise _as_fault(call.service, refusal) from refusal


def has_account(tx: Transaction, account: str) -> bool:
    """Whether the account exists."""
    return tx.get(Account, account) is not None


def _as_fault(service: str, refusal: StillReferenced | MissingReference | NameTaken) -> Fault:
    """A backstop: operations check first and say it better."""
    if isinstance(refusal, StillReferenced):
        words = f"{refusal.key.id} has dependencies and cannot be deleted: {refusal.holder.kind} {refusal.holder.id}"
        if wording_of(service) == "ec2":
            return Fault("DependencyViolation", words)
        return Fault("BadRequestException" if wording_of(service) == "rest-json" else "ResourceInUse", words)
    if isinstance(refusal, NameTaken):
        words = f"{refusal.name.name} is in use by {refusal.holder.kind} {refusal.holder.id}"
        return Fault("ConflictException" if wording_of(service) == "rest-json" else "AlreadyExists", words, 409)
    return Fault("InvalidParameterValue", f"{refusal.missing.kind} {refusal.missing.id} does not exist")
