"""One meaning, two executors: what the policy engine says of a call, a live Envoy with the compiled rules does.

Hypothesis draws policies and calls; every call is sent to one Envoy and asked of the evaluator. Allow, explicit deny and
implicit deny must be the same.
"""

import http.client
import itertools
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.feature.rbac_envoy import Door, RunningEnvoy, ask, envoy_with
from tests.fuzzing import fuzzed

from innergate.compile.emit.envoy.facts import ConnectionFacts
from innergate.compile.emit.envoy.rbac import RbacPlan, compile_resource_policy
from innergate.policy.combine import decide_without_caller
from innergate.policy.document import Policy
from innergate.policy.evaluate import AccessRequest, Outcome
from innergate.policy.execute_api import INVOKE, CallFacts, call_arn, call_context, expand_policy
from innergate.policy.parse import parse_policy

API = "arn:aws:execute-api:us-east-1:111122223333:abc123"
STAGE = "test"
POLICIES, CONNECTION_POLICIES, CALLS = 150, 80, 1000

DOORS = (
    Door("private-1", ConnectionFacts("vpce-1", "vpc-1", "444455556666", "us-east-1")),
    Door("private-2", ConnectionFacts("vpce-22", "vpc-2", "777788889999", "us-east-1"), is_tls=True),
    Door("public", ConnectionFacts("", "", "", "public")),
)
SOURCES = ("127.0.0.1", "127.0.0.9", "127.1.2.3")


class Case(NamedTuple):
    """A policy (None: the API has none) and the policies of endpoints, for a private or a public API."""

    policy: str | None
    endpoint_policies: Mapping[str, str]
    is_private: bool


class Call(NamedTuple):
    """One call. `path` is what follows the stage."""

    door: Door
    source: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]


def _statements(conditions: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    resources = st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2)
    actions = st.sampled_from(["execute-api:Invoke", "execute-api:*", "*", "s3:GetObject", ["EXECUTE-API:inv?ke"]])
    who = st.sampled_from([{"Principal": "*"}] * 6 + [{"Principal": {"AWS": "444455556666"}}, {"NotPrincipal": "*"}])
    what = st.one_of(*[st.fixed_dictionaries({"Action": actions})] * 5, st.fixed_dictionaries({"NotAction": actions}))
    where = st.one_of(
        *[st.fixed_dictionaries({"Resource": resources})] * 4, st.fixed_dictionaries({"NotResource": resources})
    )
    condition: st.SearchStrategy[dict[str, object]] = st.one_of(
        st.just({}), st.fixed_dictionaries({"Condition": conditions})
    )
    effect = st.fixed_dictionaries({"Effect": st.sampled_from(["Allow", "Allow", "Deny"])})
    return st.builds(_join, effect, who, what, where, condition)


def _join(*parts: dict[str, object]) -> dict[str, object]:
    return {key: value for part in parts for key, value in part.items()}


RESOURCES = (
    "*",
    "execute-api:/*",
    "execute-api:/test/*",
    "execute-api:/prod/*",
    "execute-api:/*/GET/*",
    "execute-api:/test/GET/pets",
    "execute-api:/test/*/pets/*",
    "execute-api:/test/GET/",
    "execute-api:/test/G?T/pets/?",
    "execute-api:/test/GET*",
    "execute-api:/test/GET*s",
    "execute-api:/test/*pets*",
    "execute-api:/t*t/*T/*",
    "execute-api:/test/*/a.b",
    "execute-api:/test???",
    "execute-api:/test/GET?pets",
    "execute-api:/*",
    f"{API}/*/POST/*",
    f"{API}/test/GET/${{aws:username}}",
    f"{API}/test/GET/${{aws:PrincipalTag/pet, 'pets'}}/*",
    f"{API}*",
    "arn:aws:execute-api:*:*:*/test/DELETE/*",
    "arn:aws:execute-api:*:1111*:abc???/test/*",
    "arn:aws:execute-api:eu-west-1:*:*",
    "arn:aws:execute-api",
    "arn:aws:s3:::bucket",
    "*/GET/*",
    "*pets",
    "*:abc123/test/GET/pets/1:2",
)

