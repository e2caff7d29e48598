"""Whether anything grows that should not: thousands of changes, each undone again, and what a platform holds before and after.

`python -m innergate.testing.chaos_growth [--changes N]`; 1 if something grew.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from innergate.driver.platform import RunningPlatform
from innergate.testing.chaos_leaks import read_holdings, read_owned_namespaces, wait_for_no_difference

ACCOUNT, REGION = "111122223333", "us-east-1"
WARM_UP = 0.2
"""The part of the changes before the first look: caches and pools fill."""

SLACK_KB = 12_288
GROWTH_B = {"control": 4096, "agent": 512, "envoy": 1024}
"""Memory that a change may cost for good, by process."""

SPARE_FILES = 6
"""Open files that come and go by themselves."""


class Held(NamedTuple):
    """What one process holds: resident memory in KB, open files."""

    memory_kb: int
    files: int


class Growth(NamedTuple):
    """Before and after so many changes, by process; what else is left over, and what grew, in sentences."""

    changes: int
    before: dict[str, Held]
    after: dict[str, Held]
    violations: tuple[str, ...]


def grow(platform: RunningPlatform, changes: int) -> Growth:
    """Makes and undoes on a platform in open mode."""
    endpoint = platform.client.call("GET", "/status")["endpoint"]
    session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="x", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
    steps = make_changes(
        *(session.client(name, endpoint_url=endpoint, config=config) for name in ("ec2", "apigateway"))
    )
    warm = _run(platform, steps, int(changes * WARM_UP))
    before, owned = read_held(platform), read_owned_namespaces(platform.state)
    holdings = read_holdings(platform.state, owned)
    done = _run(platform, steps, changes - warm)
    left = wait_for_no_difference(platform.state, holdings, owned | read_owned_namespaces(platform.state))
    after = read_held(platform)
    return Growth(warm + done, before, after, (*left, *find_growth(before, after, done)))


def find_growth(before: dict[str, Held], after: dict[str, Held], changes: int) -> list[str]:
    """What grew more than so many changes may cost, in sentences."""
    found = []
    for name, held in after.items():
        grown_kb, files = held.memory_kb - before[name].memory_kb, held.files - before[name].files
        limit_kb = SLACK_KB + GROWTH_B[name] * changes // 1024
        if grown_kb > limit_kb:
            found.append(f"{name} grew by {grown_kb} KB in {changes} changes, allowed are {limit_kb}")
        if files > SPARE_FILES:
            found.append(f"{name} has {files} more open files than before {changes} changes")
    return found


def make_changes(ec2: Any, gateway: Any) -> Iterator[bool]:
    """A change at each step, for ever; True where all of a round is undone."""
    while True:
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        yield False
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        yield False
        api = gateway.create_rest_api(name="grows", endpointConfiguration={"types": ["REGIONAL"]})
        yield False
        keys = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
        gateway.put_method(**keys, authorizationType="NONE")
        yield False
        template = {"application/json": '{"statusCode": 200}'}
        gateway.put_integration(**keys, type="MOCK", requestTemplates=template)
        yield False
        for stage in ("one", "two"):
            gateway.create_deployment(restApiId=api["id"], stageName=stage)
            yield False
        gateway.delete_rest_api(restApiId=api["id"])
        yield False
        ec2.delete_subnet(SubnetId=subnet)
        yield False
        ec2.delete_vpc(VpcId=vpc)
        yield True


def _run(platform: RunningPlatform, steps: Iterator[bool], count: int) -> int:
    """At least so many, to the end of a round; everything is live. Removals follow."""
    done, is_undone = 0, False
    while done < count or not is_undone:
        is_undone = next(steps)
        done += 1
        if done % 5 == 0:
            platform.settle()
    platform.settle()
    return done


def read_held(platform: RunningPlatform) -> dict[str, Held]:
    """By process."""
    status = platform.client.call("GET", "/status")
    pids = {"control": status["pid"], "agent": status["agent"]["pid"], "envoy": status["envoy"]["pid"]}
    return {name: Held(_memory_kb(pid), len(os.listdir(f"/proc/{pid}/fd"))) for name, pid in pids.items()}


def _memory_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def print_growth(growth: Growth, out: Console) -> None:
    """A row a process, and what was wrong."""
    table = Table("process", "memory before", "after", "a change", "open files before", "after")
    for name, old in growth.before.items():
        new = growth.after[name]
        each_b = (new.memory_kb - old.memory_kb) * 1024 / (growth.changes * (1 - WARM_UP))
        memory = (f"{old.memory_kb / 1024:.1f} MB", f"{new.memory_kb / 1024:.1f} MB", f"{each_b:+.0f} B")
        table.add_row(name, *memory, str(old.files), str(new.files))
    out.print(table)
    out.print(f"{growth.changes} changes, all undone", highlight=False)
    for violation in growth.violations:
        out.print(f"BROKEN {violation}", style="red", highlight=False, markup=False)


def main() -> int:
    """0 if nothing grew."""
    parser = argparse.ArgumentParser(prog="chaos_growth", description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    with RunningPlatform(auth="open", concurrency=1) as platform:
        growth = grow(platform, parser.parse_args().changes)
    print_growth(growth, Console())
    return 1 if growth.violations else 0


if __name__ == "__main__":
    sys.exit(main())
