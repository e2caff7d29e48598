"""Application load balancers' rules as a live Envoy carries them out."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.feature.balancer_rig import ADDRESSES, Rig, make_world, serve_balancer

from innergate.primitives.json_value import JsonValue
from innergate.resources.load_balancers import Action
from innergate.testing.live_envoy import Answer


def answer(text: str, status: str = "200") -> Action:
    config: dict[str, JsonValue] = {"StatusCode": status, "ContentType": "text/plain", "MessageBody": text}
    return Action(type="fixed-response", config={"FixedResponseConfig": config})


def redirect(**config: JsonValue) -> Action:
    return Action(type="redirect", config={"RedirectConfig": {"StatusCode": "HTTP_301", **config}})


def condition(field: str, *values: JsonValue, name: str = "") -> dict[str, JsonValue]:
    members = {
        "host-header": "HostHeaderConfig",
        "path-pattern": "PathPatternConfig",
        "http-header": "HttpHeaderConfig",
        "http-request-method": "HttpRequestMethodConfig",
        "query-string": "QueryStringConfig",
        "source-ip": "SourceIpConfig",
    }
    named: dict[str, JsonValue] = {"HttpHeaderName": name} if name else {}
    return {"Field": field, members[field]: {"Values": list(values), **named}}


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    world = make_world()
    s, balancer = world.s, world.balancer()
    main = world.listener(balancer)
    table: list[tuple[Action, list[dict[str, JsonValue]]]] = [
        (answer("nowhere"), [condition("source-ip", "10.0.0.0/8"), condition("path-pattern", "/source/*")]),
        (
            answer("loopback"),
            [condition("source-ip", "10.0.0.0/8", "127.0.0.0/8"), condition("path-pattern", "/source/*")],
        ),
        (answer("image"), [condition("path-pattern", "/img/*.png", "/one?")]),
        (answer("host"), [condition("host-header", "*.shop.test", "a?.test")]),
        (answer("agent"), [condition("http-header", "*chrome*", "x.y", name="User-Agent")]),
        (answer("method"), [condition("http-request-method", "PURGE", "PUT")]),
        (answer("query"), [condition("query-string", {"Key": "v*", "Value": "1.?"}, {"Value": "a\\*b"})]),
        (answer("both"), [condition("path-pattern", "/both"), condition("http-request-method", "POST")]),
        (world.forward(("two", 1)), [condition("path-pattern", "/two*")]),
        (world.forward(("dead", 1)), [condition("path-pattern", "/dead")]),
        (world.forward(("empty", 1)), [condition("path-pattern", "/empty")]),
        (world.forward(("one", 1), ("two", 3)), [condition("path-pattern", "/weighted")]),
        (redirect(Protocol="HTTPS", Port="443"), [condition("path-pattern", "/old/*")]),
        (
            redirect(StatusCode="HTTP_302", Host="new.#{host}", Path="/x%20y/#{path}", Query="a=b&#{query}"),
            [condition("path-pattern", "/moved")],
        ),
        (answer("gone", "410"), [condition("path-pattern", "/gone")]),
        (answer("broken", "503"), [condition("path-pattern", "/broken")]),
    ]
    for priority, (action, conditions) in enumerate(table, 1):
        s.rule(main, priority * 10, action, *conditions)
    world.listener(balancer, "one", 8080)
    with serve_balancer(world, tmp_path_factory.mktemp("envoy")) as served:
        yield served


@pytest.mark.parametrize(
    ("target", "headers", "method", "text"),
    [
        ("/source/x", {}, "GET", "loopback"),
        ("/source/x", {"x-forwarded-for": "10.1.1.1"}, "GET", "loopback"),
        ("/img/a/b.png", {}, "GET", "image"),
        ("/img/a.png?size=1", {}, "GET", "image"),
        ("/ones", {}, "GET", "image"),
        ("/", {"host": "a.shop.test"}, "GET", "host"),
        ("/", {"host": "A1.TEST:8080"}, "GET", "host"),
        ("/", {"user-agent": "Mozilla CHROME/1"}, "GET", "agent"),
        ("/", {"user-agent": "x.y"}, "GET", "agent"),
        ("/", {}, "PURGE", "method"),
        ("/?version=1.2", {}, "GET", "query"),
        ("/?a=b&V=1.X&c=d", {}, "GET", "query"),
        ("/?k=a*b", {}, "GET", "query"),
        ("/both", {}, "POST", "both"),
    ],
)
def test_conditions_that_hold(rig: Rig, target: str, headers: dict[str, str], method: str, text: str) -> None:
    got = rig.ask(target, headers, method)
    assert (got.status, got.text) == (200, text)
    assert got.headers["server"] == "awselb/2.0"
    assert got.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("target", "headers", "method"),
    [
        ("/IMG/a.png", {}, "GET"),
        ("/img/a.jpg?x=.png", {}, "GET"),
        ("/one", {}, "GET"),
        ("/onesX", {}, "GET"),
        ("/", {"host": "shop.test"}, "GET"),
        ("/", {"host": "a.shop.test.evil"}, "GET"),
        ("/", {"user-agent": "xzy"}, "GET"),
        ("/?version=2.2", {}, "GET"),
        ("/?k=axb", {}, "GET"),
        ("/x?nov=1.2", {}, "GET"),
        ("/both", {}, "GET"),
    ],
)
def test_conditions_that_do_not_hold(rig: Rig, target: str, headers: dict[str, str], method: str) -> None:
    got = rig.ask(target, headers, method)
    assert got.status == 200
    assert got.json["path"] == target
    assert "awselb" not in got.headers.get("server", "")


def test_targets_are_told_who_calls(rig: Rig) -> None:
    got = rig.ask(
        "/a%2Fb//c?x=1", {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https", "x-envoy-a": "1"}
    ).json
    assert got["path"] == "/a%2Fb//c?x=1"
    headers = got["headers"]
    assert re.fullmatch(
        r"192\.0\.2\.7, ?[0-9.]+", headers["x-forwarded-for"]
    )  # a loopback client is told as the machine
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == "80"
    assert headers["host"] == "shop.example.com"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", headers["x-amzn-trace-id"])
    assert not [name for name in headers if name.startswith(("x-envoy", "x-innergate", "x-request-id"))]


def test_a_trace_goes_on(rig: Rig) -> None:
    seen = "Root=1-67891233-abcdef012345678912345678"
    told = rig.ask("/", {"x-amzn-trace-id": seen}).json["headers"]["x-amzn-trace-id"]
    assert re.fullmatch(rf"Self=1-[0-9a-f]{{8}}-[0-9a-f]{{24}};{seen}", told)
    other = rig.ask("/", {"x-amzn-trace-id": "CalledFrom=app"}).json["headers"]["x-amzn-trace-id"]
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};CalledFrom=app", other)


def test_the_host_names_an_unusual_port(rig: Rig) -> None:
    assert rig.ask("/", port=8080).json["headers"]["host"] == "shop.example.com:8080"
    assert rig.ask("/", {"host": "shop.example.com:9"}, port=8080).json["headers"]["host"] == "shop.example.com:8080"
    assert rig.ask("/", {"host": "shop.example.com:9"}).json["headers"]["host"] == "shop.example.com"


def test_redirects(rig: Rig) -> None:
    got = rig.ask("/old/place?q=1&r=%20")
    assert (got.status, got.headers["location"]) == (301, "https://shop.example.com:443/old/place?q=1&r=%20")
    assert got.headers["server"] == "awselb/2.0"
    assert "<h1>301 Moved Permanently</h1>" in got.text
    assert rig.ask("/old/").headers["location"] == "https://shop.example.com:443/old/"
    moved = rig.ask("/moved?q=1")
    assert (moved.status, moved.headers["location"]) == (302, "http://new.shop.example.com:80/x%20y/moved?a=b&q=1")
    assert rig.ask("/moved").headers["location"] == "http://new.shop.example.com:80/x%20y/moved?a=b&"


def test_answers_that_are_asked_for_stay_as_they_are(rig: Rig) -> None:
    assert (rig.ask("/gone").status, rig.ask("/gone").text) == (410, "gone")
    assert (rig.ask("/broken").status, rig.ask("/broken").text) == (503, "broken")


def test_failures_have_the_load_balancers_pages(rig: Rig) -> None:
    dead, empty = rig.ask("/dead"), rig.ask("/empty")
    assert dead.status == 502
    assert "<title>502 Bad Gateway</title>" in dead.text
    assert dead.headers["server"] == "awselb/2.0"
    assert empty.status == 503
    assert "<title>503 Service Temporarily Unavailable</title>" in empty.text
    assert rig.ask("/absent").status == 404
    assert rig.ask("/absent").json["path"] == "/absent"


def test_weights(rig: Rig) -> None:
    ports = [rig.ask("/weighted").json["port"] for _ in range(40)]
    assert set(ports) == {rig.origins["one"], rig.origins["two"]}
    assert ports.count(rig.origins["two"]) > ports.count(rig.origins["one"])


def test_sticky_clients(tmp_path: Path) -> None:
    """A cookie for the target group that was chosen, another for the target."""
    world = make_world()
    both = msgspec.structs.replace(
        world.groups["one"],
        targets=(*world.groups["one"].targets, *world.groups["two"].targets),
        attributes={"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "100"},
    )
    third = world.s.target_group(world.vpc, (ADDRESSES["one"], 80), protocol="HTTP", name="three")
    world.s.put(both, msgspec.structs.replace(third, health_check=both.health_check))
    world = world._replace(groups={**world.groups, "three": third})
    balancer = world.balancer()
    main = world.listener(balancer)
    forward = msgspec.structs.replace(
        world.forward(("two", 1), ("three", 1)),
        config={"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}},
    )
    world.s.rule(main, 1, forward, condition("path-pattern", "/groups"))
    with serve_balancer(world, tmp_path) as rig:
        first = rig.ask("/")
        assert re.match(r'AWSALB="?[^"]+"?; Max-Age=100; Path=/', first.headers["set-cookie"])
        cookie = {"cookie": first.headers["set-cookie"].partition(";")[0]}
        assert {rig.ask("/", cookie).json["port"] for _ in range(12)} == {first.json["port"]}
        assert len({rig.ask("/").json["port"] for _ in range(12)}) == 2
        chosen = dict(_group(rig.ask("/groups")) for _ in range(16))
        assert len(chosen) == 2
        for port, name in chosen.items():
            stays = [rig.ask("/groups", {"cookie": f"a=b; {name}"}) for _ in range(8)]
            assert {answer.json["port"] for answer in stays} == {port}


def _group(got: Answer) -> tuple[int, str]:
    """The target, and the cookie that names its group."""
    assert re.fullmatch(r"AWSALBTG=[0-9a-f]{16}; Max-Age=60; Path=/", got.headers["set-cookie"])
    return got.json["port"], got.headers["set-cookie"].partition(";")[0]


def test_bad_requests(rig: Rig) -> None:
    got = rig.ask("/", {"x-long": "a" * 70_000})
    assert got.status == 431
    assert got.headers["server"] == "awselb/2.0"


def test_attributes_shape_what_targets_see(tmp_path: Path) -> None:
    world = make_world()
    balancer = world.balancer(
        routing__http__preserve_host_header__enabled="true",
        routing__http__xff_header_processing__mode="remove",
        routing__http__drop_invalid_header_fields__enabled="true",
        idle_timeout__timeout_seconds="2",
    )
    world.listener(
        balancer,
        port=8080,
        routing__http__response__server__enabled="false",
        routing__http__response__x_frame_options__header_value="DENY",
        routing__http__response__access_control_max_age__header_value="bad\r\nvalue",
        routing__http__request__x_amzn_tls_version__header_name="no name",
        routing__http__response__content_security_policy__header_value="100% %ENVIRONMENT(PATH)%%PROTOCOL%",
    )
    with serve_balancer(world, tmp_path) as rig:
        got = rig.ask("/", {"host": "a.b:99", "x-forwarded-for": "192.0.2.7", "bad_name": "1"}, port=8080)
        assert got.json["headers"]["host"] == "a.b:99"
        assert "x-forwarded-for" not in got.json["headers"]
        assert "bad_name" not in got.json["headers"]
        assert got.headers["x-frame-options"] == "DENY"
        assert "access-control-max-age" not in got.headers
        assert got.headers["content-security-policy"] == "100% %ENVIRONMENT(PATH)%%PROTOCOL%", "a text, and no command"
        assert "server" not in got.headers
        slow = rig.ask("/slow", port=8080)
        assert slow.status == 504
        assert "504 Gateway Time-out" in slow.text
        assert "server" not in slow.headers


@pytest.mark.parametrize("mode", ["preserve", "append"])
def test_the_client_port(tmp_path: Path, mode: str) -> None:
    world = make_world()
    balancer = world.balancer(
        routing__http__xff_header_processing__mode=mode, routing__http__xff_client_port__enabled="true"
    )
    world.listener(balancer)
    with serve_balancer(world, tmp_path) as rig:
        told = rig.ask("/", {"x-forwarded-for": "192.0.2.7"}).json["headers"]["x-forwarded-for"].replace(" ", "")
        if mode == "preserve":
            assert told == "192.0.2.7"
        else:
            assert re.fullmatch(r"192\.0\.2\.7,127\.0\.0\.1:\d+", told)
