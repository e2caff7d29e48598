"""Commands as hosts of a VPC: a host for as long as they run."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from innergate.driver.client import ControlClient


@contextmanager
def transient_host(
    client: ControlClient, command: Sequence[str], vpc: str, ip: str = "", name: str = ""
) -> Iterator[list[str]]:
    """A host of the VPC, gone when the block ends or this process does; what to run for `command` to run there. Raises
    ControlRefused."""
    from innergate.nets.rootless import enter_argv  # brings netlink, which `run --detach` need not wait for

    host = client.call("POST", "/workloads", {"vpc": vpc, "ip": ip, "name": name, "holder_pid": os.getpid()})
    try:
        yield enter_argv(client.state, host["namespace"], command)
    finally:
        client.call("DELETE", f"/workloads/{host['id']}")
