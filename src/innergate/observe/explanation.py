"""What an explanation holds: hops, policy decisions, the cause, what the client sees. Plain values, rendered elsewhere."""

import msgspec

from innergate.compile.resolve.path import Hop


class ConditionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a statement. `seen` is None where the request has no such key; `holds` None where it cannot be told."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    seen: tuple[str, ...] | None
    holds: bool | None


class StatementSeen(msgspec.Struct, frozen=True, kw_only=True):
    """How one statement came out. `failed_at` names the first element that did not fit, "" where the statement applies."""

    policy: str
    name: str
    line: int
    effect: str
    failed_at: str
    conditions: tuple[ConditionSeen, ...] = ()


class PolicyDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy says. `outcome` is allow, explicit-deny or implicit-deny; `decided_by` None for an implicit deny;
    `context` the condition keys that the request brings."""

    policy: str
    outcome: str
    resource: str
    decided_by: StatementSeen | None
    statements: tuple[StatementSeen, ...]
    context: dict[str, tuple[str, ...]]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call works or does not. `cause` is "" where nothing stands in its way; else it names the hop, `fix` says what
    to do and `fix_by` in which account; `behind` holds the refusals that would follow, were that mended. `outward` is what the
    client notices; `status` the HTTP status that it gets from the gateway, 0 for none (then the backend answers, or nobody
    does)."""

    target: str
    method: str
    url: str
    from_vpc: str
    hops: tuple[Hop, ...]
    api_id: str = ""
    stage: str = ""
    path: str = ""
    endpoint_id: str = ""
    decisions: tuple[PolicyDecision, ...] = ()
    cause: str = ""
    fix: str = ""
    fix_by: str = ""
    behind: tuple[Hop, ...] = ()
    outward: str = ""
    status: int = 0
    notes: tuple[str, ...] = ()
    names: dict[str, str] = {}
    """What people call the accounts and VPCs of the hops, by id."""

    @property
    def works(self) -> bool:
        """Whether nothing stands in the call's way."""
        return not self.cause
