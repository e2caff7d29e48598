"""The gRPC rim: streams in, sessions in the middle, bytes out. One server serves any number of Envoys."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol, final

import grpc

from innergate.plans.envoy import EMPTY_ENVOY_PLAN, ENVOY_KINDS, EnvoyChange, EnvoyKind, EnvoyPlan
from innergate.primitives.event_log import EventLog
from innergate.primitives.json_value import JsonObject
from innergate.xds.ahead import RoutesAhead
from innergate.xds.encode import BodyRefused, DeltaResponse, decode_request, encode_body, encode_response
from innergate.xds.kept_bodies import BodyFrame, KeptBodies
from innergate.xds.lost_namespaces import take_away
from innergate.xds.session import SECRETS, DeltaSession, Outgoing, Refusal, Taken

log = EventLog()

METHOD = "DeltaAggregatedResources"
SERVICE = "envoy.service.discovery.v3.AggregatedDiscoveryService"
MANY_SCOPES = 1_000
CLUSTERS_TAKE_S = 5.0
"""How long everything after them waits until Envoy acknowledges clusters, so that nothing leads to one that is not ready."""
LATE_CLUSTERS_TAKE_S = 0.5
"""The same while Envoy is late with earlier ones: mostly it waits for the first health check of a target."""
_MAX_MESSAGE_BYTES = 256 * 1024 * 1024


class Secret(NamedTuple):
    """A secret's version and its JSON body (it holds a private key: never log it)."""

    version: str
    body: JsonObject


class SecretSource(Protocol):
    """Where secrets come from."""

    def secret(self, name: str) -> Secret | None:
        """The secret, or None where there is none of that name."""
        ...


@final
class _Versions:
    def __init__(self, source: SecretSource) -> None:
        self._source = source

    def version(self, name: str) -> str | None:
        found = self._source.secret(name)
        return found.version if found is not None else None


@final
class _Stream:
    """One connected Envoy."""

    def __init__(self, session: DeltaSession) -> None:
        self.session = session
        self.wake = asyncio.Event()
        self.node_id = ""
        self._clusters = ""
        self._asked_at = 0.0

    async def wait(self) -> None:
        """Until something has happened; for the acknowledgement of clusters no longer than they take."""
        now, session = asyncio.get_running_loop().time(), self.session
        if session.awaited_clusters != self._clusters:
            self._clusters, self._asked_at = session.awaited_clusters, now
        takes_s = LATE_CLUSTERS_TAKE_S if session.has_late_clusters else CLUSTERS_TAKE_S
        try:
            async with asyncio.timeout_at(self._asked_at + takes_s if self._clusters else None):
                await self.wake.wait()
        except TimeoutError:
            if session.awaited_clusters == self._clusters:
                log.warning("envoy is late with clusters, others go on", node=self.node_id, takes_s=takes_s)
                session.go_on()
        self.wake.clear()


