"""AWS's own managed policies that users of this platform attach, with what they allow.

Source: AWS Managed Policy Reference Guide. Only those are here whose services the platform has.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from innergate.primitives.digest import digest_text


class AwsManagedPolicy(NamedTuple):
    """One policy of AWS's. `path` ends with a slash."""

    arn: str
    name: str
    path: str
    description: str
    document: str

    @property
    def unique_id(self) -> str:
        """ANPA… made from the ARN, so that it is the same everywhere."""
        return "ANPA" + digest_text(self.arn, 16).upper().translate(str.maketrans("0189", "WXYZ"))


def _policy(name: str, actions: Sequence[str], description: str, path: str = "/") -> AwsManagedPolicy:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return AwsManagedPolicy(f"arn:aws:iam::aws:policy{path}{name}", name, path, description, document)


_LOGS = ("CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "PutLogEvents")

AWS_MANAGED_POLICIES: Mapping[str, AwsManagedPolicy] = {
    policy.arn: policy
    for policy in (
        _policy("AdministratorAccess", ("*",), "Provides full access to AWS services and resources."),
        _policy(
            "ReadOnlyAccess",
            (
                "acm:Describe*",
                "acm:Get*",
                "acm:List*",
                "apigateway:GET",
                "ec2:Describe*",
                "ec2:Get*",
                "ec2:Search*",
                "elasticloadbalancing:Describe*",
                "iam:Generate*",
                "iam:Get*",
                "iam:List*",
                "iam:Simulate*",
                "logs:Describe*",
                "logs:FilterLogEvents",
                "logs:Get*",
                "logs:List*",
                "organizations:Describe*",
                "organizations:List*",
                "sts:GetAccessKeyInfo",
                "sts:GetCallerIdentity",
                "sts:GetSessionToken",
            ),
            "Provides read-only access to AWS services and resources.",
        ),
        _policy(
            "IAMFullAccess", ("iam:*", "organizations:Describe*", "organizations:List*"), "Provides full access to IAM."
        ),
        _policy("IAMReadOnlyAccess", ("iam:Get*", "iam:List*", "iam:Simulate*"), "Provides read only access to IAM."),
        _policy("AmazonVPCFullAccess", ("ec2:*",), "Provides full access to Amazon VPC."),
        _policy("AmazonVPCReadOnlyAccess", ("ec2:Describe*", "ec2:Get*"), "Provides read only access to Amazon VPC."),
        _policy("AmazonEC2FullAccess", ("ec2:*", "elasticloadbalancing:*"), "Provides full access to Amazon EC2."),
        _policy(
            "AmazonEC2ReadOnlyAccess",
            ("ec2:Describe*", "ec2:Get*", "elasticloadbalancing:Describe*"),
            "Provides read only access to Amazon EC2.",
        ),
        _policy(
            "ElasticLoadBalancingFullAccess",
            ("elasticloadbalancing:*", "ec2:Describe*"),
            "Provides full access to ELB.",
        ),
        _policy(
            "ElasticLoadBalancingReadOnly", ("elasticloadbalancing:Describe*",), "Provides read only access to ELB."
        ),
        _policy("AmazonAPIGatewayAdministrator", ("apigateway:*",), "Provides full access to create/edit/delete APIs."),
        _policy(
            "AmazonAPIGatewayInvokeFullAccess", ("execute-api:Invoke", "execute-api:ManageConnections"), "Invokes APIs."
        ),
        _policy("CloudWatchLogsFullAccess", ("logs:*",), "Provides full access to CloudWatch Logs."),
        _policy(
            "CloudWatchLogsReadOnlyAccess",
            ("logs:Describe*", "logs:Get*", "logs:List*", "logs:FilterLogEvents"),
            "Provides read only access to CloudWatch Logs.",
        ),
        _policy(
            "AmazonAPIGatewayPushToCloudWatchLogs",
            (*(f"logs:{name}" for name in _LOGS), "logs:GetLogEvents", "logs:FilterLogEvents"),
            "Allows API Gateway to push logs to user's account.",
            "/service-role/",
        ),
        _policy(
            "AWSLambdaBasicExecutionRole",
            ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
            "Provides write permissions to CloudWatch Logs.",
            "/service-role/",
        ),
        _policy(
            "AWSLambdaVPCAccessExecutionRole",
            (
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DeleteNetworkInterface",
            ),
            "Provides minimum permissions for a Lambda function within a VPC.",
            "/service-role/",
        ),
    )
}
"""By ARN."""
