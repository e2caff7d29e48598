"""A canary release: a share of the calls takes another deployment, until it is promoted."""

from collections import Counter

import pytest
from tests.e2e.conftest import Built
from tests.e2e.rivals import Method, Rival, TrialApi

from innergate.cli.demo.scenarios import api_url

pytestmark = pytest.mark.e2e

CALLS = 60


def test_a_canary_takes_its_share_and_is_promoted(built: Built, rival: Rival) -> None:
    api = TrialApi(rival.cloud, "canary")
    api.put("/", "", Method(mock_status=200))
    api.deploy()
    api.put("/new", "", Method(mock_status=201))
    client = rival.cloud.apigateway
    canary = client.create_deployment(restApiId=api.id, stageName="test", canarySettings={"percentTraffic": 50.0})
    built.platform.settle()

    def statuses() -> Counter[int]:
        url = api_url(api.id, "test", "/new")
        return Counter(built.platform.fetch(rival.network.vpc, url)["status"] for _ in range(CALLS // 6))

    seen = sum((statuses() for _ in range(6)), Counter())
    assert set(seen) == {201, 403}
    assert seen[201] >= CALLS // 6

    client.update_stage(
        restApiId=api.id,
        stageName="test",
        patchOperations=[
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
            {"op": "remove", "path": "/canarySettings"},
        ],
    )
    built.platform.settle()
    assert client.get_stage(restApiId=api.id, stageName="test")["deploymentId"] == canary["id"]
    assert statuses() == Counter({201: CALLS // 6})
