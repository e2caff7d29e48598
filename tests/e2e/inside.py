"""Makes many calls as one host of a VPC, in one run of `innergate exec`."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from innergate.cli.demo.scenarios import api_url
from innergate.driver.client import ControlRefused
from innergate.driver.platform import PlatformFailed, RunningPlatform
from innergate.testing.waiting import LONGEST_S

CLIENT = Path(__file__).with_name("client_in_vpc.py")

Call = dict[str, Any]
Noticed = dict[str, Any]


def https(url: str, **options: object) -> Call:
    """A request over TLS."""
    return {"do": "https", "url": url, **options}


def api_host(api: str) -> str:
    """The private DNS name of an API."""
    return api_url(api, "x").split("/")[2]


def raw(host: str, text: str, **options: object) -> Call:
    """These very bytes over TLS to a host."""
    return {"do": "raw", "address": host, "sni": host, "text": text, **options}


def calls_from(platform: RunningPlatform, vpc: str, calls: Sequence[Call], threads: int = 1) -> list[Noticed]:
    """What a host of the VPC notices of each call. Raises PlatformFailed where it could not run."""
    with calls_begun(platform, vpc, calls, threads) as running:
        out, err = running.communicate(timeout=120)
    return _parsed(vpc, out, err)


def call_from(platform: RunningPlatform, vpc: str, call: Call) -> Noticed:
    """What a host of the VPC notices of one call."""
    return calls_from(platform, vpc, [call])[0]


@contextmanager
def calls_begun(
    platform: RunningPlatform, vpc: str, calls: Sequence[Call], threads: int = 1
) -> Iterator[subprocess.Popen[str]]:
    """The calls under way; it ends with the block."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(list(calls), file)
        file.flush()
        argv = platform.exec_argv(vpc, [sys.executable, str(CLIENT), file.name, str(threads)])
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            try:
                yield running
            finally:
                running.kill()


def simulated(platform: RunningPlatform, vpc: str, call: Call) -> dict[str, Any]:
    """What `innergate simulate` says about a request."""
    headers = call.get("headers", {})
    request = {"target": call["url"], "method": call.get("method", "GET"), "from_vpc": vpc, "headers": headers}
    return dict(platform.client.call("POST", "/simulate", request))


def failure_of(platform: RunningPlatform, noticed: Noticed) -> dict[str, Any]:
    """What `innergate why` says of a call that was noticed to fail. Envoy writes its lines within a tenth of a second."""
    id = noticed["headers"]["x-amzn-requestid"]
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            return platform.client.call("GET", f"/failures/{id}")
        except ControlRefused:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def finish(running: subprocess.Popen[str], vpc: str) -> list[Noticed]:
    """What calls under way have noticed, once all are through."""
    out, err = running.communicate(timeout=120)
    return _parsed(vpc, out, err)


def _parsed(vpc: str, out: str, err: str) -> list[Noticed]:
    try:
        found: list[Noticed] = json.loads(out)
    except ValueError:
        raise PlatformFailed(f"a host of {vpc} could not run:\n{out}{err}") from None
    return found
