"""What a test of access logs needs of an account: clients of iam and logs, the role, a log group, a stage that logs."""

import json
from typing import Any

import boto3
from tests.e2e.rivals import TrialApi

from innergate.cli.demo.scenarios import REGION, Cloud

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def make_client(environment: dict[str, str], service: str) -> Any:
    """A client with an account's variables."""
    key = (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    session: Any = boto3.Session(*key, region_name=REGION)
    return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])


def allow_logs(cloud: Cloud, environment: dict[str, str]) -> None:
    """Names the role by which API Gateway writes the account's logs."""
    role = make_client(environment, "iam").create_role(RoleName="api-logs", AssumeRolePolicyDocument=TRUST)["Role"]
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role["Arn"]}
    cloud.apigateway.update_account(patchOperations=[patch])


def log_stage(cloud: Cloud, api: TrialApi, group: str, line: str) -> None:
    """Turns the access log of the stage `test` on."""
    arn = f"arn:aws:logs:{REGION}:{cloud.account}:log-group:{group}"
    api.patch_stage("test", {"/accessLogSettings/destinationArn": arn, "/accessLogSettings/format": line})
