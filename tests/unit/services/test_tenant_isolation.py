"""Abuse case 71: every operation answers another tenant's real ids as it answers ids that nobody has, and changes nothing.

Each operation is tried with one foreign id among one's own, for every member that names something, and with foreign ids
throughout. What may look different is listed with its reason.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from tests.unit.services.foreign_ids import fill, input_of, members_of, put_at, unknown_twin
from tests.unit.services.tenant_world import STRANGER, VICTIM, TenantWorld, Things

from innergate.primitives.fault import Fault
from innergate.services.tables import SERVICE_TABLES
from innergate.store.metric_store import MetricStore

UNWALKED = Path(__file__).parents[2] / "ratchets" / "tenant_walk_left_out.txt"

NAMES = frozenset(
    (
        "AlarmName",
        "GroupName",
        "LoadBalancerName",
        "RoleName",
        "ServerCertificateName",
        "TargetGroupName",
        "UserName",
        "basePath",
        "documentationVersion",
        "logGroupName",
        "modelName",
        "stageName",
    )
)
"""What each tenant names for itself: the same word of two tenants means two things."""

MAY_DIFFER: Mapping[tuple[str, str], str] = {
    ("sts", "GetAccessKeyInfo"): "AWS tells anybody which account a key belongs to",
    (
        "ec2",
        "CreateTransitGatewayVpcAttachment",
    ): "there is no RAM to share by: an attachment waits for the gateway's owner",
}
"""Answers that tell a foreign id from an unknown one, and why."""

MAY_KEEP: Mapping[tuple[str, str], str] = {
    (
        "apigateway",
        "UpdateIntegration",
    ): "a connection id may come from a stage variable, so compile refuses another's link",
    ("apigateway", "CreateVpcLink"): "AWS keeps a link that has failed, with the ARN that it was asked for",
    ("ec2", "CreateTransitGatewayVpcAttachment"): "see MAY_DIFFER",
    ("ec2", "CreateVpcPeeringConnection"): "AWS keeps a peering that has failed, with the VPC that it was asked for",
}
"""Writes that hold a foreign id, and why that is harmless."""

PATCHES: tuple[tuple[str, tuple[str, ...], str, str, str], ...] = (
    ("UpdateUsagePlan", ("usagePlanId",), "add", "/apiStages", "{restApiId}:{stageName}"),
    ("UpdateRestApi", ("restApiId",), "add", "/endpointConfiguration/vpcEndpointIds", "{ApiEndpointId}"),
    ("UpdateStage", ("restApiId", "stageName"), "replace", "/deploymentId", "{deploymentId}"),
    ("UpdateStage", ("restApiId", "stageName"), "replace", "/clientCertificateId", "{clientCertificateId}"),
    ("UpdateIntegration", ("restApiId", "resourceId", "httpMethod"), "replace", "/connectionId", "{vpcLinkId}"),
    ("UpdateMethod", ("restApiId", "resourceId", "httpMethod"), "replace", "/authorizerId", "{authorizerId}"),
    (
        "UpdateMethod",
        ("restApiId", "resourceId", "httpMethod"),
        "replace",
        "/requestValidatorId",
        "{requestValidatorId}",
    ),
    ("UpdateResource", ("restApiId", "resourceId"), "replace", "/parentId", "{parentId}"),
    ("UpdateApiKey", ("apiKey",), "add", "/stages", "{restApiId}/{stageName}"),
    ("UpdateAccount", (), "replace", "/cloudwatchRoleArn", "{RoleArn}"),
    ("UpdateAuthorizer", ("restApiId", "authorizerId"), "replace", "/authorizerCredentials", "{RoleArn}"),
    ("UpdateDomainName", ("domainName",), "replace", "/regionalCertificateArn", "{CertificateArn}"),
    ("UpdateBasePathMapping", ("domainName", "basePath"), "replace", "/restapiId", "{restApiId}"),
    ("UpdateUsage", ("usagePlanId", "keyId"), "replace", "/remaining", "{apiKey}"),
)
"""Ids inside patch operations, which no model names: operation, one's own things, op, path, the value."""


class Answer(NamedTuple):
    """What a stranger sees, and what would be kept."""

    text: str
    kept: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TenantWorld:
    return TenantWorld(tmp_path_factory.mktemp("tenants"))


