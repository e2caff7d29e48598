"""What is saved of an API but not deployed: a stage serves a deployment, never the API as it is being edited."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from innergate.compile.resolve.api_definitions import define_api
from innergate.compile.view import Reader
from innergate.primitives.json_value import JsonValue
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.deployments import ApiDefinition, Deployment
from innergate.resources.rest_apis import MethodDefinition, RestApi
from innergate.resources.stages import Stage

_API_FIELDS = (
    "api_key_source",
    "binary_media_types",
    "minimum_compression_size",
    "disable_execute_api_endpoint",
    "endpoint_configuration",
)


class Difference(NamedTuple):
    """One thing that differs. `before` is what the stage serves, `after` what is saved; "" where there is none."""

    change: Literal["added", "removed", "changed"]
    what: str
    before: str
    after: str


def diff_api(reader: Reader, api_id: str, stage_name: str) -> tuple[Difference, ...]:
    """What a deployment to the stage would change. Raises NoSuchThing where there is no such API or stage."""
    api = reader.get(RestApi, api_id)
    if api is None:
        raise NoSuchThing(f"there is no API {api_id!r}")
    stage = reader.get(Stage, f"{api_id}/{stage_name}")
    deployment = reader.get(Deployment, f"{api_id}/{stage.deployment_id}") if stage is not None else None
    if deployment is None:
        known = ", ".join(sorted(s.stage_name for s in reader.find(Stage, "rest-api", api_id)))
        raise NoSuchThing(
            f"the API {api_id} has no stage {stage_name!r}; it has {known or 'none: it was never deployed'}"
        )
    return tuple(diff_definitions(deployment.definition, define_api(reader, api)))


def diff_definitions(served: ApiDefinition, saved: ApiDefinition) -> Iterator[Difference]:
    """The differences in order: the API itself, its methods by path and verb, its parts."""
    yield from _compare_policies(served.policy, saved.policy)
    for name in _API_FIELDS:
        yield from _compare(name, getattr(served, name), getattr(saved, name))
    before, after = _methods(served), _methods(saved)
    for name in sorted({*before, *after}):
        yield from _compare_trees(name, before.get(name), after.get(name))
    for kind in sorted({*served.parts, *saved.parts}):
        old, new = served.parts.get(kind, {}), saved.parts.get(kind, {})
        for id in sorted({*old, *new}):
            yield from _compare_trees(f"{kind} {_name_of(new.get(id) or old.get(id), id)}", old.get(id), new.get(id))
    for kind in sorted({*served.gateway_responses, *saved.gateway_responses}):
        yield from _compare_trees(
            f"gateway response {kind}", served.gateway_responses.get(kind), saved.gateway_responses.get(kind)
        )


def _methods(definition: ApiDefinition) -> dict[str, MethodDefinition]:
    return {
        f"{verb} {resource.path}": method
        for resource in definition.resources
        for verb, method in resource.methods.items()
    }


def _name_of(body: Mapping[str, JsonValue] | None, id: str) -> str:
    name = (body or {}).get("name")
    return name if isinstance(name, str) else id


def _compare(what: str, before: object, after: object) -> Iterator[Difference]:
    if before != after:
        yield Difference("changed", what, _text(before), _text(after))


def _compare_policies(before: str, after: str) -> Iterator[Difference]:
    """A line for each leaf: the beginning of two policies is mostly the same, and all that a row has room for."""
    if not before or not after:
        if before != after:
            yield Difference("removed" if before else "added", "policy", before, after)
        return
    yield from _compare_trees("policy", _numbered(json.loads(before)), _numbered(json.loads(after)))


def _numbered(tree: JsonValue) -> JsonValue:
    """The tree with lists of objects as objects by number."""
    if isinstance(tree, list) and any(isinstance(member, dict) for member in tree):
        return {str(number): _numbered(member) for number, member in enumerate(tree)}
    return {name: _numbered(value) for name, value in tree.items()} if isinstance(tree, dict) else tree


def _compare_trees(what: str, before: object, after: object) -> Iterator[Difference]:
    """A thing that is new or gone is one line; one that has changed a line for each leaf."""
    if before is None or after is None:
        if before is not after:
            yield Difference("added" if before is None else "removed", what, "", "")
        return
    old, new = dict(_leaves(msgspec.to_builtins(before))), dict(_leaves(msgspec.to_builtins(after)))
    for leaf in sorted({*old, *new}):
        if old.get(leaf) != new.get(leaf):
            yield Difference("changed", f"{what}: {leaf}", _text(old.get(leaf)), _text(new.get(leaf)))


def _leaves(tree: object, where: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from _leaves(value, f"{where}.{name}" if where else str(name))
    elif tree not in (None, {}, [], ()):
        yield where, tree


def _text(value: object) -> str:
    if value is None or value == "":
        return ""
    return value if isinstance(value, str) else json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