@final
class XdsServer:
    """Serves the newest plan to every Envoy that connects to the unix socket at `socket_path`.

    Until the first plan is published an Envoy that connects waits: an empty plan would take away all that it serves.
    `on_refusal` is called with the node and what its Envoy refused, `on_taken` with what one acknowledged, `on_progress` after
    each message of an Envoy. All methods belong to the event loop's thread.
    """

    def __init__(
        self,
        socket_path: Path,
        secrets: SecretSource,
        on_refusal: Callable[[str, Refusal], None] | None = None,
        on_progress: Callable[[], None] | None = None,
        on_taken: Callable[[Taken], None] | None = None,
    ) -> None:
        self._socket_path = socket_path
        self._secrets = secrets
        self._on_refusal = on_refusal
        self._on_progress = on_progress
        self._on_taken = on_taken
        self._has_plan = asyncio.Event()
        self._plan: EnvoyPlan = EMPTY_ENVOY_PLAN
        self._whole: EnvoyPlan = EMPTY_ENVOY_PLAN
        self._lost: frozenset[str] = frozenset()
        self._remaking = asyncio.Lock()
        self._streams: set[_Stream] = set()
        self._encoded: dict[tuple[str, str], tuple[str, bytes]] = {}
        self._ahead: RoutesAhead | None = None
        self._kept_scopes = KeptBodies("scopes")
        self._scopes_sent = asyncio.Event()
        self._settled = asyncio.Condition()
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begins to serve."""
        self._socket_path.unlink(missing_ok=True)
        options = [("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES), ("grpc.max_send_message_length", -1)]
        self._server = grpc.aio.server(options=options)
        handler = grpc.stream_stream_rpc_method_handler(self._serve)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {METHOD: handler}),))
        self._server.add_insecure_port(f"unix:{self._socket_path}")
        await self._server.start()

    async def stop(self) -> None:
        """Ends every stream; the Envoys go on with what they have."""
        self._end_ahead()
        if self._server is not None:
            await self._server.stop(grace=0.1)

    @property
    def connected_nodes(self) -> frozenset[str]:
        """The ids of the Envoys that are connected."""
        return frozenset(stream.node_id for stream in self._streams if stream.node_id)

    @property
    def plan(self) -> EnvoyPlan:
        """What every Envoy is to have now."""
        return self._plan

    def publish(self, change: EnvoyChange) -> None:
        """Takes over a newer plan and sends each Envoy what differs, but for what namespaces that are made anew hold back."""
        self._whole = change.plan
        if self._lost:
            away = take_away(change.plan, self._lost)
            change = EnvoyChange(away.plan, _join(change.changed, away.changed))
        self._spread(change)

    def _spread(self, change: EnvoyChange) -> None:
        self._plan = change.plan
        self._has_plan.set()
        for kind, names in change.changed.items():
            for name in names:
                self._encoded.pop((kind, name), None)
        for stream in self._streams:
            stream.session.on_plan(change)
            stream.wake.set()

    def refresh_secret(self, name: str) -> None:
        """Sends a secret anew to those who use it."""
        for stream in self._streams:
            stream.session.on_secret(name)
            stream.wake.set()

    def prepare(self, change: EnvoyChange, kept: Sequence[BodyFrame] = ()) -> None:
        """Begins to encode in another thread the routes that an Envoy which starts will ask for once it has its listeners.
        What an earlier run encoded is in `kept`."""
        self._ahead = RoutesAhead(change.plan, KeptBodies("routes", kept))
        self._kept_scopes = KeptBodies("scopes", kept)
        if len(change.plan.resources["scopes"]) < MANY_SCOPES:
            self._scopes_sent.set()

    async def wait_prepared(self) -> None:
        """Returns once nothing is being encoded ahead, for now."""
        if self._ahead is not None:
            await self._ahead.wait_idle()

    async def wait_scopes_sent(self, timeout_s: float) -> None:
        """Returns once an Envoy has got its scopes, which it works on before it asks for routes, or all; where there are few of
        them, or nobody comes in time, without."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._scopes_sent.wait()

    def _end_ahead(self) -> None:
        if self._ahead is not None:
            self._ahead.stop()
            self._ahead = None
            self._kept_scopes = KeptBodies("scopes")

    def retry_refused(self, kind: str) -> None:
        """Sends what Envoys refused of that kind once more (a namespace that was missing is there)."""
        for stream in self._streams:
            stream.session.retry_refused(kind)
            stream.wake.set()

    def settled_revision(self, node_id: str) -> int | None:
        """The revision of which the node's Envoy has acknowledged everything, -1 while something is under way; None where no
        Envoy of that node is connected."""
        found = [stream.session.settled_revision for stream in self._streams if stream.node_id == node_id]
        return max((-1 if settled is None else settled for settled in found), default=None)

    def refuses_routes(self, node_id: str) -> bool:
        """Whether the node's Envoy goes on with older routes than it was sent."""
        return any(s.session.has_refused("routes") for s in self._streams if s.node_id == node_id)

    async def wait_settled(self, node_id: str, revision: int, timeout_s: float) -> bool:
        """Whether the node's Envoy acknowledged all of `revision` within `timeout_s`."""

        def is_settled() -> bool:
            settled = self.settled_revision(node_id)
            return settled is not None and settled >= revision

        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s), self._settled:
                await self._settled.wait_for(is_settled)
        return is_settled()

    async def remake_listeners(self, node_id: str, namespaces: frozenset[str], timeout_s: float) -> bool:
        """Takes the listeners of these namespaces and the connections from them away and brings them back, in two steps. Plans
        that are published meanwhile stay without them until then. Whether Envoy let go of the old ones in time."""
        await self._has_plan.wait()
        async with self._remaking:
            away = take_away(self._whole, namespaces)
            if not away.changed:
                return True
            self._lost = namespaces
            try:
                self._spread(away)
                return await self.wait_settled(node_id, away.plan.revision, timeout_s)
            finally:
                self._lost = frozenset()
                newest = take_away(self._whole, namespaces)
                self._spread(EnvoyChange(self._whole, _join(away.changed, newest.changed)))

    async def _serve(self, requests: AsyncIterator[bytes], context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        await self._has_plan.wait()
        stream = _Stream(DeltaSession(_Versions(self._secrets)))
        everything = {kind: frozenset(self._plan.resources[kind]) for kind in ENVOY_KINDS}
        stream.session.on_plan(EnvoyChange(self._plan, everything))
        self._streams.add(stream)
        try:
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._read(stream, requests))
                while not reader.done():
                    for outgoing in stream.session.pump():
                        if outgoing.kind == "routes" and outgoing.update and self._ahead is not None:
                            await self._ahead.reach(outgoing.update[-1])
                        await context.write(self._encode(outgoing))
                        if outgoing.kind == "scopes":
                            self._scopes_sent.set()
                    async with self._settled:
                        self._settled.notify_all()
                    if stream.session.settled_revision is not None:
                        self._end_ahead()
                        self._scopes_sent.set()
                    if self._on_progress is not None:
                        self._on_progress()
                    await stream.wait()
        finally:
            self._streams.discard(stream)

    async def _read(self, stream: _Stream, requests: AsyncIterator[bytes]) -> None:
        try:
            async for data in requests:
                request = decode_request(data)
                stream.node_id = request.node_id or stream.node_id
                if not request.kind:
                    continue
                refusal = stream.session.on_request(request)
                if self._on_taken is not None:
                    for taken in stream.session.pop_taken():
                        self._on_taken(taken)
                if refusal is not None:
                    log.warning(
                        "envoy refused",
                        node=stream.node_id,
                        kind=refusal.kind,
                        names=refusal.names[:5],
                        reason=refusal.reason,
                    )
                    if self._on_refusal is not None:
                        self._on_refusal(stream.node_id, refusal)
                stream.wake.set()
        finally:
            asyncio.get_running_loop().call_soon(stream.wake.set)

    def _encode(self, outgoing: Outgoing) -> bytes:
        resources = []
        for name in outgoing.update:
            encoded = self._encode_one(outgoing.kind, name)
            if encoded is not None:
                resources.append((name, *encoded))
        response = DeltaResponse(outgoing.kind, outgoing.nonce, tuple(resources), outgoing.remove)
        return encode_response(response, self._plan.revision)

    def _encode_one(self, kind: str, name: str) -> tuple[str, bytes] | None:
        if kind == SECRETS:
            secret = self._secrets.secret(name)
            return (secret.version, encode_body(SECRETS, secret.body)) if secret is not None else None
        resource = self._plan.of_kind(kind).get(name)
        if resource is None:
            return None
        if kind == "routes":
            kept = self._ahead.take(name) if self._ahead is not None else None
        else:
            kept = self._encoded.get((kind, name))
        if kept is not None and kept[0] == resource.version:
            return kept
        try:
            known = self._kept_scopes.find(resource) if kind == "scopes" else None
            fresh = (resource.version, known or encode_body(kind, resource.body))
        except BodyRefused as error:
            log.error("a body does not fit the schema", kind=kind, name=name, reason=str(error))
            if self._on_refusal is not None:
                self._on_refusal("", Refusal(kind, (name,), str(error)))
            return None
        if kind in ("clusters", "listeners"):
            self._encoded[kind, name] = fresh
        return fresh


def _join(
    some: Mapping[EnvoyKind, frozenset[str]], more: Mapping[EnvoyKind, frozenset[str]]
) -> dict[EnvoyKind, frozenset[str]]:
    """The names of both."""
    return {kind: some.get(kind, frozenset()) | more.get(kind, frozenset()) for kind in {*some, *more}}
