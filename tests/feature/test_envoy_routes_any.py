"""Whatever a path is made of, Envoy takes the resource that a plain reading of AWS's rules takes."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.feature.stage_rig import Rig, serve_stages
from tests.fuzzing import fuzzed

WORDS = ("pets", "mine", "toys", "files", "Pets", "7", "a", "a%20b", "caf%C3%A9;v=1", "x.y", "@", "a+b", "..a")
SEGMENTS = st.sampled_from(WORDS) | st.text("abcxyz019-_~.", min_size=1, max_size=9).filter(lambda s: s.strip("."))
PATHS = st.lists(SEGMENTS, max_size=6).map(lambda parts: "/".join(("", *parts)))
TABLE: Mapping[str, Mapping[str, str]] = {
    "/": {"ANY": "/root"},
    "/{proxy+}": {"ANY": "/all/{proxy}"},
    "/pets": {"GET": "/v1/pets"},
    "/pets/{id}": {"GET": "/v2/animals/{id}/x"},
    "/pets/{id}/toys/{toy}": {"ANY": "/t/{toy}/{id}"},
    "/pets/mine": {"POST": "/mine"},
    "/files/{name}/{path+}": {"GET": "/f/{path}"},
}
"""What `tests.feature.stage_rig` deploys, but for paths that are never drawn."""

MAPPED = ("/pets/{id}", "/pets/{id}/toys/{toy}", "/files/{name}/{path+}")
"""Of them those with parameters that go elsewhere."""


class Reading(NamedTuple):
    """How well a resource fits (smaller is better), which it is, and the values of its parameters."""

    rank: tuple[int, ...]
    resource: str
    values: dict[str, str]


def read(resource: str, path: str) -> Reading | None:
    """None where the resource does not fit the path."""
    wanted, given_ = [part for part in resource.split("/") if part], [part for part in path.split("/") if part]
    values: dict[str, str] = {}
    rank: list[int] = []
    for index, part in enumerate(wanted):
        if index >= len(given_):
            return None
        if part.endswith("+}"):
            values[part[1:-2]] = "/".join(given_[index:])
            return Reading((*rank, 2), resource, values)
        if part.startswith("{"):
            values[part[1:-1]] = given_[index]
        elif part != given_[index]:
            return None
        rank.append(int(part.startswith("{")))
    return Reading(tuple(rank), resource, values) if len(wanted) == len(given_) else None


def read_best(path: str) -> Reading:
    """Literal parts before parameters, parameters before greedy ones."""
    return min(reading for resource in TABLE if (reading := read(resource, path)) is not None)


def is_for_worker(path: str) -> bool:
    """Whether Envoy would map a parameter otherwise than AWS. `tests/feature/test_two_executors.py` has such requests."""
    return read_best(path).resource in MAPPED and bool(set(path) & set("%+;"))


def backend_path(method: str, path: str) -> str | None:
    """Where the call goes, None for nowhere. Greedy parameters keep a slash at the end."""
    best = read_best(path)
    verbs = TABLE[best.resource]
    target = verbs.get(method) or verbs.get("ANY")
    for name, value in best.values.items():
        keeps_slash = f"{{{name}+}}" in best.resource and path.endswith("/")
        target = target and target.replace(f"{{{name}}}", value + "/" * keeps_slash)
    return target


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with serve_stages(tmp_path_factory.mktemp("envoy")) as served:
        yield served


def test_any_path_takes_the_resource_that_aws_takes(rig: Rig) -> None:
    @fuzzed(
        settings(
            max_examples=250, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
        )
    )
    @given(st.sampled_from(["GET", "POST", "DELETE"]), PATHS, st.booleans())
    def run(method: str, path: str, is_slashed: bool) -> None:
        path += "/" * is_slashed
        assume(not is_for_worker(path))
        wanted = backend_path(method, path)
        answer = rig.call(method, f"/test{path}")
        if wanted is None:
            assert answer.status == 403, (method, path, answer)
        else:
            assert answer.status == 200, (method, path, answer)
            assert answer.json["path"].partition("?")[0] == wanted, (method, path, answer)

    run()