TEXT_OPERATORS = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
LIKE_OPERATORS = ("StringLike", "StringNotLike")
ARN_OPERATORS = ("ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
QUALIFIERS = ("", "", "", "ForAnyValue:", "ForAllValues:")


def _condition(keys: Sequence[str], operators: Sequence[str], values: Sequence[str]) -> st.SearchStrategy[object]:
    spelled = st.tuples(st.sampled_from(QUALIFIERS), st.sampled_from(operators), st.sampled_from(["", "", "IfExists"]))
    wanted = st.lists(st.sampled_from(values), min_size=1, max_size=3)
    return st.tuples(spelled.map("".join), st.sampled_from(keys), wanted).map(lambda c: {c[0]: {c[1]: c[2]}})


FACT_KEYS = (
    "aws:SourceVpce",
    "aws:sourcevpc",
    "aws:VpceAccount",
    "aws:SourceArn",
    "aws:PrincipalArn",
    "aws:SourceVpce",
)
FACT_VALUES = (
    "vpce-1",
    "VPCE-1",
    "vpce-22",
    "vpce-*",
    "vpce-??",
    "vpc-1",
    "4444*",
    "777788889999",
    "*",
    "${aws:username}",
)
HEADER_KEYS = ("aws:UserAgent", "aws:Referer")
HEADER_VALUES = (
    "https://a.example/*",
    "http*",
    "/relative",
    "curl/8.0",
    "CURL/8.0",
    "curl/*",
    "*(x;*",
    "?",
    "",
    "arn:aws:*",
    "arn:aws:a:b:c:*",
    "arn:*:c:d",
)
ADDRESS_VALUES = ("127.0.0.0/24", "127.0.0.9", "127.1.2.3/8", "127.1.2.3/33", "::/0", "10.0.0.0/8", "127.0.0.9/32")
ADDRESS_KEYS = ("aws:VpcSourceIp", "aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpce")

CONDITIONS = st.one_of(
    _condition(FACT_KEYS, (*TEXT_OPERATORS, *LIKE_OPERATORS), FACT_VALUES),
    _condition(HEADER_KEYS, (*TEXT_OPERATORS, *LIKE_OPERATORS, *ARN_OPERATORS), HEADER_VALUES),
    _condition(ADDRESS_KEYS, ("IpAddress", "NotIpAddress"), ADDRESS_VALUES),
    _condition(ADDRESS_KEYS, ("StringEquals", "StringNotEquals"), ADDRESS_VALUES),
    _condition(("aws:SecureTransport",), ("Bool", "StringEquals", "StringNotEquals"), ("true", "false")),
    st.tuples(st.sampled_from([*FACT_KEYS, *HEADER_KEYS, *ADDRESS_KEYS]), st.sampled_from(["true", "false"])).map(
        lambda c: {"Null": {c[0]: c[1]}}
    ),
)


def _merge(blocks: tuple[object, object]) -> object:
    assert isinstance(blocks[0], dict)
    assert isinstance(blocks[1], dict)
    return {**blocks[0], **blocks[1]}


POLICY_TEXTS = st.lists(
    _statements(st.one_of(CONDITIONS, st.tuples(CONDITIONS, CONDITIONS).map(_merge))), min_size=1, max_size=4
).map(lambda statements: json.dumps({"Version": "2012-10-17", "Statement": statements}))
ENDPOINT_POLICIES: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}), st.just({}), st.dictionaries(st.sampled_from(["vpce-1", "vpce-22"]), POLICY_TEXTS, max_size=2)
)
CASES = st.builds(
    Case, st.one_of(*[POLICY_TEXTS] * 15, st.none()), ENDPOINT_POLICIES, st.sampled_from([True, True, False])
)
METHODS = ("GET", "POST", "DELETE", "PUT")
PATHS = (
    "",
    "/",
    "/pets",
    "/pets/",
    "/pets/1",
    "/pets/1/",
    "/pets/1/2",
    "/pets/1:2",
    "/GET/pets",
    "/a.b",
    "/aXb",
    "/admin",
    "/pets?x=/GET/",
)
REFERERS = ("", "https://a.example/x", "http://b.example/arn:aws:a:b:c:d", "/relative")
"""Envoy drops a Referer that is no URL before any filter sees it, so such a call has no aws:Referer."""
AGENTS = ("", "curl/8.0", "Mozilla (x; y)", "arn:aws:a:b:c:d", "arn:aws:a:b:c:d:e/f")
CALLS_DRAWN = st.builds(
    Call,
    st.sampled_from(DOORS),
    st.sampled_from(SOURCES),
    st.sampled_from(METHODS),
    st.sampled_from(PATHS),
    st.one_of(
        st.just(()),
        st.sampled_from(AGENTS).map(lambda agent: (("User-Agent", agent),)),
        st.sampled_from(REFERERS).map(lambda page: (("Referer", page),)),
    ),
)


