"""The notes of one explanation while it is being made."""

from datetime import datetime
from typing import NamedTuple, Protocol, final

from innergate.compile.resolve.api_blueprint import MethodPlan, StageBlueprint
from innergate.compile.resolve.path import Hop, Outward
from innergate.compile.view import Reader
from innergate.observe.explain_call import Call
from innergate.observe.explain_owners import names_in, with_owner
from innergate.observe.explanation import Explanation, PolicyDecision
from innergate.primitives.json_value import JsonValue
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.vpc_endpoints import VpcEndpoint

FORBIDDEN = '403 {"message":"Forbidden"}'
MISSING_TOKEN = '403 {"message":"Missing Authentication Token"}'


class Seen(Protocol):
    """An observation."""

    @property
    def value(self) -> JsonValue: ...

    @property
    def at(self) -> datetime: ...


class Health(Protocol):
    """What executors saw, and what time it is."""

    def now(self) -> datetime:
        """Aware."""
        ...

    def observed(self, subject: str, name: str) -> Seen | None:
        """The newest observation, or None."""
        ...


class Stop(Exception):
    """A hop has refused: nothing behind it is looked at."""


class Entry(NamedTuple):
    """The execute-api endpoint that a call comes in by; None is the public entry."""

    endpoint: VpcEndpoint | None
    interface: NetworkInterface | None


@final
class Trace:
    """What has been found out so far."""

    def __init__(self, reader: Reader, call: Call, health: Health | None, authorities_file: str) -> None:
        self.reader, self.call, self.health, self.authorities_file = reader, call, health, authorities_file
        self.hops: list[Hop] = []
        self.decisions: list[PolicyDecision] = []
        self.notes: list[str] = []
        self.answer = ""
        self.endpoint_id = self.api_id = self.stage = self.path = ""
        self.entry: Entry | None = None
        self.blueprint: StageBlueprint | None = None
        self.method: MethodPlan | None = None
        self.is_asked = False
        """Whether the method's validator was asked."""
        self.is_let_in = False
        """Whether the gateway has let the call in: what is left is the integration."""
        self.behind: tuple[Hop, ...] = ()

    def ok(self, kind: str, id: str, where: str, reason: str = "") -> None:
        """Notes a hop that lets the call pass."""
        self.hops.append(Hop(kind=kind, id=id, where=where, reason=reason))

    def warn(self, kind: str, id: str, where: str, reason: str, fix: str) -> None:
        """Notes something that does not stop the call but should be known."""
        self.hops.append(Hop(kind=kind, id=id, where=where, verdict="warning", reason=reason, fix=fix))

    def refuse(
        self, kind: str, id: str, where: str, reason: str, outward: Outward, fix: str = "", answer: str = ""
    ) -> Stop:
        """Notes the refusing hop; raise what it gives. `answer` is the gateway's answer where `outward` does not say it."""
        hop = Hop(kind=kind, id=id, where=where, verdict="refused", reason=reason, fix=fix, outward=outward)
        self.hops.append(hop)
        self.answer = answer
        return Stop()

    def explanation(self) -> Explanation:
        """All of it."""
        call = self.call
        hops = tuple(with_owner(self.reader, hop) for hop in self.hops)
        behind = tuple(with_owner(self.reader, hop) for hop in self.behind)
        refusal = next((hop for hop in hops if hop.verdict == "refused"), None)
        outward = self.answer or (outward_text(refusal.outward) if refusal is not None else "")
        return Explanation(
            target=call.target,
            method=call.method,
            url=call.url,
            from_vpc=call.vpc.id if call.vpc is not None else "",
            hops=hops,
            api_id=self.api_id,
            stage=self.stage,
            path=self.path,
            endpoint_id=self.endpoint_id,
            decisions=tuple(self.decisions),
            cause=f"{refusal.kind} {refusal.id}: {refusal.reason}" if refusal is not None else "",
            fix=refusal.fix if refusal is not None else "",
            fix_by=refusal.fix_by if refusal is not None else "",
            behind=behind,
            outward=outward or "the backend's own answer",
            status=int(outward[:3]) if outward[:3].isdigit() else 0,
            notes=tuple(self.notes),
            names=names_in(self.reader, (*hops, *behind)),
        )


def outward_text(outward: Outward) -> str:
    """What the client notices, in words."""
    return {
        "time-out": "no answer: the connection times out",
        "refused": "the connection is refused",
        "reset": "the connection is reset",
        "no-such-name": "the name does not exist",
        "403": FORBIDDEN,
        "500": '500 {"message":"Internal server error"}',
        "504": '504 {"message":"Endpoint request timed out"}',
    }.get(outward, outward)
