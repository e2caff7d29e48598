"""Resource policies of CloudWatch Logs: who may write to log groups beside their account."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import Resource


class LogPolicy(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<account>/<region>/<name>` for a policy of the account, the log group's ARN for one of a log group.

    A record: the platform's own services write to log groups by their own right, and clients by their identity policies.
    """

    kind: ClassVar[str] = "log-policy"

    policy_name: str
    document: str
    updated_at: datetime
    revision_id: str
    resource_arn: str | None = None
