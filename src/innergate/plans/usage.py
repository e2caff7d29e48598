"""What the runtime counts calls for: one document a stage whose keys have quotas."""

import msgspec

from innergate.plans.runtime import stage_document_name

USAGE = "usage"
"""The kind of these documents; they are named as the stage's other one."""

USAGE_HEADER = "x-innergate-usage"
"""On a question of Envoy's to a worker: may this key's call pass. Its value is the document's name."""

KEY_HEADER = "x-innergate-key-id"
"""The key's id, on the same question."""


class KeyQuota(msgspec.Struct, frozen=True, kw_only=True):
    """A key's quota by its plan, whose periods begin `offset` days late. A grant (UpdateUsage) says what remains from
    `grant_day` (YYYY-MM-DD) on, after `grant_used_before` calls of that day; "" for none."""

    plan_id: str
    limit: int
    period: str
    offset: int = 0
    grant_day: str = ""
    grant_remaining: int = 0
    grant_used_before: int = 0


class StageUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Quotas by key id; a key that is not here has none."""

    keys: dict[str, KeyQuota]


def usage_document_name(api_id: str, stage: str) -> str:
    """The file's name."""
    return stage_document_name(api_id, stage)
