"""The main job: both scenarios answer with the backends' own bodies, from the consumer's network."""

import hashlib
import json

import pytest
from tests.e2e.conftest import Built

from innergate.cli.demo.scenarios import api_url

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/", "/foo/bar?x=1"])
def test_every_method_reaches_the_application(built: Built, method: str, path: str) -> None:
    answer = built.platform.fetch(built.world.consumer_network.vpc, api_url(built.path.api, "test", path), "-X", method)
    assert answer["status"] == 200, answer
    if method == "HEAD":
        assert answer["body"] == ""
        assert answer["headers"]["x-backend"] in ("pod-a", "pod-b")
        return
    seen = json.loads(answer["body"])
    assert seen["backend"] in ("pod-a", "pod-b")
    assert (seen["method"], seen["path"]) == (method, path)
    assert seen["host"] == built.path.balancer.dns_name


def test_the_backend_sees_the_providers_load_balancer_and_no_fact_of_ours(built: Built) -> None:
    answer = built.platform.fetch(built.world.consumer_network.vpc, api_url(built.path.api, "test"))
    seen = json.loads(answer["body"])
    assert seen["source"] in ("10.0.1.4", "10.0.2.4")
    assert [name for name in seen["headers"] if name.startswith(("x-innergate", "x-envoy"))] == []


def test_the_other_network_answers_through_the_transit_gateway(built: Built) -> None:
    url = api_url(built.other_api, "newtest", "/foo/bar?x=1")
    answer = built.platform.fetch(built.world.consumer_network.vpc, url)
    assert answer["status"] == 200, answer
    seen = json.loads(answer["body"])
    assert (seen["backend"], seen["path"]) == ("other-host", "/foo/bar?x=1")


def test_ten_megabytes_go_through_unchanged(built: Built) -> None:
    size = 10 * 1024 * 1024 - 1024
    script = (
        "import hashlib, http.client, json, os, ssl, sys\n"
        f"body = b'x' * {size}\n"
        "c = http.client.HTTPSConnection(sys.argv[1], context=ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE']))\n"
        "c.request('POST', '/test/upload', body)\n"
        "print(c.getresponse().read().decode())\n"
    )
    host = api_url(built.path.api, "test").split("/")[2]
    done = built.platform.inside(built.world.consumer_network.vpc, ["python3", "-c", script, host])
    seen = json.loads(done.stdout)
    assert seen["body_bytes"] == size
    assert seen["body_sha256"] == hashlib.sha256(b"x" * size).hexdigest()


def test_both_backends_take_turns(built: Built) -> None:
    script = (
        "import http.client, json, os, ssl, sys\n"
        "c = http.client.HTTPSConnection(sys.argv[1], context=ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE']))\n"
        "seen = set()\n"
        "for _ in range(40):\n"
        "    c.request('GET', '/test/')\n"
        "    seen.add(json.loads(c.getresponse().read())['backend'])\n"
        "print(json.dumps(sorted(seen)))\n"
    )
    host = api_url(built.path.api, "test").split("/")[2]
    done = built.platform.inside(built.world.consumer_network.vpc, ["python3", "-c", script, host])
    assert json.loads(done.stdout) == ["pod-a", "pod-b"]
