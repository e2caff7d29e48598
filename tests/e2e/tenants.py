"""Accounts with functions, as boto3 makes them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from tests.unit.runtime.functions.function_kit import package
from tests.unit.runtime.functions.test_streamed_response import BOOTSTRAP

from innergate.driver.platform import RunningPlatform

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
"""What lets functions take on a role."""
READ = """(lambda e: json.loads(e["body"]) if "body" in e else e)(json.loads(work.read()))"""


def package_app(text: str) -> bytes:
    """A zip file with the module app."""
    return package({"app.py": text})


class Tenant(NamedTuple):
    """An account's clients, and a role for its functions."""

    account: str
    functions: Any
    ec2: Any
    logs: Any
    gateway: Any
    role: str
    iam: Any
    metrics: Any

    def make(self, name: str, text: str, **more: Any) -> str:
        """A function; its ARN."""
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler="app.handler",
            Code={"ZipFile": package_app(text)},
            **{"Timeout": 20, **more},
        )
        return str(made["FunctionArn"])

    def make_streaming(self, name: str) -> str:
        """A function of its own bootstrap that streams the parts that its event, or an event's body, names; its ARN."""
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role=self.role,
            Handler="any",
            Timeout=20,
            Environment={"Variables": {"PATH": "/usr/bin:/bin"}},
            Code={"ZipFile": package({"bootstrap": BOOTSTRAP.replace("json.loads(work.read())", READ)})},
        )
        return str(made["FunctionArn"])

    def invoke(self, name: str, payload: object, **more: Any) -> Any:
        """What the function gives."""
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(payload).encode(), **more)
        return json.loads(answer["Payload"].read())

    def total(self, metric: str, **dimensions: str) -> float:
        """The sum of a metric of AWS/Lambda over the last ten minutes."""
        now = datetime.now(UTC)
        answer = self.metrics.get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))


def tenant(platform: RunningPlatform, name: str) -> Tenant:
    """A new account."""
    account = platform.add_account(name)
    variables = platform.environment(name)
    key = variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
    session: Any = boto3.Session(*key, region_name="us-east-1")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"], config=config)

    iam = client("iam")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    return Tenant(
        account, client("lambda"), client("ec2"), client("logs"), client("apigateway"), role, iam, client("cloudwatch")
    )
