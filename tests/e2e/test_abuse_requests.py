"""What attackers send to an API, request by request: numbers are those of the list of abuse cases.

The oracle of all: the backend is not asked for what the policy denies, and nobody's identity comes from what a client says.
All requests of the module go out in one run of a client inside the consumer's network.
"""

from collections.abc import Iterator

import pytest
from tests.e2e.abuse_targets import Seen, Targets, ask, make_targets, read
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, api_host, calls_from, raw
from tests.e2e.rivals import Rival

pytestmark = pytest.mark.e2e

Answers = dict[str, list[Seen]]

SECRET_PATHS = {
    "1": ("/test/secret", "/test/secret/", "/test/secret/x", "/test/secret/x/"),
    "2": ("//test//secret/x", "/test/./secret/x", "/test/a/../secret/x", "/x/../test/secret/x", "/test//secret//x"),
    "3": (
        "/test/%2e%2e/test/secret/x",
        "/test/a%2f..%2fsecret/x",
        "/test%2fsecret/x",
        "/test/%2fsecret/x",
        "/test/%5csecret/x",
        "/test/..%5csecret/x",
        "/test/%252fsecret/x",
        "/test/%73ecret/x",
        "/test/secre%74/x",
        "/test\\secret/x",
    ),
    "5": ("/test/secret%00/x", "/test/\x00secret", "/test/sec\tret", "/test/secret%0d%0a", "/test/secret\x0b/x"),
    "6": ("/test/%c0%afsecret/x", "/test/%c0%ae%c0%ae/secret", "/test/\xffsecret", "/test/%ef%bc%8fsecret"),
    "7": ("/TEST/secret/x", "/Test/secret"),
    "13": ("/test/%3f/../secret/x", "/test/secret%3fx", "/test/secret%23x", "/test/secret#x"),
    "14": ("/test/test/secret/x", "/%74est/secret/x", "/prod/secret/x", "/test/../secret/x"),
}


def requests(targets: Targets, rival: Rival) -> dict[str, list[Call]]:
    return {**_about_paths(targets, rival), **_about_headers(targets, rival), **_about_framing(targets)}


def _about_paths(targets: Targets, rival: Rival) -> dict[str, list[Call]]:
    guarded, narrow, keyed = targets.guarded, targets.narrow, targets.keyed
    host = api_host(guarded)
    made = {case: [ask(guarded, path) for path in paths] for case, paths in SECRET_PATHS.items()}
    made["fine"] = [ask(guarded, "/test/fine"), ask(narrow, "/test/allowed/x")]
    made["4"] = [ask(guarded, "/test/a;b=c/x")]
    made["8"] = [
        ask(guarded, f"https://{host}/test/secret/x"),
        ask(guarded, "http://evil.example/test/secret/x"),
        ask(guarded, f"//{host}/test/secret/x"),
        ask(guarded, f"https://{api_host(rival.api)}/test/fine"),
    ]
    made["9 override"] = [
        ask(narrow, "/test/allowed/x", "X-HTTP-Method-Override: GET", "Content-Length: 0", method="POST"),
        ask(guarded, "/test/fine", "X-HTTP-Method-Override: DELETE", "X-HTTP-Method: DELETE"),
    ]
    made["9 methods"] = [ask(guarded, "/test/fine", method=m) for m in ("get", "FOO", "TRACE", "PROPFIND")]
    made["9 methods"].append(ask(guarded, f"{host}:443", method="CONNECT"))
    made["10"] = [
        ask(keyed, p) for p in ("/test/open/x", "/test/x", "/test/open/../x", "/test/./y", "/test/open//../z")
    ]
    made["10 open"] = [ask(keyed, "/test/open"), ask(keyed, "/test/open/")]
    made["11"] = [
        ask(narrow, "/test/x/test/GET/allowed/y"),
        ask(narrow, "/test/allowed/../x"),
        ask(narrow, "/test/allowed"),
        ask(narrow, "/test/allowedx/y"),
        ask(narrow, "/test/allowed/x", "Content-Length: 0", method="POST"),
    ]
    made["12"] = [ask(guarded, "/test/fine?a=1&a=2;b=3&c=%26d=4&e=%2e%2e%2fsecret")]
    return made


