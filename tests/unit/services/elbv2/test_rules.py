"""Rules have AWS's limits: what conditions and answers may say, and what is refused in words."""

from typing import Any

import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, Network, TwoAccounts

Web = tuple[Network, str, str]


@pytest.fixture
def web(world: TwoAccounts) -> Web:
    """A network, an application load balancer's HTTP listener, and the group that it forwards to."""
    network = world.network()
    balancer = world.balancer(CONSUMER, network, Type="application")
    group = world.target_group(CONSUMER, network, Protocol="HTTP")
    return network, world.listener(CONSUMER, balancer, group, protocol="HTTP"), group


def _paths(*values: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def _header(name: str, *values: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)}}


def _create(world: TwoAccounts, web: Web, *conditions: dict[str, Any], action: dict[str, Any] | None = None) -> Any:
    _, listener, group = web
    actions = [action or {"Type": "forward", "TargetGroupArn": group}]
    return {"ListenerArn": listener, "Priority": 1, "Conditions": list(conditions), "Actions": actions}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([], "A condition must be specified"),
        ([{"Values": ["/x"]}], "A condition field must be specified"),
        ([{"Field": "nonsense", "Values": ["x"]}], "Condition field 'nonsense' must be one of"),
        ([{"Field": "path-pattern"}], "A condition value must be specified"),
        (
            [{"Field": "path-pattern", "Values": ["/a", "/b"]}],
            "The 'path-pattern' field contains too many values; the limit is '1'",
        ),
        ([_paths(*(f"/{n}" for n in range(6)))], "A rule can only have '5' condition values"),
        ([_paths("/?*/*/*"), _header("a", "*", "?", "*")], "A rule can only have '6' condition wildcards"),
        ([_paths("/a"), _paths("/b")], "A rule can only have one 'path-pattern' condition"),
        ([_paths("/" + "x" * 128)], "The 'path-pattern' value is too long; the limit is '128'"),
        ([_paths("/a b")], "Condition value '/a b' contains a character that is not valid"),
        ([{"Field": "host-header", "Values": ["a_b.test"]}], "Condition value 'a_b.test' contains a character"),
        ([{"Field": "host-header", "Values": ["a.te5t"]}], "Condition value 'a.te5t' is not a valid host name"),
        ([_header("", "x")], "The header name of an 'http-header' condition must be specified"),
        ([_header("x" * 41, "x")], "The 'HttpHeaderName' value is too long; the limit is '40'"),
        ([_header("Host", "x")], "The 'HttpHeaderName' value cannot be 'host'"),
        ([{"Field": "http-header"}], "A 'HttpHeaderConfig' must be specified with 'http-header'"),
        (
            [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["get"]}}],
            "Condition value 'get' contains a character that is not valid",
        ),
        (
            [{"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["G" * 41]}}],
            "The 'HttpRequestMethodConfig' value is too long; the limit is '40'",
        ),
        (
            [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a"}]}}],
            "A condition value must be specified",
        ),
        ([{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.1"]}}], "'10.0.0.1' is not a valid CIDR block"),
        ([{"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/33"]}}], "is not a valid CIDR block"),
    ],
)
def test_conditions_have_limits(world: TwoAccounts, web: Web, conditions: list[dict[str, Any]], message: str) -> None:
    code, said = world.refused("CreateRule", **_create(world, web, *conditions))
    assert code == "ValidationError"
    assert message in said


def test_conditions_of_one_kind_may_come_twice_where_aws_says_so(world: TwoAccounts, web: Web) -> None:
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": r"\*\?\*\?*"}]}}
    params = _create(world, web, _header("a", "x*"), _header("a", "*y"), query, query)
    (rule,) = world("CreateRule", **params)["Rules"]
    assert [condition["Field"] for condition in rule["Conditions"]] == ["http-header"] * 2 + ["query-string"] * 2


def test_regular_expressions_are_refused_in_words(world: TwoAccounts, web: Web) -> None:
    condition = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a$"]}}
    code, said = world.refused("CreateRule", **_create(world, web, condition))
    assert (code, said) == ("InvalidConfigurationRequest", "Regular expressions in conditions are not supported")


def _redirect(**config: str) -> dict[str, Any]:
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "InvalidLoadBalancerAction"),
        ({"Protocol": "HTTP", "Port": "80"}, "InvalidLoadBalancerAction"),
        ({"Path": "/new/#{path}"}, "InvalidLoadBalancerAction"),
        ({"Path": "new"}, "ValidationError"),
        ({"Port": "0"}, "ValidationError"),
        ({"Host": "#{path}"}, "ValidationError"),
        ({"Query": "#{body}"}, "ValidationError"),
        ({"Path": "/" + "x" * 128}, "ValidationError"),
    ],
)
def test_redirects_that_lead_nowhere_are_refused(
    world: TwoAccounts, web: Web, config: dict[str, str], code: str
) -> None:
    assert world.refused("CreateRule", **_create(world, web, _paths("/x"), action=_redirect(**config)))[0] == code