def drawn(count: int) -> settings:
    """So many examples, the same at every run."""
    return settings(max_examples=count, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


def draw_cases() -> list[Case]:
    """The same cases at every run, plus the ones that users write."""
    found: list[Case] = [
        Case(json.dumps({"Statement": [BLOG_ALLOW, BLOG_DENY]}), {}, True),
        Case(json.dumps({"Statement": [BLOG_ALLOW]}), {"vpce-1": json.dumps({"Statement": [BLOG_DENY]})}, True),
        Case(None, {}, True),
        Case(None, {}, False),
        Case(json.dumps({"Statement": [BLOG_ALLOW, ADMIN_DENY]}), {}, True),
    ]

    @fuzzed(drawn(POLICIES), may_grow=False)
    @given(CASES)
    def collect(case: Case) -> None:
        found.append(case)

    texts = st.lists(connection_statements(), min_size=1, max_size=3).map(lambda made: json.dumps({"Statement": made}))
    gates: st.SearchStrategy[dict[str, str]] = st.one_of(
        st.just({}), st.dictionaries(st.sampled_from(["vpce-1", "vpce-22"]), texts, max_size=2)
    )

    @fuzzed(drawn(CONNECTION_POLICIES), may_grow=False)
    @given(st.builds(Case, texts, gates, st.sampled_from([True, True, False])))
    def collect_more(case: Case) -> None:
        found.append(case)

    collect()
    collect_more()
    return found


def connection_statements() -> st.SearchStrategy[dict[str, object]]:
    """Statements for everything that ask for the connection at most: such policies choose routes, they wake no filter."""
    keys = ("aws:SourceVpce", "aws:sourcevpc", "aws:VpceAccount")
    where = _condition(keys, (*TEXT_OPERATORS, *LIKE_OPERATORS), FACT_VALUES)
    condition: st.SearchStrategy[dict[str, object]] = st.one_of(
        st.just({}), *[st.fixed_dictionaries({"Condition": where})] * 3
    )
    effect = st.fixed_dictionaries({"Effect": st.sampled_from(["Allow", "Allow", "Deny"])})
    return st.builds(_join, st.just({**BLOG_ALLOW}), effect, condition)


def draw_calls() -> list[Call]:
    """The same calls at every run."""
    found: list[Call] = []

    @fuzzed(drawn(CALLS), may_grow=False)
    @given(CALLS_DRAWN)
    def collect(call: Call) -> None:
        found.append(call)

    collect()
    return found


BLOG_ALLOW = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
BLOG_DENY = {
    **BLOG_ALLOW,
    "Effect": "Deny",
    "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-1"}},
}

ADMIN_DENY = {**BLOG_ALLOW, "Effect": "Deny", "Resource": "execute-api:/test/*/admin*"}


def read(text: str) -> Policy:
    return expand_policy(parse_policy(text), API)


def evaluated(case: Case, call: Call) -> Outcome:
    """What the policy engine says."""
    facts = call.door.facts
    headers = {name.lower(): value for name, value in call.headers}
    context = call_context(
        CallFacts(
            is_private=case.is_private,
            client_address=call.source,
            is_tls=call.door.is_tls,
            vpce=facts.vpce or None,
            vpc=facts.vpc or None,
            vpce_account=facts.account or None,
            user_agent=headers.get("user-agent"),
            referer=headers.get("referer"),
        )
    )
    path = call.path.partition("?")[0]
    request = AccessRequest(INVOKE, call_arn(API, STAGE, call.method, path), None, context)
    endpoint = case.endpoint_policies.get(facts.vpce) if case.is_private else None
    return decide_without_caller(
        read(case.policy) if case.policy is not None else None,
        case.is_private,
        read(endpoint) if endpoint is not None else None,
        request,
    ).outcome


def plan_of(case: Case) -> RbacPlan:
    policy = parse_policy(case.policy) if case.policy is not None else None
    texts = set(case.endpoint_policies.values())
    endpoints = {
        tuple(vpce for vpce, own in case.endpoint_policies.items() if own == text): parse_policy(text) for text in texts
    }
    return compile_resource_policy(policy, case.is_private, API, STAGE, endpoints)


