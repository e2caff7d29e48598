"""What a family of units is, and what a unit gives."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from innergate.compile.diagnostics import Diagnostic
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.documents import Document
from innergate.plans.envoy import EnvoyKind
from innergate.plans.network import HubNetwork, Link, VpcNetwork
from innergate.primitives.json_value import JsonObject
from innergate.resources.base import Resource


class Unit(NamedTuple):
    """One thing that compile makes: the listener of one ENI, the routes of one stage, one VPC's network."""

    family: str
    id: str

    def __str__(self) -> str:
        return f"{self.family}/{self.id}"


class EnvoyBody(NamedTuple):
    """An xDS resource as a unit emits it; the engine adds the version."""

    kind: EnvoyKind
    name: str
    body: JsonObject


class PublicName(NamedTuple):
    """A name that every VPC's resolver answers with `addresses`."""

    name: str
    addresses: tuple[str, ...]


class UnitOutput(NamedTuple):
    """All that a unit adds to the plans. What several units emit under one name must be equal."""

    envoy: tuple[EnvoyBody, ...] = ()
    vpcs: tuple[VpcNetwork, ...] = ()
    hubs: tuple[HubNetwork, ...] = ()
    links: tuple[Link, ...] = ()
    names: tuple[PublicName, ...] = ()
    documents: tuple[Document, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    value: object = None
    """What a demanded unit tells those who demand it (see `View.demand`); compared with `==`."""


Run: TypeAlias = Callable[[View, str, CompileSettings], UnitOutput]
"""Makes one unit's output from its id. Pure: the same view gives the same output. The root may be gone: then it is empty."""

RootUnits: TypeAlias = Callable[[Any], tuple[str, ...]]
"""The ids of the units that a root resource makes, from that resource alone."""


def one_per_root(resource: Resource) -> tuple[str, ...]:
    """One unit, named as the resource."""
    return (resource.id,)


class Family(NamedTuple):
    """Units of one sort. Each resource of one of the `roots` makes the units that `units` names (several roots may make the
    same unit). A family without roots has the units that others demand."""

    name: str
    roots: tuple[type[Resource], ...]
    run: Run
    units: RootUnits = one_per_root
    value_type: Any = Any
    """The type of a demanded unit's value, so that it can be kept as bytes."""
