"""What the name of a route says: names of stages that log are JSON, those of others are short (compile/emit/envoy)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.access_logs import (
    BASE_PATH_FIELD,
    CANARY_FIELD,
    CANARY_STAGE,
    MOUNT_FIELD,
    ROUTE_FIELDS,
    RULE_FIELD,
)
from innergate.compile.emit.envoy.metric_lines import URL_ROUTES


class NamedRoute(NamedTuple):
    """A stage, and the path of the resource where the name tells it ("" elsewhere). `url_id` is that of a function URL, whose
    route is no stage's; "" for a stage's."""

    api_id: str
    stage: str
    resource_path: str = ""
    url_id: str = ""


def read_route_name(name: str) -> NamedRoute | None:
    """None for the name of something else."""
    if not name.startswith("["):
        owner, _, rest = name.partition("/")
        if name.count("/") != 1:
            return None
        return NamedRoute("", "", url_id=rest) if owner == URL_ROUTES else NamedRoute(owner, rest)
    told = read_logged_route(name)
    return (
        NamedRoute(told["apiId"] or "", told["stage"] or "", told["resourcePath"] or "") if told is not None else None
    )


@lru_cache(maxsize=10_000)
def read_logged_route(name: str) -> Mapping[str, str | None] | None:
    """What the route of a stage that logs says, by ROUTE_FIELDS, the fields of a custom domain name and CANARY_FIELD ("true"
    where it is a canary's); None where the name is no such route's."""
    try:
        facts = msgspec.json.decode(name, type=tuple[str, ...])
    except msgspec.DecodeError:
        return None
    own, based = facts[: len(ROUTE_FIELDS)], facts[len(ROUTE_FIELDS) :]
    if len(own) != len(ROUTE_FIELDS) or len(based) > 2:
        return None
    mount = based[0] if based else None
    rule = based[1] if len(based) == 2 else None
    said = dict(zip(ROUTE_FIELDS, own, strict=True))
    stage = said["stage"].removesuffix(CANARY_STAGE)
    return {
        **said,
        "stage": stage,
        CANARY_FIELD: None if stage == said["stage"] else "true",
        BASE_PATH_FIELD: mount if rule is None else None,
        RULE_FIELD: rule,
        MOUNT_FIELD: mount,
    }