def answer_of(world: TenantWorld, service: str, operation: str, params: Mapping[str, Any]) -> Answer:
    try:
        result, tx = world.attempt(STRANGER, service, operation, params)
    except Fault as fault:
        return Answer(f"{fault.code} {fault.status}: {fault.message}", "")
    return Answer(repr(result), repr(tx.changes()))


def variants(world: TenantWorld, service: str, operation: str) -> Iterator[tuple[str, dict[str, Any], Things]]:
    """(what is tried, parameters, which foreign things are in them)."""
    own, foreign = world.things[STRANGER], world.things[VICTIM]
    members = members_of(service, operation, own)
    base = fill(service, operation, own)
    for member in members:
        for word in member.words:
            params = put_at(service, operation, base, member.path, foreign[word], own)
            yield f"{'.'.join(member.path)}={word}", params, {word: foreign[word]}
    required = [m for m in members if m.required]
    if len(required) > 1:
        named = {m.words[0]: foreign[m.words[0]] for m in required}
        params = base
        for member in required:
            params = put_at(service, operation, params, member.path, foreign[member.words[0]], own)
        yield "all", params, named


def with_twins(value: Any, named: Things) -> Any:
    """`value` with every foreign id replaced by one that nobody has."""
    if isinstance(value, Mapping):
        return {key: with_twins(member, named) for key, member in value.items()}
    if isinstance(value, list):
        return [with_twins(member, named) for member in value]
    return unknown_twin(value) if value in named.values() else value


def without_ids(text: str, named: Things) -> str:
    for id in sorted(named.values(), key=len, reverse=True):
        text = text.replace(id, "<id>").replace(unknown_twin(id), "<id>")
    return text


def findings(world: TenantWorld, service: str, operation: str) -> list[str]:
    found = []
    for label, params, named in variants(world, service, operation):
        real = answer_of(world, service, operation, params)
        twin = answer_of(world, service, operation, with_twins(params, named))
        if (service, operation) in MAY_DIFFER:
            pass
        elif without_ids(real.text, named) != without_ids(twin.text, named):
            found.append(f"{label}: {real.text[:200]!r} differs from {twin.text[:200]!r}")
        elif VICTIM in without_ids(real.text, named):
            found.append(f"{label}: reveals the account: {real.text[:300]!r}")
        if (service, operation) not in MAY_KEEP and any(id in real.kept for id in real_ids(world)):
            found.append(f"{label}: keeps or changes another tenant's: {real.kept[:300]}")
    return found


def real_ids(world: TenantWorld) -> list[str]:
    return [id for word, id in world.things[VICTIM].items() if word not in NAMES]


EVERYTHING = [(service, operation) for service, table in SERVICE_TABLES.items() for operation in sorted(table)]


@pytest.mark.parametrize(("service", "operation"), EVERYTHING)
def test_case_71_foreign_ids_answer_as_unknown_ones(world: TenantWorld, service: str, operation: str) -> None:
    assert findings(world, service, operation) == []


@pytest.mark.parametrize("patch", PATCHES, ids=lambda p: f"{p[0]}{p[3]}")
def test_case_71_foreign_ids_in_patches(world: TenantWorld, patch: tuple[str, tuple[str, ...], str, str, str]) -> None:
    operation, words, op, path, template = patch
    own, foreign = world.things[STRANGER], world.things[VICTIM]
    twins = {word: unknown_twin(id) for word, id in foreign.items()}
    base = {word: own.get(word, "GET") for word in words}
    seen = []
    for things in (foreign, twins):
        patches = [{"op": op, "path": path, "value": template.format(**things)}]
        answer = answer_of(world, "apigateway", operation, base | {"patchOperations": patches})
        assert ("apigateway", operation) in MAY_KEEP or not any(id in answer.kept for id in real_ids(world)), (
            answer.kept
        )
        seen.append(without_ids(answer.text, foreign))
    assert seen[0] == seen[1]


def test_case_71_without_ids_nobody_sees_anothers_things(world: TenantWorld) -> None:
    """Every operation that lists, as it is called without a filter."""
    asked = 0
    for service, operation in EVERYTHING:
        if members_required(service, operation):
            continue
        seen = answer_of(world, service, operation, {})
        asked += 1
        assert not any(id in seen.text for id in real_ids(world)), f"{service}:{operation}: {seen.text[:300]}"
    assert asked > 80


