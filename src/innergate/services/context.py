"""Everything that one operation may know of its surroundings: who calls, where, in which transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, final

import msgspec

from innergate.primitives.clock import Clock
from innergate.primitives.ids import AccountId, IdSource, Region
from innergate.primitives.json_value import JsonObject
from innergate.store.blobs import NO_BLOBS, Blobs
from innergate.store.log_events import LogEvents
from innergate.store.metric_points import NO_METRICS, Metrics
from innergate.store.object_folder import ObjectFolder
from innergate.store.observations import Observations
from innergate.store.transaction import Transaction

Params: TypeAlias = Mapping[str, Any]
"""An operation's parameters, by the member names of botocore's input shape; absent members are absent."""

Result: TypeAlias = Mapping[str, Any]
"""An operation's answer, by the member names of botocore's output shape; None and absent are the same."""


class Caller(NamedTuple):
    """The principal that acts. `kind` is root, user or assumed-role; `identity` the resource id of the user or role whose
    policies count ("" for root). `issued_at` is when temporary credentials were given, None for long-term ones."""

    account: AccountId
    arn: str
    user_id: str
    kind: str
    identity: str
    access_key_id: str
    session_policies: tuple[str, ...] = ()
    session_tags: Mapping[str, str] = {}
    issued_at: datetime | None = None


@final
class Context(msgspec.Struct, frozen=True, kw_only=True):
    """One call. Travels as the first argument; there are no globals."""

    caller: Caller
    region: Region
    request_id: str
    tx: Transaction
    clock: Clock
    ids: IdSource
    observations: Observations
    logs: LogEvents
    source_ip: str = ""
    user_agent: str = ""
    objects: ObjectFolder = ObjectFolder()
    blobs: Blobs = NO_BLOBS
    metrics: Metrics = NO_METRICS
    documents: dict[bytes, JsonObject] = {}
    """What has been read of the call's body, since authorization asks it before the operation does."""

    @property
    def account(self) -> AccountId:
        """The account that the call acts in."""
        return self.caller.account
