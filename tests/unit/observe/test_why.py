"""A failed call is explained by what was noted then and by what is configured now."""

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from tests.unit.observe.failure_lines_kit import failure

from innergate.observe.failures import Failure
from innergate.observe.why import explain_failure
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.vpcs import Vpc
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario, only_endpoint, proxy_method

DOMAIN = "execute-api.us-east-1.amazonaws.com"


def refused(purple: CrossAccount, path: str, **fields: str) -> Failure:
    """An answer of the gateway to a call by the API's private name."""
    host = f"{purple.api.id}.{DOMAIN}"
    scope = f"private.us-east-1|{host}.{DOMAIN} {path}/ {host}"
    entry = {"vpce": purple.api_endpoint.id, "vpc": purple.gateway_vpc.id}
    return failure(**{"scope": scope, "authority": host, "path": path, **entry, **fields})


def backend_failed(purple: CrossAccount, path: str, **fields: str) -> Failure:
    """One of a request that had been sent on."""
    entry = {"vpce": purple.api_endpoint.id, "vpc": purple.gateway_vpc.id, "cluster": "leg"}
    sent = {"authority": purple.gateway_balancer.dns_name, "path": path, "route": f"{purple.api.id}/test"}
    wrong = {"status": "500", "error_type": "InternalServerErrorException"}
    return failure(**{**entry, **sent, **wrong, **fields})


def test_a_stage_that_is_not_there(s: Scenario, purple: CrossAccount) -> None:
    why = explain_failure(s.state, refused(purple, "/nostage/x"))
    assert (why.reason.answered_by, why.reason.is_about_key) == ("gateway", False)
    assert why.now is not None
    assert [hop.kind for hop in why.now.hops] == ["endpoint", "stage"]
    assert "no stage 'nostage'" in why.now.cause


@pytest.mark.parametrize(
    ("label", "says"), [("own", "the API is private: "), ("aaaaaaaaaa", "names no public API and ")]
)
def test_who_calls_a_private_api_by_the_public_entry_is_told_so(
    s: Scenario, purple: CrossAccount, label: str, says: str
) -> None:
    host = f"{purple.api.id if label == 'own' else label}.{DOMAIN}"
    scope = f"public.us-east-1|{host}.{DOMAIN} /test/x/ {host}"
    why = explain_failure(s.state, refused(purple, "/test/x", scope=scope, authority=host, vpce="", vpc=""))
    assert why.now is not None
    assert (why.now.cause.partition(" ")[0], says in why.now.cause) == ("api", True)


def test_a_method_that_is_not_there(s: Scenario, purple: CrossAccount) -> None:
    refusal = {"error_type": "MissingAuthenticationTokenException", "details": "direct_response"}
    reason = explain_failure(s.state, refused(purple, "/test/x", **refusal)).reason
    assert reason.says == "no method of the stage takes this verb and path"
    assert reason.detail == "", "what Envoy calls an answer of a route's own says nothing to a person"


@pytest.mark.parametrize(
    "name", ["{api}-{vpce}.execute-api.us-east-1.amazonaws.com", "{vpce}-abcd.example", "own.example"]
)
def test_every_way_to_name_an_api_is_followed(s: Scenario, purple: CrossAccount, name: str) -> None:
    """By an alias, and by the endpoint's own name or any other with x-apigw-api-id."""
    host = name.format(api=purple.api.id, vpce=purple.api_endpoint.id)
    by_header = "" if host.startswith(purple.api.id) else purple.api.id
    scope = f"private.us-east-1|{by_header or host}.{DOMAIN} /test/x/ {host}"
    throttled = {"error_type": "TooManyRequestsException", "details": "local_rate_limited"}
    named = {"scope": scope, "server_name": host, **({"id_header": by_header} if by_header else {})}
    why = explain_failure(s.state, refused(purple, "/test/x", **named, **throttled))
    assert why.now is not None
    assert (why.now.works, why.now.api_id, why.now.stage) == (True, purple.api.id, "test")


