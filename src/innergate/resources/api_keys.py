"""API keys, and the usage plans that say what a key may do."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.vpcs import Tags


class ApiKey(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` has ten characters. `value` is a secret: it leaves only where a caller asks to include it."""

    kind: ClassVar[str] = "api-key"

    value: str
    created_date: datetime
    last_updated_date: datetime
    name: str | None = None
    customer_id: str | None = None
    description: str | None = None
    enabled: bool = False
    stage_keys: tuple[str, ...] = ()
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"api-key-value/{self.account}/{self.region}", self.value),)


class Throttle(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A token bucket: `burst_limit` requests at once, `rate_limit` a second."""

    burst_limit: int = 0
    rate_limit: float = 0.0


class Quota(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`limit` requests a `period` (DAY, WEEK, MONTH)."""

    limit: int
    period: str
    offset: int = 0


class PlanStage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One stage of a plan. `throttle` maps "/path/METHOD" to its own bucket."""

    api_id: str
    stage: str
    throttle: dict[str, Throttle] = {}


class UsagePlan(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` has six characters."""

    kind: ClassVar[str] = "usage-plan"

    name: str
    description: str | None = None
    api_stages: tuple[PlanStage, ...] = ()
    throttle: Throttle | None = None
    quota: Quota | None = None
    product_code: str | None = None
    tags: Tags = {}

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return tuple(IndexEntry("stage", f"{s.api_id}/{s.stage}") for s in self.api_stages)


class UsagePlanKey(Resource, frozen=True, kw_only=True, rename="camel"):
    """A key's membership in a plan. `id` is `<plan id>/<key id>`."""

    kind: ClassVar[str] = "usage-plan-key"

    usage_plan_id: str
    key_id: str
    key_type: str = "API_KEY"

    def references(self) -> tuple[Key, ...]:
        return (Key("usage-plan", self.usage_plan_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("plan", self.usage_plan_id), IndexEntry("key", self.key_id))


class UsageGrant(Resource, frozen=True, kw_only=True, rename="camel"):
    """What UpdateUsage has given a key for the rest of a quota's period. `id` is `<plan id>/<key id>`; `remaining` counts from
    the moment of the grant on `day` (YYYY-MM-DD), when `used_before` calls of that day had been counted."""

    kind: ClassVar[str] = "usage-grant"

    usage_plan_id: str
    day: str
    remaining: int
    used_before: int = 0

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("plan", self.usage_plan_id),)