class Envoys:
    """Sends calls, one keep-alive connection per door and source."""

    def __init__(self, envoy: RunningEnvoy) -> None:
        self._envoy = envoy
        self._clients: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def outcome(self, host: str, call: Call) -> Outcome:
        key = call.door.name, call.source
        client = self._clients.get(key) or self._clients.setdefault(key, self._envoy.client(*key))
        answer = ask(client, host, call.method, f"/{STAGE}{call.path}", dict(call.headers))
        if answer.status == 200:
            return "allow"
        assert answer.status == 403, answer
        assert answer.details.startswith("rbac_access_denied_matched_policy["), answer
        return "explicit-deny" if "[deny:" in answer.details else "implicit-deny"

    def raw(self, door: str, request: bytes) -> bytes:
        """The answer to these very bytes."""
        with socket.create_connection(("127.0.0.1", self._envoy.ports[door]), timeout=10) as link:
            link.sendall(request)
            return link.makefile("rb").read()

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return draw_cases()


@pytest.fixture(scope="module")
def envoys(tmp_path_factory: pytest.TempPathFactory, cases: list[Case]) -> Iterator[Envoys]:
    folder: Path = tmp_path_factory.mktemp("envoy")
    plans = {f"p{number}": plan for number, plan in enumerate(map(plan_of, cases))}
    with envoy_with(folder, plans, DOORS) as running:
        sender = Envoys(running)
        yield sender
        sender.close()


def fits(case: Case, call: Call) -> bool:
    """A private API is reached by endpoints only, a public one by the public door."""
    return case.is_private == (call.door.name != "public")


def compared(cases: list[Case]) -> Iterator[tuple[int, Case, Call]]:
    """Every case many times, each time with another call."""
    for call, (number, case) in zip(draw_calls() * 5, itertools.cycle(enumerate(cases)), strict=False):
        if fits(case, call):
            yield number, case, call


def test_envoy_decides_as_the_policy_engine_does(envoys: Envoys, cases: list[Case]) -> None:
    seen: dict[Outcome, int] = {}
    for number, case, call in compared(cases):
        wanted = evaluated(case, call)
        seen[wanted] = seen.get(wanted, 0) + 1
        assert envoys.outcome(f"p{number}", call) == wanted, (case, call, plan_of(case))
    assert set(seen) == {"allow", "explicit-deny", "implicit-deny"}
    assert min(seen.values()) > 200, seen


def test_both_ways_of_asking_are_tried(cases: list[Case]) -> None:
    plans = [plan_of(case) for case in cases]
    by_connection = [plan for plan in plans if plan.admitted is not None]
    by_filters = [plan for plan in plans if plan.admitted is None and (plan.deny or plan.allow)]
    assert min(len(by_connection), len(by_filters)) > 24, (len(by_connection), len(by_filters))


def test_the_comparison_can_fail(envoys: Envoys, cases: list[Case]) -> None:
    """Asked of the neighbour's policy, the engine and Envoy differ often."""
    pairs = itertools.islice(compared(cases), 500)
    differing = [
        number
        for number, case, call in pairs
        if fits(cases[(number + 1) % len(cases)], call)
        and envoys.outcome(f"p{(number + 1) % len(cases)}", call) != evaluated(case, call)
    ]
    assert len(differing) > 50


def test_a_private_api_reached_without_an_endpoint_stays_closed(envoys: Envoys) -> None:
    public = DOORS[2]
    call = Call(public, SOURCES[0], "GET", "/pets", ())
    assert envoys.outcome("p0", call) == "explicit-deny"
    assert envoys.outcome("p2", call) == "implicit-deny"


@pytest.mark.parametrize(
    "target",
    [
        b"/test/admin",
        b"/test/admin\xff",
        b"/test/admin%ff",
        b"/test/admi%6e",
        b"//test//admin",
        b"/test/x/../admin",
        b"/test/admin/",
    ],
)
def test_no_spelling_slips_past_a_deny(envoys: Envoys, target: bytes) -> None:
    host = b"p4"
    line = b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
    assert not envoys.raw("private-1", line).startswith(b"HTTP/1.1 200")
    assert envoys.raw("private-1", line.replace(b"admi", b"user")).startswith((b"HTTP/1.1 200", b"HTTP/1.1 400"))