@pytest.mark.parametrize("config", [{"Protocol": "HTTPS", "Port": "443"}, {"Path": "/new"}, {"Host": "new.#{host}"}])
def test_redirects_are_read_back(world: TwoAccounts, web: Web, config: dict[str, str]) -> None:
    (rule,) = world("CreateRule", **_create(world, web, _paths("/x"), action=_redirect(**config)))["Rules"]
    assert rule["Actions"][0]["RedirectConfig"] == {"StatusCode": "HTTP_301", **config}


@pytest.mark.parametrize(
    "config", [{"StatusCode": "302"}, {"StatusCode": "200", "ContentType": "image/png"}, {"StatusCode": "20"}]
)
def test_fixed_responses_have_limits(world: TwoAccounts, web: Web, config: dict[str, str]) -> None:
    action = {"Type": "fixed-response", "FixedResponseConfig": config}
    assert world.refused("CreateRule", **_create(world, web, _paths("/x"), action=action))[0] == "ValidationError"


def test_who_calls_is_not_asked_here(world: TwoAccounts, web: Web) -> None:
    """Fail closed: what nobody would check is not taken."""
    _, _, group = web
    config = {"JwksEndpoint": "https://x/", "Issuer": "x"}
    actions = [
        {"Type": "jwt-validation", "JwtValidationConfig": config, "Order": 1},
        {"Type": "forward", "TargetGroupArn": group, "Order": 2},
    ]
    params = {**_create(world, web, _paths("/x")), "Actions": actions}
    code, said = world.refused("CreateRule", **params)
    assert (code, said) == ("InvalidLoadBalancerAction", "Actions of type 'jwt-validation' are not supported here")


def test_functions_are_no_targets_here(world: TwoAccounts, web: Web) -> None:
    group = world("CreateTargetGroup", CONSUMER, Name="fn", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    action = {"Type": "forward", "TargetGroupArn": group}
    code, said = world.refused("CreateRule", **_create(world, web, _paths("/x"), action=action))
    assert code == "InvalidConfigurationRequest"
    assert "which load balancers do not forward to here: register IP addresses" in said


def test_stickiness(world: TwoAccounts, web: Web) -> None:
    _, _, group = web
    sticky = {"TargetGroups": [{"TargetGroupArn": group}], "TargetGroupStickinessConfig": {"Enabled": True}}
    action: dict[str, Any] = {"Type": "forward", "ForwardConfig": sticky}
    params = _create(world, web, _paths("/x"), action=action)
    assert world.refused("CreateRule", **params)[0] == "ValidationError"
    sticky["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": 60}
    (rule,) = world("CreateRule", **params)["Rules"]
    kept = rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"]
    assert kept == {"Enabled": True, "DurationSeconds": 60}
    on = [{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "stickiness.type", "Value": "app_cookie"}]
    assert world.refused("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=on) == (
        "InvalidConfigurationRequest",
        "Stickiness of type 'app_cookie' is not supported here: use 'lb_cookie'",
    )
    world("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=on[:1])


def test_grpc_is_refused_in_words(world: TwoAccounts) -> None:
    params = {
        "Name": "grpc",
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": world.network().vpc,
        "ProtocolVersion": "GRPC",
    }
    assert "use 'HTTP2'" in world.refused("CreateTargetGroup", CONSUMER, **params)[1]
