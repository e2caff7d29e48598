"""Routing rules in a live Envoy: which API a request meets, with what path, and that it is that API's in all else."""

import json
from collections.abc import Iterator

import pytest
from tests.feature.domain_rig import PRIVATE_RULES, RULES, DomainRig, serve_domains
from tests.feature.stage_parts import KEY


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainRig]:
    with serve_domains(tmp_path_factory.mktemp("rules")) as served:
        yield served


@pytest.mark.parametrize(
    ("target", "headers", "seen"),
    [
        ("/x", {}, "/root/all/x"),
        ("/x", {"Hello": "World", "X-Kind": "canary"}, "/a/all/x"),
        ("/x", {"hello": "world", "x-kind": "canary"}, "/root/all/x"),
        ("/x", {"hello": "World"}, "/root/all/x"),
        ("/x", {"hello": "World", "x-kind": "scan"}, "/root/all/x"),
        ("/x?q=1", {"x-version": "a-beta-1"}, "/deep/all/x?q=1"),
        ("/x", {"x-version": "beta", "hello": "World", "x-kind": "can"}, "/a/all/x"),
        ("/shop/v2/hats", {}, "/ab/hats"),
        ("/shop/v2", {}, "/ab/root"),
        ("/shop/v2?q=1", {}, "/ab/root?q=1"),
        ("/shop/v23/x", {}, "/a/all/v23/x"),
        ("/Shop/v2/x", {}, "/root/all/Shop/v2/x"),
        ("/shop/x", {}, "/a/all/x"),
        ("/shop/x", {"x-end": "abz"}, "/deep/all/shop/x"),
        ("/other/x", {"x-end": "abz"}, "/root/all/other/x"),
        ("/kept/hats", {}, "/ab/all/kept/hats"),
        ("/kept", {"x-version": "beta"}, "/ab/all/kept"),
    ],
)
def test_the_first_rule_that_holds_is_taken_and_then_the_longest_base_path(
    rig: DomainRig, target: str, headers: dict[str, str], seen: str
) -> None:
    answer = rig.call(target, RULES, headers=headers)
    assert answer.status == 200, answer
    assert answer.json["path"] == seen
    assert answer.json["headers"]["x-amzn-apigateway-api-id"] == rig.apis[seen.split("/")[1]]
    assert not [name for name in answer.json["headers"] if name.startswith("x-innergate")]
    assert len([name for name in answer.headers if name == "x-amzn-requestid"]) == 1


def test_the_policy_of_the_api_that_a_rule_leads_to_is_asked(rig: DomainRig) -> None:
    assert rig.call("/narrow/open/x", RULES).json["path"] == "/narrow/all/open/x"
    refused = rig.call("/narrow/shut/x", RULES)
    assert refused.status == 403
    message = json.loads(refused.body)["Message"]
    assert message.endswith(f":{rig.apis['narrow']}/test/GET/shut/x")
    assert rig.call("/x", RULES).status == 200


def test_without_base_paths_what_no_rule_takes_is_forbidden(rig: DomainRig) -> None:
    assert rig.call("/x", "a.only.example.com", sni="a.only.example.com").json["path"] == "/a/all/x"
    assert rig.call("/x", "b.only.example.com", headers={"x-any": ""}).json["path"] == "/ab/all/x"
    refused = rig.call("/x", "b.only.example.com")
    assert (refused.status, refused.body) == (403, b'{"message":"Forbidden"}')


def test_a_private_name_asks_its_rules_and_both_policies(rig: DomainRig) -> None:
    assert rig.call("/p/x", PRIVATE_RULES).json["path"] == "/private/all/x"
    assert rig.call("/x", PRIVATE_RULES).status == 403
    refused = rig.call("/x/y", PRIVATE_RULES, headers={"x-version": "beta"})
    assert refused.status == 403
    message = json.loads(refused.body)["Message"]
    assert message.endswith(f":{rig.apis['refusing']}/test/GET/x/y with an explicit deny")


def test_all_routes_of_a_stage_have_one_bucket_for_a_key_and_each_stage_its_own(rig: DomainRig) -> None:
    key = {"x-api-key": KEY}
    refused = rig.call("/x", RULES, headers={"x-keyed": "1"})
    assert (refused.status, refused.body) == (403, b'{"message":"Forbidden"}')
    by_rule = [rig.call(target, RULES, headers={**key, "x-keyed": "1"}).status for target in ("/x", "/hats")]
    by_path = [rig.call(target, RULES, headers=key).status for target in ("/keyed/hats", "/keyed/x")]
    assert (by_rule, by_path) == ([200, 200], [200, 429])
    assert rig.call("/keyed2/x", RULES, headers=key).status == 200
    assert rig.call("/x", RULES, headers=key).status == 200
