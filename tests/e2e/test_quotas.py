"""A usage plan's quota, counted in the data plane: calls beyond it are refused, over restarts, and GetUsage tells."""

import json
from datetime import UTC, datetime

import pytest
from tests.e2e.rivals import Method, TrialApi, make_entry

from innergate.cli.demo.scenarios import Cloud, api_url, make_network, open_security_group
from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.e2e


def test_a_quota_ends_and_is_kept(platform: RunningPlatform) -> None:
    platform.add_account("owner")
    environment = platform.environment("owner")
    cloud = Cloud(environment, platform.add_account("other"))
    network = make_network(cloud, "owner")
    make_entry(cloud, network, open_security_group(cloud, network, "execute-api", (443,)))
    api = TrialApi(cloud, "metered")
    api.put("/", "", Method(key_required=True))
    api.deploy()
    client = cloud.apigateway
    plan = client.create_usage_plan(
        name="few", apiStages=[{"apiId": api.id, "stage": "test"}], quota={"limit": 3, "period": "MONTH"}
    )["id"]
    key = client.create_api_key(name="k", enabled=True)
    client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    platform.settle()

    def call() -> tuple[int, str]:
        answer = platform.fetch(network.vpc, api_url(api.id, "test", "/"), "-H", f"x-api-key: {key['value']}")
        return answer["status"], answer["body"]

    assert [call()[0] for _ in range(3)] == [200, 200, 200]
    status, body = call()
    assert (status, json.loads(body)) == (429, {"message": "Limit Exceeded"})
    endpoint = platform.client.call("GET", "/status")["endpoint"]
    platform.kill_control()
    platform.start(listen=endpoint.removeprefix("http://"))
    platform.settle()
    assert call()[0] == 429
    today = datetime.now(UTC).date().isoformat()
    usage = client.get_usage(usagePlanId=plan, startDate=today, endDate=today)
    assert usage["items"] == {key["id"]: [[3, 0]]}
    client.update_usage(
        usagePlanId=plan, keyId=key["id"], patchOperations=[{"op": "replace", "path": "/remaining", "value": "1"}]
    )
    platform.settle()
    assert [call()[0] for _ in range(2)] == [200, 429]