def test_a_policy_that_denies(s: Scenario, purple: CrossAccount) -> None:
    foreign, _ = s.private_api(None, policy=only_endpoint("vpce-elsewhere"))
    host = f"{foreign.id}.{DOMAIN}"
    denied = refused(
        purple,
        "/test/x",
        scope=f"private.us-east-1|{host}.{DOMAIN} /test/x/ {host}",
        error_type="AccessDeniedException",
        details="rbac_access_denied_matched_policy[deny:0]",
        route=f"{foreign.id}/test",
    )
    why = explain_failure(s.state, denied)
    assert why.reason.response_type == "ACCESS_DENIED"
    assert why.now is not None
    assert (why.now.api_id, why.now.cause.partition(" ")[0]) == (foreign.id, "policy")
    assert why.now.decisions[0].context["aws:sourcevpce"] == (purple.api_endpoint.id,)


def test_a_caller_of_a_peered_network_is_taken_as_it_came(s: Scenario, purple: CrossAccount) -> None:
    throttled = {"error_type": "TooManyRequestsException", "details": "local_rate_limited"}
    why = explain_failure(s.state, refused(purple, "/test/x", source="172.31.0.9", **throttled))
    assert why.now is not None
    assert why.now.works
    assert why.reason.response_type == "THROTTLED"


def test_a_backend_that_refused(s: Scenario, purple: CrossAccount) -> None:
    gone = backend_failed(
        purple,
        "/foo/bar",
        details="upstream_reset_before_response_started{remote_connection_failure}",
        target="10.0.2.22:80",
        connection_failure="delayed_connect_error:_Connection_refused|remote_address:10.0.2.22:80",
    )
    why = explain_failure(s.state, gone)
    assert why.reason.detail == "10.0.2.22:80: delayed connect error: Connection refused"
    assert why.now is not None
    assert (why.now.path, why.now.hops[-1].kind) == ("/foo/bar", "target")
    assert "was sent on as" in why.notes[-1]


def test_a_backend_whose_certificate_does_not_pass(s: Scenario, purple: CrossAccount) -> None:
    noted = (
        "TLS_error:|2:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:a:_self_signed_certificate:TLS_error_end"
    )
    details = "upstream_reset_before_response_started{remote_connection_failure|TLS_error}"
    failed = backend_failed(purple, "/", details=details, target="10.0.2.22:443", connection_failure=noted)
    reason = explain_failure(s.state, failed).reason
    assert reason.says == "the backend and the gateway did not agree on TLS"
    assert reason.detail == "10.0.2.22:443: its certificate does not pass (self signed certificate)"


def test_a_backend_that_was_too_late(s: Scenario, purple: CrossAccount) -> None:
    late = backend_failed(
        purple, "/", status="504", details="upstream_response_timeout", target="10.0.2.22:80", latency_ms="29001"
    )
    why = explain_failure(s.state, late)
    assert (why.reason.response_type, why.reason.detail) == ("INTEGRATION_TIMEOUT", "10.0.2.22:80 had 29001 ms")


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        ("504", "INTEGRATION_TIMEOUT", "a connection not accepted, a security group or a route"),
        ("500", "INTEGRATION_FAILURE", "no listener, no targets"),
    ],
)
def test_a_way_that_led_nowhere_is_no_late_backend(
    s: Scenario, purple: CrossAccount, status: str, kind: str, says: str
) -> None:
    """The route itself answers: no target was asked, and nothing took time."""
    wrong = {"error_type": "InternalServerErrorException", "details": "direct_response", "status": status}
    reason = explain_failure(s.state, refused(purple, "/test/x", **wrong)).reason
    assert (reason.answered_by, reason.response_type, reason.detail) == ("gateway", kind, "")
    assert reason.says.startswith("no way led to the backend")
    assert says in reason.says


def test_targets_that_take_no_connection_in_time(s: Scenario, purple: CrossAccount) -> None:
    late = backend_failed(purple, "/", status="504", details="upstream_response_timeout", latency_ms="29001")
    reason = explain_failure(s.state, late).reason
    assert (reason.says, reason.detail) == (
        "the backend did not answer in time",
        "no target took a connection within 29001 ms",
    )


