"""Stages, their patches, and what belongs to them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, AccountId
from innergate.resources.identities import Role
from innergate.resources.stages import Stage
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/logs"
TRUST = '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"}, "Action": "sts:AssumeRole"}]}'


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


@pytest.fixture
def stage(harness: ServiceHarness) -> dict[str, str]:
    api = harness.call("CreateRestApi", name="a")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    harness.call("PutMethod", **where, authorizationType="NONE")
    harness.call("PutIntegration", **where, type="MOCK")
    harness.call("CreateDeployment", restApiId=api["id"], stageName="test")
    return {"restApiId": api["id"], "stageName": "test"}


def patch(harness: ServiceHarness, stage: dict[str, str], *operations: tuple[str, ...]) -> Any:
    named = [dict(zip(("op", "path", "value", "from"), operation, strict=False)) for operation in operations]
    answer = harness.call("UpdateStage", **stage, patchOperations=named)
    check_result("apigateway", "UpdateStage", answer)
    return answer


def put_role(harness: ServiceHarness, trusted: str) -> None:
    with harness.store.transaction() as tx:
        tx.put(
            Role(
                id=ROLE,
                account=AccountId(ACCOUNT),
                region=GLOBAL,
                role_name="logs",
                unique_id="AROA1",
                path="/",
                assume_role_policy_document=TRUST % trusted,
                created_at=harness.clock.now(),
            )
        )


def set_role(harness: ServiceHarness) -> Any:
    return harness.call(
        "UpdateAccount", patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE}]
    )


def test_one_method_setting_shows_all_with_defaults(harness: ServiceHarness, stage: dict[str, str]) -> None:
    answer = patch(
        harness,
        stage,
        ("replace", "/*/*/throttling/rateLimit", "100.000000"),
        ("replace", "/*/*/metrics/enabled", "true"),
        ("replace", "/~1pets/GET/throttling/burstLimit", "5"),
    )
    assert set(answer["methodSettings"]) == {"*/*", "~1pets/GET"}
    assert answer["methodSettings"]["~1pets/GET"]["throttlingBurstLimit"] == 5
    assert answer["methodSettings"]["*/*"] == {
        "metricsEnabled": True,
        "loggingLevel": "OFF",
        "dataTraceEnabled": False,
        "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 100.0,
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": False,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }
    assert set(patch(harness, stage, ("remove", "/*/*"))["methodSettings"]) == {"~1pets/GET"}


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/x", "1"), "Invalid method setting path: /x. Must be one of: [/deploymentId, /description, "),
        (
            ("remove", "/*/*"),
            "Cannot remove method setting */* because there is no method setting for this method ",
        ),
        (
            ("replace", "/accessLogSettings/x", "1"),
            "Invalid accessLogSettings path. Must be one of : "
            "[/accessLogSettings/destinationArn, /accessLogSettings/format]",
        ),
        (("replace", "/accessLogSettings/format", ""), "Access Log value must not be empty"),
        (("replace", "/deploymentId", "nope"), "Deployment id does not exist"),
        (
            ("copy", "/deploymentId", "", "/canarySettings/deploymentId"),
            "Promotion not available. Canary does not exist.",
        ),
        (("add", "/canarySettings/deploymentId", "x"), "Invalid add operation with path: /canarySettings/deploymentId"),
        (("replace", "/*/*/logging/loglevel", "INFO"), "CloudWatch Logs role ARN must be set in account settings"),
    ],
)
def test_refusals_in_the_words_of_aws(
    harness: ServiceHarness, stage: dict[str, str], operation: tuple[str, ...], message: str
) -> None:
    before = harness.call("GetStage", **stage)
    with pytest.raises(Fault) as refused:
        patch(harness, stage, ("replace", "/description", "changed"), operation)
    assert refused.value.message.startswith(message)
    assert harness.call("GetStage", **stage) == before


def test_access_logs_need_the_role_of_the_account(harness: ServiceHarness, stage: dict[str, str]) -> None:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:api"
    settings = (
        ("replace", "/accessLogSettings/destinationArn", arn + ":*"),
        ("replace", "/accessLogSettings/format", "$context.requestId $context.status"),
    )
    with pytest.raises(Fault, match="CloudWatch Logs role ARN must be set"):
        patch(harness, stage, *settings)
    with pytest.raises(Fault, match="The role ARN does not have required permissions configured"):
        set_role(harness)
    put_role(harness, "ec2.amazonaws.com")
    with pytest.raises(Fault, match="The role ARN does not have required permissions configured"):
        set_role(harness)
    put_role(harness, "apigateway.amazonaws.com")
    assert set_role(harness)["cloudwatchRoleArn"] == ROLE
    assert harness.call("GetAccount")["throttleSettings"] == {"burstLimit": 5000, "rateLimit": 10000.0}
    answer = patch(harness, stage, *settings)
    assert answer["accessLogSettings"] == {"destinationArn": arn, "format": "$context.requestId $context.status"}
    with pytest.raises(Fault, match=r"must contain \$context.requestId"):
        patch(harness, stage, ("replace", "/accessLogSettings/format", "$context.status"))
    assert "accessLogSettings" not in patch(harness, stage, ("remove", "/accessLogSettings"))


def test_variables_are_checked_and_removed(harness: ServiceHarness, stage: dict[str, str]) -> None:
    answer = patch(harness, stage, ("replace", "/variables/link", "abc123"))
    assert answer["variables"] == {"link": "abc123"}
    with pytest.raises(Fault, match="Stage variable name"):
        patch(harness, stage, ("replace", "/variables/a-b", "x"))
    with pytest.raises(Fault, match="Stage variable value"):
        patch(harness, stage, ("replace", "/variables/link", "a b"))
    assert "variables" not in patch(harness, stage, ("remove", "/variables/link"))


def test_a_canary_is_deployed_and_promoted(harness: ServiceHarness, stage: dict[str, str]) -> None:
    with pytest.raises(Fault, match="Non null and non empty stageName must be provided"):
        harness.call("CreateDeployment", restApiId=stage["restApiId"], canarySettings={"percentTraffic": 1.0})
    with pytest.raises(Fault, match="Stage other must already be created"):
        harness.call(
            "CreateDeployment", restApiId=stage["restApiId"], stageName="other", canarySettings={"percentTraffic": 1.0}
        )
    overrides = {"percentTraffic": 10.0, "stageVariableOverrides": {"v": "2"}}
    made = harness.call("CreateDeployment", **stage, canarySettings=overrides)
    shown = harness.call("GetStage", **stage)
    assert shown["deploymentId"] != made["id"]
    assert shown["canarySettings"]["deploymentId"] == made["id"]
    with pytest.raises(Fault, match="Active stages pointing to this deployment"):
        harness.call("DeleteDeployment", restApiId=stage["restApiId"], deploymentId=made["id"])
    promoted = patch(
        harness,
        stage,
        ("copy", "/deploymentId", "", "/canarySettings/deploymentId"),
        ("copy", "/variables", "", "/canarySettings/stageVariableOverrides"),
        ("remove", "/canarySettings"),
    )
    assert (promoted["deploymentId"], promoted["variables"]) == (made["id"], {"v": "2"})
    assert "canarySettings" not in promoted


def test_a_deployment_that_serves_cannot_go(harness: ServiceHarness, stage: dict[str, str]) -> None:
    deployment = harness.call("GetStage", **stage)["deploymentId"]
    named = {"restApiId": stage["restApiId"], "deploymentId": deployment}
    with pytest.raises(Fault, match="Active stages pointing to this deployment must be moved or deleted"):
        harness.call("DeleteDeployment", **named)
    harness.call("DeleteStage", **stage)
    harness.call("DeleteDeployment", **named)
    with pytest.raises(Fault, match="Invalid stage identifier specified"):
        harness.call("GetStage", **stage)


def test_stages_have_unique_plain_names(harness: ServiceHarness, stage: dict[str, str]) -> None:
    deployment = harness.call("GetStage", **stage)["deploymentId"]
    with pytest.raises(Fault) as taken:
        harness.call("CreateStage", **stage, deploymentId=deployment)
    assert (taken.value.status, taken.value.message) == (409, "Stage already exists")
    for name in ("a/b", "", "x" * 129):
        with pytest.raises(Fault, match="Stage name only allows"):
            harness.call("CreateStage", restApiId=stage["restApiId"], stageName=name, deploymentId=deployment)


def test_a_certificate_of_a_stage_is_real_and_stays(harness: ServiceHarness, stage: dict[str, str]) -> None:
    made = harness.call("GenerateClientCertificate", description="d")
    check_result("apigateway", "GenerateClientCertificate", made)
    assert made["pemEncodedCertificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert (made["expirationDate"] - made["createdDate"]).days == 365
    own = made["clientCertificateId"]
    with pytest.raises(Fault, match="Invalid Client Certificate identifier specified"):
        patch(harness, stage, ("replace", "/clientCertificateId", "nope"))
    assert patch(harness, stage, ("replace", "/clientCertificateId", own))["clientCertificateId"] == own
    with pytest.raises(Fault, match="is used by stage test"):
        harness.call("DeleteClientCertificate", clientCertificateId=own)


def test_backends_can_trust_an_old_and_a_new_certificate_at_once(harness: ServiceHarness) -> None:
    """They bear one name; OpenSSL takes the wrong one where nothing but the name says which is meant."""
    seen = set()
    for _ in range(2):
        made = harness.call("GenerateClientCertificate")["pemEncodedCertificate"]
        extensions = x509.load_pem_x509_certificate(made.encode()).extensions
        own = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        issuer = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        assert own == issuer
        seen.add(own)
    assert len(seen) == 2


def test_tags_are_kept_by_arn(harness: ServiceHarness, stage: dict[str, str]) -> None:
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{stage['restApiId']}/stages/test"
    harness.call("TagResource", resourceArn=arn, tags={"a": "1", "b": "2"})
    harness.call("UntagResource", resourceArn=arn, tagKeys=["a"])
    assert harness.call("GetTags", resourceArn=arn) == {"tags": {"b": "2"}}
    assert harness.call("GetStage", **stage)["tags"] == {"b": "2"}
    with pytest.raises(Fault) as unseen:
        harness.call("TagResource", account="444455556666", resourceArn=arn, tags={"c": "3"})
    assert unseen.value.status == 404
    with pytest.raises(Fault, match="aws: prefixed"):
        harness.call("TagResource", resourceArn=arn, tags={"aws:x": "1"})


def test_flushing_authorizers_changes_what_workers_read_and_nothing_that_is_shown(
    harness: ServiceHarness, stage: dict[str, str]
) -> None:
    before = harness.call("GetStage", **stage)
    assert harness.call("FlushStageAuthorizersCache", **stage) == {}
    assert harness.call("GetStage", **stage) == before
    stored = harness.store.state().get(Stage, "/".join(stage.values()))
    assert stored is not None
    assert stored.authorizers_flushed_at == harness.clock.now()
    with pytest.raises(Fault):
        harness.call("FlushStageAuthorizersCache", restApiId=stage["restApiId"], stageName="other")


def test_flushing_the_cache_changes_what_workers_read_and_nothing_that_is_shown(
    harness: ServiceHarness, stage: dict[str, str]
) -> None:
    before = harness.call("GetStage", **stage)
    assert harness.call("FlushStageCache", **stage) == {}
    assert harness.call("GetStage", **stage) == before
    stored = harness.store.state().get(Stage, "/".join(stage.values()))
    assert stored is not None
    assert stored.cache_flushed_at == harness.clock.now()
