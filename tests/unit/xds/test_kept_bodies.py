"""A kept body is found for the very version that it was made from."""

import pytest

from innergate.plans.envoy import EnvoyResource
from innergate.primitives.json_value import JsonObject
from innergate.xds import kept_bodies as module
from innergate.xds.encode import encode_body
from innergate.xds.kept_bodies import KeptBodies, KeptBody, frame_bodies, keep_bodies


def route(number: int, cluster: str = "a") -> EnvoyResource:
    host: JsonObject = {
        "name": "v",
        "domains": ["*"],
        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": cluster}}],
    }
    return EnvoyResource.versioned(f"r{number:03d}", {"name": f"r{number:03d}", "virtual_hosts": [host]})


def kept_of(routes: list[EnvoyResource], size: int) -> KeptBodies:
    bodies = list(keep_bodies(routes, "routes", KeptBodies("routes")))
    return KeptBodies("routes", [frame_bodies("routes", bodies[n : n + size]) for n in range(0, len(bodies), size)])


@pytest.mark.parametrize("size", [1, 7, 100])
def test_every_body_is_found_in_any_order(size: int) -> None:
    routes = [route(number) for number in range(0, 40, 2)]
    kept = kept_of(routes, size)
    for one in (*routes, *reversed(routes)):
        assert kept.find(one) == encode_body("routes", one.body)
    for number in (1, 15, 39, 99):
        assert kept.find(route(number)) is None
    assert kept.find(EnvoyResource("a", "1", {})) is None


def test_another_version_is_not_found_and_encoded_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = kept_of([route(1), route(2)], 2)
    changed = route(2, "other")
    assert kept.find(changed) is None
    encoded: list[str] = []

    def noting(kind: str, body: JsonObject) -> bytes:
        encoded.append(str(body["name"]))
        return encode_body(kind, body)

    monkeypatch.setattr(module, "encode_body", noting)
    made = list(keep_bodies([route(1), changed], "routes", kept))
    assert encoded == ["r002"]
    assert made[1] == KeptBody("r002", changed.version, encode_body("routes", changed.body))


def test_a_body_that_does_not_fit_is_left_out_and_other_kinds_are_not_mixed() -> None:
    bad = EnvoyResource.versioned("r000", {"no_such_field": 1})
    bodies = list(keep_bodies([bad, route(1)], "routes", KeptBodies("routes")))
    assert [body.name for body in bodies] == ["r001"]
    assert KeptBodies("scopes", [frame_bodies("routes", bodies)]).find(route(1)) is None