@pytest.mark.parametrize(
    ("policy", "says"),
    [("none", "no statement of a policy allows the call"), ("deny:0", "a statement of a policy denies the call")],
)
def test_an_access_that_was_denied_is_told_in_words(s: Scenario, purple: CrossAccount, policy: str, says: str) -> None:
    denied = {"error_type": "AccessDeniedException", "details": f"rbac_access_denied_matched_policy[{policy}]"}
    reason = explain_failure(s.state, refused(purple, "/test/x", **denied)).reason
    assert (reason.says, reason.detail, reason.response_type) == (says, "", "ACCESS_DENIED")


def test_a_backends_own_answer(s: Scenario, purple: CrossAccount) -> None:
    own = backend_failed(purple, "/x", status="404", error_type="-", details="via_upstream", target="10.0.2.22:80")
    why = explain_failure(s.state, own)
    assert (why.reason.answered_by, why.reason.says) == ("backend", "the backend at 10.0.2.22:80 answered so itself")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            {"error.responseType": "UNAUTHORIZED", "error.message": "Unauthorized", "why": "Unauthorized request: 1"},
            ("gateway", "Unauthorized", "Unauthorized request: 1"),
        ),
        ({"integration.status": "502"}, ("backend", "the integration answered 502", "")),
        ({}, ("backend", "the integration answered 403", "")),
    ],
)
def test_what_a_worker_told(s: Scenario, purple: CrossAccount, told: dict[str, str], expected: tuple[str, ...]) -> None:
    by_worker = refused(purple, "/test/x", details="via_upstream", cluster="runtime", told=json.dumps(told))
    reason = explain_failure(s.state, by_worker).reason
    assert (reason.answered_by, reason.says, reason.detail) == expected


@pytest.mark.parametrize(
    ("status", "says"),
    [("429", "too many calls or bodies under way"), ("503", "new document"), ("500", "a worker failed")],
)
def test_what_a_worker_refused_unseen_is_no_backends(s: Scenario, purple: CrossAccount, status: str, says: str) -> None:
    by_worker = refused(purple, "/test/x", status=status, details="via_upstream", cluster="runtime", target="/run/w")
    reason = explain_failure(s.state, by_worker).reason
    assert reason.answered_by == "gateway"
    assert says in reason.says


def test_a_key_that_nobody_kept_is_taken_for_good_unless_it_was_the_cause(s: Scenario, purple: CrossAccount) -> None:
    throttled = {"error_type": "TooManyRequestsException", "details": "local_rate_limited"}
    passed = explain_failure(s.state, refused(purple, "/test/x", **throttled))
    refused_key = refused(purple, "/test/x", error_type="ForbiddenException", details="missing_api_key")
    assert explain_failure(s.state, refused_key).reason.is_about_key
    assert not passed.reason.is_about_key


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"error.responseType": "MISSING_AUTHENTICATION_TOKEN"}, "this one had no signature"),
        ({"error.responseType": "AUTHORIZER_FAILURE"}, "the authorizer failed"),
        ({"error.responseType": "BAD_REQUEST_PARAMETERS", "error.message": "Missing", "why": "Missing"}, "Missing"),
    ],
)
def test_a_worker_is_told_in_words(s: Scenario, purple: CrossAccount, told: dict[str, str], says: str) -> None:
    by_worker = refused(purple, "/test/x", details="via_upstream", cluster="runtime", told=json.dumps(told))
    reason = explain_failure(s.state, by_worker).reason
    assert says in reason.says
    assert reason.detail == ""


@pytest.mark.parametrize(
    ("details", "says"),
    [("missing_api_key", "no API key came with it"), ("unknown_api_key", "none of this stage's")],
)
def test_which_key_was_wrong(s: Scenario, purple: CrossAccount, details: str, says: str) -> None:
    refused_key = refused(purple, "/test/x", error_type="ForbiddenException", details=details)
    assert says in explain_failure(s.state, refused_key).reason.says


