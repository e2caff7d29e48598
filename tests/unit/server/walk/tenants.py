"""What an account is shown of others: nothing that neither names the other."""

from collections.abc import Iterator

import msgspec
from tests.unit.server.walk.pools import Place
from tests.unit.server.walk.references import ID
from tests.unit.server.walk.steps import READS
from tests.unit.server.walk.world import World, model_of

from innergate.primitives.ids import GLOBAL
from innergate.resources.base import Resource
from innergate.resources.endpoint_services import EndpointService

LISTS = tuple(
    (service, operation)
    for service, operation in READS
    if operation.startswith(("Describe", "List", "Get"))
    and not getattr(model_of(service, operation)[0].input_shape, "required_members", ())
)
"""Reading operations that one may call without parameters."""
NOT_ONES_OWN = ("account", "session", "access-key")
"""Kinds whose ids stand in everybody's answers, or are nobody's secret."""
SHORTEST = 10
"""Characters of an id that no other text has by chance."""


def strangers_shown(world: World, place: Place) -> Iterator[str]:
    """Every id in an answer to `place` of what lives elsewhere and neither names what lives there nor is named by it."""
    rows = [row.resource for row in world.store.state().rows()]
    named = {resource.key: _names_in(resource) for resource in rows}
    own = {id for r in rows if _is_of(r, place) for id in (r.id, *named[r.key])}
    shared = {id for r in rows if own & named[r.key] or _is_offered(r, place) for id in (r.id, *named[r.key])}
    elsewhere = (r for r in rows if r.kind not in NOT_ONES_OWN and not _is_of(r, place) and len(r.id) >= SHORTEST)
    strange = {r.id for r in elsewhere} - own - shared
    for service, operation in LISTS:
        shown = world.call(place, service, operation, {}).body.decode()
        for id in sorted(id for id in strange if id in shown):
            yield f"{service}.{operation} shows {place} {id}"


def _is_offered(resource: Resource, place: Place) -> bool:
    """Whether it is an endpoint service that the account may use."""
    if not isinstance(resource, EndpointService):
        return False
    return any(p.principal == "*" or place.account in p.principal for p in resource.allowed_principals)


def _names_in(resource: Resource) -> set[str]:
    return set(ID.findall(msgspec.json.encode(resource).decode()))


def _is_of(resource: Resource, place: Place) -> bool:
    return resource.account == place.account and resource.region in (place.region, GLOBAL)
