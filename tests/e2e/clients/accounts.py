"""Accounts' keys in the variables that the scripts of `examples` and the acceptance scripts read."""

from typing import NamedTuple

import boto3

from innergate.driver.platform import RunningPlatform


class Key(NamedTuple):
    """An access key."""

    id: str
    secret: str


def add_account(platform: RunningPlatform, name: str) -> Key:
    """Makes an account and its default network, which is written with the first change in EC2; its key."""
    platform.add_account(name)
    environment = platform.environment(name)
    key = Key(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    session = boto3.Session(aws_access_key_id=key.id, aws_secret_access_key=key.secret, region_name="us-east-1")
    ec2 = session.client("ec2", endpoint_url=environment["AWS_ENDPOINT_URL"])
    made = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["first.example"]}])
    ec2.delete_dhcp_options(DhcpOptionsId=made["DhcpOptions"]["DhcpOptionsId"])
    return key


def endpoint_of(platform: RunningPlatform) -> str:
    """Where the AWS APIs are."""
    return str(platform.client.call("GET", "/status")["endpoint"])
