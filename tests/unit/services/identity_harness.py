"""Runs identity operations as real callers: keys go through authentication and every call through authorization."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from botocore.session import Session
from botocore.validate import ParamValidator

from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.services.acm.operations import OPERATIONS as ACM
from innergate.services.apigateway.operations import OPERATIONS as APIGATEWAY
from innergate.services.apigatewayv2.operations import OPERATIONS as APIGATEWAYV2
from innergate.services.authentication import find_credentials
from innergate.services.authorization import authorize
from innergate.services.cloudwatch.operations import OPERATIONS as CLOUDWATCH
from innergate.services.context import Context
from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.services.elbv2.operations import OPERATIONS as ELBV2
from innergate.services.iam.operations import OPERATIONS as IAM
from innergate.services.lambdas.operations import OPERATIONS as LAMBDA
from innergate.services.logs.operations import OPERATIONS as LOGS
from innergate.services.node_calls import NodeCall
from innergate.services.operation import Operations
from innergate.services.organizations.make_account import make_account
from innergate.services.organizations.operations import OPERATIONS as ORGANIZATIONS
from innergate.services.sts.operations import OPERATIONS as STS
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds

TABLES: Mapping[str, Operations] = {
    "apigateway": APIGATEWAY,
    "apigatewayv2": APIGATEWAYV2,
    "elbv2": ELBV2,
    "iam": IAM,
    "sts": STS,
    "organizations": ORGANIZATIONS,
    "logs": LOGS,
    "ec2": EC2,
    "cloudwatch": CLOUDWATCH,
    "lambda": LAMBDA,
    "acm": ACM,
}
MANAGEMENT, MEMBER = AccountId("111122223333"), AccountId("444455556666")


_MODELS = Session()


def check_shape(service: str, operation: str, result: Mapping[str, Any]) -> None:
    """Fails where the result has members that the model does not know, or values of another type. Members that the model wants
    and AWS itself leaves out (the root's UserName) may be missing."""
    shape = _MODELS.get_service_model(service).operation_model(operation).output_shape
    if shape is None:
        assert not result, f"{operation} answers nothing, but gave {result}"
        return
    report = ParamValidator().validate(_without_none(result), shape).generate_report()
    wrong = [
        line for line in report.splitlines() if line and not line.startswith(("Missing required", "Invalid length"))
    ]
    assert not wrong, (operation, wrong)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(member) for key, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_without_none(member) for member in value]
    return value


@final
class IdentityHarness:
    """Two accounts, the first of them the management account. `call(key, "iam", "GetUser")` signs with `key`."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.ids = SeededIds()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        self.logs = LogStore(folder / "logs.sqlite")
        self.metrics = MetricStore(folder / "metrics.sqlite")
        with self.store.transaction() as tx:
            self.management = make_account(tx, self.clock, self.ids, "management", MANAGEMENT)
            self.member = make_account(tx, self.clock, self.ids, "member", MEMBER)

    def root_key(self, account: Account) -> tuple[str, str]:
        """The operator's key of an account."""
        return account.operator_key_id, ""

    def call(self, key: tuple[str, str], service: str, operation: str, /, **params: Any) -> Mapping[str, Any]:
        """The operation's result. `key` is an access key id and a session token ("")."""
        table = TABLES[service][operation]
        with self.store.transaction() if table.writes else self.store.reading() as tx:
            caller = find_credentials(tx, key[0], key[1], self.clock.now(), service).caller
            context = Context(
                caller=caller,
                region=Region("us-east-1"),
                request_id="r",
                tx=tx,
                clock=self.clock,
                ids=self.ids,
                observations=self.store,
                logs=self.logs,
                metrics=self.metrics,
                source_ip="10.0.0.9",
            )
            authorize(context, service, operation, table, params)
            result = table.run(context, params) or {}
        assert not isinstance(result, NodeCall)
        check_shape(service, operation, result)
        return result

    def user_key(self, account: Account, name: str, *policies: str) -> tuple[str, str]:
        """A new user with inline policies, and its key."""
        root = self.root_key(account)
        self.call(root, "iam", "CreateUser", UserName=name)
        for number, text in enumerate(policies):
            self.call(root, "iam", "PutUserPolicy", UserName=name, PolicyName=f"p{number}", PolicyDocument=text)
        return self.call(root, "iam", "CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"], ""

    def session_key(self, key: tuple[str, str], **params: Any) -> tuple[str, str]:
        """The key of a session that `key` gets by AssumeRole."""
        made = self.call(key, "sts", "AssumeRole", **{"RoleSessionName": "session", **params})["Credentials"]
        return made["AccessKeyId"], made["SessionToken"]
