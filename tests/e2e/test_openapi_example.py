"""The OpenAPI document of examples/openapi: imported, deployed, called through a VPC endpoint."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from tests.e2e.conftest import Built
from tests.e2e.rivals import Rival
from tests.e2e.tenants import TRUST

from innergate.cli.demo.scenarios import api_url

pytestmark = pytest.mark.e2e

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "openapi" / "petstore.yaml"
PETS = "import json\ndef handler(e, c):\n    return {'statusCode': 200, 'body': json.dumps({'added': json.loads(e['body'])})}\n"


class Shop(NamedTuple):
    """The API's id, an API key of it, the VPC that calls."""

    api: str
    key: str
    vpc: str


def make_function(built: Built, rival: Rival) -> None:
    """The function `pets`, which the gateway may invoke."""
    variables = built.platform.environment("rival")
    session: Any = boto3.Session(
        variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1"
    )
    where = {"endpoint_url": variables["AWS_ENDPOINT_URL"]}
    role = session.client("iam", **where).create_role(RoleName="pets", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("app.py", PETS)
    functions = session.client("lambda", **where)
    functions.create_function(
        FunctionName="pets", Runtime="python3.11", Role=role, Handler="app.handler", Code={"ZipFile": out.getvalue()}
    )
    functions.add_permission(
        FunctionName="pets", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )


@pytest.fixture(scope="module")
def shop(built: Built, rival: Rival) -> Shop:
    make_function(built, rival)
    gateway = rival.cloud.apigateway
    text = EXAMPLE.read_text().replace("${Account}", rival.cloud.account)
    api = gateway.import_rest_api(body=text.encode(), parameters={"endpointConfigurationTypes": "PRIVATE"})["id"]
    variables = {"shop": "main", "link": rival.link, "backend": rival.balancer.dns_name}
    gateway.create_deployment(restApiId=api, stageName="test", variables=variables)
    key = gateway.create_api_key(name="pets", enabled=True)
    plan = gateway.create_usage_plan(name="pets", apiStages=[{"apiId": api, "stage": "test"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    built.platform.settle()
    return Shop(api, key["value"], rival.network.vpc)


def test_the_gateways_own_answer(built: Built, shop: Shop) -> None:
    answer = built.platform.fetch(shop.vpc, api_url(shop.api, "test", "/health"))
    assert (answer["status"], json.loads(answer["body"])) == (200, {"status": "open", "stage": "test"}), answer
    assert answer["headers"]["x-shop"] == "main"


def test_a_host_behind_a_link_that_a_stage_variable_names(built: Built, shop: Shop) -> None:
    answer = built.platform.fetch(shop.vpc, api_url(shop.api, "test", "/catalogue/7?x=1"))
    assert answer["status"] == 200, answer
    said = json.loads(answer["body"])
    assert (said["path"].partition("?")[0], said["backend"][:5]) == ("/items/7", "rival")


def test_a_function_behind_a_validator_and_a_key(built: Built, shop: Shop) -> None:
    url = api_url(shop.api, "test", "/pets")
    post = ("-X", "POST", "-H", "content-type: application/json")
    key = ("-H", f"x-api-key: {shop.key}")
    answer = built.platform.fetch(shop.vpc, url, *post, *key, "-d", '{"name": "Rex"}')
    assert (answer["status"], json.loads(answer["body"])) == (200, {"added": {"name": "Rex"}}), answer
    wrong = built.platform.fetch(shop.vpc, url, *post, *key, "-d", '{"kind": "cow"}')
    assert wrong["status"] == 422, wrong
    assert "name" in json.loads(wrong["body"])["wrong"]
    assert built.platform.fetch(shop.vpc, url, *post, "-d", '{"name": "Rex"}')["status"] == 403