def _about_headers(targets: Targets, rival: Rival) -> dict[str, list[Call]]:
    guarded, distant, keyed = targets.guarded, targets.distant, targets.keyed
    host, other = api_host(guarded), rival.api
    made: dict[str, list[Call]] = {}
    ours = ("entry: public", "entry: private.us-east-1", f"api: {other}", "stage: /prod/x", "key-id: k")
    made["17"] = [ask(guarded, "/test/fine", *(f"X-Innergate-{h}" for h in ours), "x-amzn-vpce-id: vpce-1")]
    odd = (
        f"{other}/test",
        f"{other}/x",
        f"|{other}",
        f"public|{guarded}",
        f"{guarded}|x",
        f"{guarded}/secret",
        "/",
        "..",
    )
    made["16"] = [ask(guarded, "/test/secret/x", f"x-apigw-api-id: {name}") for name in odd]
    made["16"] += [ask(guarded, "/test/fine", f"x-apigw-api-id: {name}") for name in odd[:4]]
    made["16"].append(ask(guarded, "/test/secret/x", f"x-apigw-api-id: {guarded}", f"x-apigw-api-id: {other}"))
    chains = ("192.0.2.7", "192.0.2.7, 10.0.1.4", " 192.0.2.7:80 ", '"[::ffff:192.0.2.7]"', "192.0.2.7,,,")
    made["18"] = [ask(distant, "/test/fine", f"X-Forwarded-For: {c}", f"X-Forwarded-For: {c}") for c in chains]
    names = ("Forwarded: for=192.0.2.7", "X-Real-IP: 192.0.2.7", "True-Client-IP: 192.0.2.7")
    made["19"] = [ask(distant, "/test/fine", h) for h in (*names, "X-Envoy-External-Address: 192.0.2.7")]
    made["19"].append(ask(distant, "/test/fine", "X-Client-IP: 192.0.2.7", "X-Amzn-VPC-Id: vpc-1"))
    v2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\x0a\x00\x01\x04\x01\xbb\x01\xbb"
    made["20"] = [
        raw(host, "PROXY TCP4 192.0.2.7 10.0.1.4 1234 443\r\n", plain=True),
        raw(host, v2, plain=True),
        raw(host, f"PROXY TCP4 192.0.2.7 10.0.1.4 1234 443\r\nGET /test/fine HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ]
    envoys = (
        "upstream-rq-timeout-ms: 1",
        "original-path: /secret/x",
        "retry-on: 5xx",
        "decorator-operation: x",
        "force-trace: 1",
    )
    made["21"] = [ask(guarded, "/test/slow/0.3", *(f"x-envoy-{h}" for h in envoys))]
    made["22"] = [ask(guarded, "/test/fine", host=api_host(other)), ask(guarded, "/test/fine", host="evil.example")]
    strange = (f"{host}@evil.example", f"{host}/x", f"{host} {api_host(other)}", f"{host}.evil.example")
    made["23 strange"] = [ask(guarded, "/test/secret/x", host=name) for name in strange]
    made["23 refused"] = [ask(guarded, "/test/fine", host=f"user@{host}"), ask(guarded, "/test/fine", host=f"x.{host}")]
    made["23 refused"].append(raw(host, "GET /test/fine HTTP/1.1\r\nConnection: close\r\n\r\n"))
    made["23 twice"] = [
        ask(guarded, "/test/secret/x", f"Host: {api_host(other)}"),
        ask(guarded, "/test/fine", f"Host: {api_host(other)}"),
        ask(guarded, "/test/fine", f"Host: {host}"),
        ask(guarded, "/test/fine", f"Host: {host}", host=api_host(other)),
        ask(guarded, "/test/fine", f"Host: {host}", host="evil.example"),
        ask(guarded, "/test/fine", "Host: evil.example", f"x-apigw-api-id: {guarded}"),
    ]
    made["23 same"] = [ask(guarded, "/test/fine", host=f"{host}:443"), ask(guarded, "/test/fine", host=f"{host}.")]
    made["26"] = [
        ask(guarded, "/test/fine", f"x_apigw_api_id: {other}"),
        ask(guarded, "/test/fine", "x_innergate_entry: public"),
    ]
    made["27"] = [
        ask(guarded, "/test/fine", "Connection: x-amzn-apigateway-api-id, x-forwarded-for, host"),
        ask(guarded, "/test/secret/x", "Connection: x-innergate-scope"),
    ]
    made["29"] = [
        ask(keyed, "/test/x?x-api-key=abc&api_key=abc", *h)
        for h in ((), ("x-api-key: ",), ("x-api-key: a", "x-api-key: b"))
    ]
    return made


def _about_framing(targets: Targets) -> dict[str, list[Call]]:
    guarded, host = targets.guarded, api_host(targets.guarded)
    made: dict[str, list[Call]] = {}
    smuggled = f"GET /test/fine/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"
    chunked = f"0\r\n\r\n{smuggled}"
    lengths = (
        (f"Content-Length: {len(chunked)}", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: xchunked", "Content-Length: 4"),
        ("Transfer-Encoding : chunked", "Content-Length: 4"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Content-Length: 4", "Content-Length: 5"),
        ("Content-Length: +4",),
        ("Content-Length: 0x4",),
        ("Transfer-Encoding:\x0bchunked",),
    )
    made["30"] = [ask(guarded, "/test/fine", *given, method="POST", body=chunked) for given in lengths]
    made["31"] = [raw(host, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")]
    fine = f"GET /test/fine HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings\r\n"
    made["32"] = [raw(host, f"{fine}Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n")]
    socket = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    made["33"] = [raw(host, f"{fine}{socket}\r\n\r\nGET /secret/x HTTP/1.1\r\nHost: x\r\n\r\n")]
    trailed = "3\r\nabc\r\n0\r\nx-amzn-vpce-id: vpce-1\r\nauthorization: x\r\n\r\n"
    made["35"] = [
        ask(guarded, "/test/fine", "Transfer-Encoding: chunked", "Trailer: authorization", method="POST", body=trailed)
    ]
    first = f"GET /test/secret/x HTTP/1.1\r\nHost: {host}\r\n\r\n"
    last = f"GET /test/fine HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    made["36"] = [raw(host, first + last, timeout_s=4)]
    made["37"] = [
        ask(guarded, f"/test/mapped?q=a{crlf}X-Evil:1") for crlf in ("%0d%0a", "%0D%0A%20", "%0a", "%E5%98%8A%E5%98%8D")
    ]
    made["38"] = [
        ask(guarded, "/test/fine", "Transfer-Encoding: chunked", method="POST", body="3;a=b\r\nabc\r\n0\r\n\r\n"),
        ask(guarded, "/test/fine", "Transfer-Encoding: chunked", method="POST", body=f"3\nabc\n0\n\n{smuggled}"),
        ask(guarded, "/test/fine", "X-Folded: a\r\n\tx-innergate-scope: public"),
        raw(host, f"GET /test/fine HTTP/1.1\nHost: {host}\nConnection: close\n\n"),
    ]
    made["86"] = [
        ask(guarded, "/test/fine", f"X-Big: {'a' * 12_000}"),
        ask(guarded, "/test/fine", *(f"X-{n}: 1" for n in range(250))),
        ask(guarded, "/test/" + "a" * 11_000),
    ]
    return made


@pytest.fixture(scope="module")
def targets(built: Built, rival: Rival) -> Iterator[Targets]:
    made = make_targets(rival)
    built.platform.settle()
    yield made
    for api in made:
        rival.cloud.apigateway.delete_rest_api(restApiId=api)


@pytest.fixture(scope="module")
def answers(built: Built, rival: Rival, targets: Targets) -> Answers:
    asked = requests(targets, rival)
    flat = [(case, call) for case, calls in asked.items() for call in calls]
    noticed = calls_from(built.platform, built.world.consumer_network.vpc, [call for _, call in flat], threads=8)
    found: Answers = {case: [] for case in asked}
    for (case, _), one in zip(flat, noticed, strict=True):
        found[case].append(read(one))
    return found


def refused(seen: Seen) -> bool:
    """One refusal, or a connection that ended, and no backend."""
    return not seen.backend and all(400 <= status < 600 for status in seen.statuses) and len(seen.statuses) <= 1


def test_what_is_allowed_gets_through(answers: Answers) -> None:
    assert [(seen.statuses, seen.path) for seen in answers["fine"]] == [([200], "/fine"), ([200], "/allowed/x")]


@pytest.mark.parametrize("case", list(SECRET_PATHS))
def test_cases_1_2_3_5_6_7_13_14_no_spelling_of_a_path_gets_past_a_policy(answers: Answers, case: str) -> None:
    for path, seen in zip(SECRET_PATHS[case], answers[case], strict=True):
        assert not seen.reached_secret, (path, seen)
        assert seen.statuses in ([], [403], [400]) or seen.backend, (path, seen)


def test_case_1_a_trailing_slash_is_denied_as_its_path_is(answers: Answers) -> None:
    assert [seen.statuses for seen in answers["1"]] == [[403]] * 4


def test_case_4_parameters_of_a_segment_stay_part_of_it(answers: Answers) -> None:
    assert [seen.backend["path"] for seen in answers["4"]] == ["/a;b=c/x"]


def test_case_8_absolute_forms(answers: Answers) -> None:
    for seen in answers["8"]:
        assert refused(seen), seen


def test_case_9_the_method_is_the_one_in_the_request_line(answers: Answers) -> None:
    denied, fine = answers["9 override"]
    assert refused(denied)
    assert fine.backend["method"] == "GET"
    assert "x-http-method-override" not in fine.backend["headers"]
    for seen in answers["9 methods"]:
        assert refused(seen), seen


def test_case_10_the_weaker_neighbour_of_a_greedy_path(answers: Answers) -> None:
    for seen in answers["10"]:
        assert refused(seen), seen
    assert [(seen.statuses, seen.path) for seen in answers["10 open"]] == [([200], "/open")] * 2


def test_case_11_a_resource_pattern_means_its_own_place(answers: Answers) -> None:
    for seen in answers["11"]:
        assert refused(seen), seen


def test_case_12_the_query_passes_as_it_came(answers: Answers) -> None:
    (seen,) = answers["12"]
    assert seen.backend["path"].partition("?")[2] == "a=1&a=2;b=3&c=%26d=4&e=%2e%2e%2fsecret"


def test_case_16_odd_ids_of_apis_lead_nowhere_else(answers: Answers) -> None:
    for seen in answers["16"]:
        assert refused(seen), seen


def test_case_17_headers_of_ours_come_from_nobody_else(answers: Answers) -> None:
    (seen,) = answers["17"]
    assert seen.statuses == [200]
    assert seen.path == "/fine"
    assert not [name for name in seen.backend["headers"] if name.startswith("x-innergate-")]
    assert seen.backend["headers"].get("x-amzn-vpce-id") != "vpce-1"


def test_cases_18_19_no_header_moves_the_client(answers: Answers) -> None:
    for seen in (*answers["18"], *answers["19"]):
        assert (seen.statuses, seen.backend) in (([403], {}), ([400], {})), seen


def test_case_20_no_proxy_header_from_clients(answers: Answers) -> None:
    for seen in answers["20"]:
        assert refused(seen), seen


def test_case_21_envoys_own_headers_command_nothing(answers: Answers) -> None:
    (seen,) = answers["21"]
    assert (seen.statuses, seen.path) == ([200], "/slow/0.3")
    assert not [name for name in seen.backend["headers"] if name.startswith("x-envoy-")]


def test_case_22_the_host_header_alone_names_the_api_and_its_policy_decides(answers: Answers) -> None:
    for seen in answers["22"]:
        assert (seen.statuses, seen.backend) == ([403], {}), seen


def test_case_23_forms_of_host(answers: Answers) -> None:
    """Two Host headers are a bad request, whatever they name (RFC 9112, section 3.2)."""
    for seen in (*answers["23 refused"], *answers["23 strange"]):
        assert refused(seen), seen
    for seen in answers["23 twice"]:
        assert (seen.statuses, seen.backend) == ([400], {}), seen
    assert [(seen.statuses, seen.path) for seen in answers["23 same"]] == [([200], "/fine")] * 2


def test_case_26_underscore_twins(answers: Answers) -> None:
    for seen in answers["26"]:
        assert (seen.statuses, seen.backend) == ([400], {}), seen


def test_case_27_connection_options_remove_nothing_of_ours(answers: Answers, targets: Targets) -> None:
    kept, denied = answers["27"]
    assert refused(kept) or kept.backend["headers"]["x-amzn-apigateway-api-id"] == targets.guarded, kept
    assert refused(denied), denied


def test_case_29_a_key_counts_in_its_header_only(answers: Answers) -> None:
    for seen in answers["29"]:
        assert (seen.statuses, seen.backend) == ([403], {}), seen


def test_case_30_two_readings_of_a_bodys_length(answers: Answers) -> None:
    for seen in answers["30"]:
        assert "smuggled" not in seen.text, seen
        assert len(seen.statuses) <= 1, seen
        assert refused(seen), seen


def test_cases_31_32_http_2_is_not_spoken(answers: Answers) -> None:
    (preface,) = answers["31"]
    assert refused(preface)
    (upgrade,) = answers["32"]
    assert 101 not in upgrade.statuses
    assert upgrade.statuses == [200]
    assert not {"upgrade", "http2-settings"} & set(upgrade.backend["headers"])


def test_case_33_an_upgrade_that_the_backend_ignores_opens_no_tunnel(answers: Answers) -> None:
    (seen,) = answers["33"]
    assert 101 not in seen.statuses
    assert "/secret/x" not in seen.text
    assert not seen.reached_secret


def test_case_35_trailers_become_no_headers(answers: Answers) -> None:
    (seen,) = answers["35"]
    assert refused(seen) or not {"authorization", "x-amzn-vpce-id"} & set(seen.backend["headers"]), seen


def test_case_36_after_a_denial_the_next_request_is_its_own(answers: Answers) -> None:
    (seen,) = answers["36"]
    assert (seen.statuses, seen.path) == ([403, 200], "/fine")


def test_case_37_mapped_parameters_split_nothing(answers: Answers) -> None:
    for seen in answers["37"]:
        assert "x-evil" not in seen.backend.get("headers", {}), seen
        assert len(seen.statuses) == 1


def test_case_38_odd_framing(answers: Answers) -> None:
    extension, bare_lf, folded, lines = answers["38"]
    assert extension.statuses == [200]
    assert extension.backend["body_bytes"] == 3
    for seen in (bare_lf, folded, lines):
        assert "smuggled" not in seen.text
        assert len(seen.statuses) <= 1
        assert "x-innergate-scope" not in seen.backend.get("headers", {})


def test_case_86_bombs_of_headers(answers: Answers) -> None:
    for seen in answers["86"]:
        assert refused(seen), seen
