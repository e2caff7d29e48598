"""Accounts' keys in the variables that the scripts of `examples` and the acceptance scripts read."""

from typing import NamedTuple

from innergate.testing.platform import RunningPlatform


class Key(NamedTuple):
    """An access key."""

    id: str
    secret: str


def add_account(platform: RunningPlatform, name: str) -> Key:
    """Makes an account; its key."""
    platform.add_account(name)
    environment = platform.environment(name)
    return Key(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])


def endpoint_of(platform: RunningPlatform) -> str:
    """Where the AWS APIs are."""
    return str(platform.client.call("GET", "/status")["endpoint"])