def test_a_key_of_a_past_call_is_not_said_to_be_absent(s: Scenario, purple: CrossAccount) -> None:
    method = msgspec.structs.replace(proxy_method(purple.link.id, "http://x.example/", "GET"), api_key_required=True)
    methods = {("/", "GET"): method}
    policy = only_endpoint(purple.api_endpoint.id)
    api, _ = s.private_api(purple.link, purple.api_endpoint, policy=policy, stage="test", methods=methods)
    host = f"{api.id}.{DOMAIN}"
    scope = f"private.us-east-1|{host}.{DOMAIN} /test// {host}"
    facts = {"error_type": "ForbiddenException", "details": "unknown_api_key", "route": f"{api.id}/test"}
    why = explain_failure(s.state, refused(purple, "/test/", scope=scope, **facts))
    assert why.now is not None
    assert why.now.cause.endswith("needs an API key of a usage plan of this stage")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"error_type": "AccessDeniedException"}, ("gateway", "policies do not let")),
        ({"error_type": "OddException"}, ("gateway", "OddException")),
        ({"status": "502", "error_type": "-"}, ("backend", "the function failed")),
        ({"status": "404", "error_type": "-"}, ("backend", "the function answered 404")),
    ],
)
def test_a_function_url_says_who_answered(
    s: Scenario, purple: CrossAccount, fields: dict[str, str], expected: tuple[str, str]
) -> None:
    called = failure(
        **{"route": "lambda-url/abc", "cluster": "runtime", "details": "via_upstream", "told": "{}", **fields}
    )
    reason = explain_failure(s.state, called).reason
    assert reason.answered_by == expected[0]
    assert reason.says.startswith(expected[1])


def test_a_request_that_is_none(s: Scenario, purple: CrossAccount) -> None:
    bad = refused(
        purple, "/test/x", status="400", error_type="BadRequestException", details="path_normalization_failed"
    )
    why = explain_failure(s.state, bad)
    assert (why.reason.response_type, why.reason.detail) == ("", "path_normalization_failed")
    assert "more than one reading" in why.reason.says
    assert why.now is None, "the path in the log is not the one that was refused"
    assert "as it stood" in why.notes[0]


def test_what_is_gone_is_said(s: Scenario, purple: CrossAccount) -> None:
    assert explain_failure(s.state, backend_failed(purple, "/x", route="gone/test")).now is None
    why = explain_failure(s.state, refused(purple, "/test/x", vpce="vpce-gone"))
    assert why.now is not None
    assert why.now.cause == "endpoint vpce-gone: the endpoint is there no more"
    assert s.state.get(Vpc, "vpc-gone") is None
    assert explain_failure(s.state, refused(purple, "/test/x", vpc="vpc-gone")).now is not None


def test_a_call_of_a_function_url_is_no_call_of_an_api(s: Scenario, purple: CrossAccount) -> None:
    called = failure(route="lambda-url/abc", cluster="runtime", details="via_upstream", told="{}")
    why = explain_failure(s.state, called)
    assert why.now is None
    assert "a function URL that is there no more" in why.notes[0]
    arn = f"arn:aws:lambda:us-east-1:{purple.api.account}:function:hello"
    now = datetime.now(UTC)
    account, region = purple.api.account, purple.api.region
    s.put(
        FunctionUrl(
            id="abc",
            account=account,
            region=region,
            function_arn=arn,
            qualifier="live",
            auth_type="NONE",
            created_at=now,
            modified_at=now,
        )
    )
    (note,) = explain_failure(s.state, called).notes
    assert f"the function {arn}:live" in note
    assert note.endswith(" /aws/lambda/hello")


def test_a_stage_that_was_changed_since_is_noted(s: Scenario, purple: CrossAccount) -> None:
    before = msgspec.structs.replace(refused(purple, "/test/x"), at=datetime(2000, 1, 1, tzinfo=UTC))
    after = msgspec.structs.replace(before, at=datetime.now(UTC) + timedelta(days=36500))
    assert any("was changed at" in note for note in explain_failure(s.state, before).notes)
    assert explain_failure(s.state, after).notes == ()