def members_required(service: str, operation: str) -> bool:
    shape = input_of(service, operation)
    return shape is not None and bool(shape.required_members)


def test_case_71_what_is_not_walked_is_listed(world: TenantWorld) -> None:
    """Operations that need a parameter and have none that names a thing; those that need none are listed above."""
    own = world.things[STRANGER]
    lines = [line.partition("  # ") for line in UNWALKED.read_text().splitlines() if not line.startswith("#")]
    assert all(reason for _, _, reason in lines)
    found = [f"{s}.{o}" for s, o in EVERYTHING if members_required(s, o) and not members_of(s, o, own)]
    assert sorted(found) == [name for name, _, _ in lines]


def test_case_71_nobody_reads_anothers_metrics(world: TenantWorld) -> None:
    """Metrics are found by names, which both tenants may have."""
    now = world.clock.now()
    datum = {"MetricName": "M", "Value": 7.0, "Timestamp": now, "Dimensions": [{"Name": "ApiName", "Value": "victims"}]}
    given = {"Namespace": "N", "MetricData": [datum]}
    metrics = MetricStore(world.folder / "metrics.sqlite")
    seen = {}
    for account in (VICTIM, STRANGER):
        if account == VICTIM:
            with world.store.transaction() as tx:
                context = msgspec.structs.replace(world.context(tx, account), metrics=metrics)
                SERVICE_TABLES["cloudwatch"]["PutMetricData"].run(context, given)
        span = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1), "Period": 60}
        named = {"Namespace": "N", "MetricName": "M", "Dimensions": datum["Dimensions"]}
        with world.store.reading() as tx:
            context = msgspec.structs.replace(world.context(tx, account), metrics=metrics)
            read = SERVICE_TABLES["cloudwatch"]["GetMetricStatistics"].run(
                context, {**span, **named, "Statistics": ["Sum"]}
            )
            listed = SERVICE_TABLES["cloudwatch"]["ListMetrics"].run(context, {})
            watched = SERVICE_TABLES["cloudwatch"]["DescribeAlarmsForMetric"].run(
                context, {"Namespace": "N", "MetricName": "M"}
            )
        assert isinstance(read, Mapping)
        assert isinstance(listed, Mapping)
        assert isinstance(watched, Mapping)
        assert [alarm["AlarmName"] for alarm in watched["MetricAlarms"]] == [f"alarm-{account}"]
        seen[account] = (len(read["Datapoints"]), len(listed["Metrics"]))
    metrics.close()
    assert seen == {VICTIM: (1, 1), STRANGER: (0, 0)}


def test_the_walk_goes_deep(world: TenantWorld) -> None:
    """With one's own ids most operations succeed, so a refusal of a foreign one is about the id."""
    own = world.things[STRANGER]
    driven = [(s, o) for s, o in EVERYTHING if members_of(s, o, own)]
    succeeded = [(s, o) for s, o in driven if answer_of(world, s, o, fill(s, o, own)).text.startswith("{")]
    assert len(driven) >= 403
    assert len(succeeded) >= 290, sorted(set(driven) - set(succeeded))


def test_the_oracle_sees_a_leak(world: TenantWorld) -> None:
    """With the owner's eyes the same comparison finds differences."""
    params = {"VpcIds": [world.things[STRANGER]["VpcId"]]}
    own = answer_of(world, "ec2", "DescribeVpcs", params)
    named = {"VpcId": world.things[STRANGER]["VpcId"]}
    twin = answer_of(world, "ec2", "DescribeVpcs", with_twins(params, named))
    assert without_ids(own.text, named) != without_ids(twin.text, named)


def test_what_may_differ_still_does(world: TenantWorld) -> None:
    for service, operation in MAY_DIFFER:
        texts = [
            (
                without_ids(answer_of(world, service, operation, p).text, named),
                without_ids(answer_of(world, service, operation, with_twins(p, named)).text, named),
            )
            for _, p, named in variants(world, service, operation)
        ]
        assert any(real != twin for real, twin in texts), f"{service}:{operation} can leave the list"
