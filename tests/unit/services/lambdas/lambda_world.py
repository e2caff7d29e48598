"""An account with a role that Lambda may take on, and packages to put into functions."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.services.iam.operations import OPERATIONS as IAM
from innergate.services.lambdas.operations import OPERATIONS as LAMBDA
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result

ACCOUNT, OTHER = "111122223333", "444455556666"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
HANDLER = "def handler(event, context):\n    return event\n"


def package(files: Mapping[str, str] | None = None) -> bytes:
    """A zip file; without `files` one with a handler."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (files or {"app.py": HANDLER}).items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


@final
class LambdaWorld:
    """Calls Lambda as the root of an account and holds every answer against the model."""

    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, IAM, EC2, LAMBDA)
        made = self.harness.call("CreateRole", RoleName="worker", AssumeRolePolicyDocument=TRUST)
        self.role = str(made["Role"]["Arn"])

    def call(self, operation: str, /, account: str = ACCOUNT, **params: Any) -> Mapping[str, Any]:
        """The operation's result."""
        result = self.harness.call(operation, account=account, **params)
        check_result("lambda", operation, result)
        return result

    def create(self, name: str = "hello", **params: Any) -> Mapping[str, Any]:
        """CreateFunction with sound values for what is not given."""
        whole = {
            "FunctionName": name,
            "Runtime": "python3.11",
            "Role": self.role,
            "Handler": "app.handler",
            "Code": {"ZipFile": package()},
        }
        return self.call("CreateFunction", **{**whole, **params})
