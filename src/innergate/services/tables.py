"""Every service's table of operations, by the name that botocore gives the service."""

from collections.abc import Mapping

from innergate.services.acm.operations import OPERATIONS as ACM
from innergate.services.apigateway.operations import OPERATIONS as APIGATEWAY
from innergate.services.apigatewayv2.operations import OPERATIONS as APIGATEWAYV2
from innergate.services.cloudwatch.operations import OPERATIONS as CLOUDWATCH
from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.services.elbv2.operations import OPERATIONS as ELBV2
from innergate.services.iam.operations import OPERATIONS as IAM
from innergate.services.lambdas.operations import OPERATIONS as LAMBDA
from innergate.services.logs.operations import OPERATIONS as LOGS
from innergate.services.operation import Operations
from innergate.services.organizations.operations import OPERATIONS as ORGANIZATIONS
from innergate.services.sts.operations import OPERATIONS as STS

SERVICE_TABLES: Mapping[str, Operations] = {
    "acm": ACM,
    "apigateway": APIGATEWAY,
    "apigatewayv2": APIGATEWAYV2,
    "cloudwatch": CLOUDWATCH,
    "ec2": EC2,
    "elbv2": ELBV2,
    "iam": IAM,
    "lambda": LAMBDA,
    "logs": LOGS,
    "organizations": ORGANIZATIONS,
    "sts": STS,
}
