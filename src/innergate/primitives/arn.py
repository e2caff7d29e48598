"""Amazon Resource Names (AWS General Reference, "Amazon Resource Names")."""

from typing import NamedTuple

PARTITION = "aws"


class Arn(NamedTuple):
    """The six parts of `arn:partition:service:region:account:resource`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


def format_arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN's text in the `aws` partition."""
    return f"arn:{PARTITION}:{service}:{region}:{account}:{resource}"


def parse_arn(text: str) -> Arn | None:
    """The parts of `text`, or None where it is no ARN."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2]:
        return None
    return Arn(*parts[1:])
