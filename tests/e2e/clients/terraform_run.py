"""A Terraform configuration from nothing to nothing on a platform of its own, in the background.

Terraform waits minutes for load balancers, whatever the server does, so configurations run at the same time as each other
and as the other clients' tests.
"""

import json
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, final

from tests.e2e.clients.accounts import Key, add_account, endpoint_of
from tests.e2e.clients.leftovers import holdings_of
from tests.e2e.clients.terraform_folder import NOT_COPIED, base_environment
from tests.e2e.clients.tools import EXAMPLES, SHARED, Terraform

from innergate.driver.client import ControlRefused
from innergate.driver.platform import PlatformFailed, RunningPlatform

HEALTHY_TIMEOUT_S = 90.0


class Configuration(NamedTuple):
    """A configuration: its folder, its switches (variables that are set to true), the Name tags of its VPCs."""

    name: str
    folder: Path
    switches: tuple[str, ...]
    application_vpc: str
    consumer_vpc: str
    other_vpc: str


OURS = Configuration(
    "examples/terraform/private-apis",
    EXAMPLES / "terraform" / "private-apis",
    ("access_logs", "openapi"),
    "private-apis-application",
    "private-apis-consumer",
    "private-apis-other",
)
SHARED_ONE = Configuration(
    "acceptance/terraform/blog",
    SHARED / "terraform" / "blog",
    ("enable_access_logs", "enable_openapi"),
    "blog-application",
    "blog-gateway",
    "blog-other",
)


class Call(NamedTuple):
    """A request, and what came back (see `innergate.driver.fetch`)."""

    what: str
    answer: dict[str, Any]

    @property
    def outcome(self) -> int | str:
        """The status, or the error."""
        return self.answer.get("status") or str(self.answer.get("error"))

    @property
    def backend(self) -> str:
        """Who answered."""
        return str(json.loads(self.answer["body"])["backend"])

    @property
    def seen_path(self) -> str:
        """The path that the backend saw."""
        return str(json.loads(self.answer["body"])["path"])


class Report(NamedTuple):
    """What happened. `plan_code` is 0 for an empty plan, 2 for changes. `seconds` by command."""

    plan_code: int
    plan_text: str
    calls: tuple[Call, ...]
    left: dict[str, list[str]]
    seconds: dict[str, float]

    def call(self, what: str) -> Call:
        """The call of that name."""
        return next(call for call in self.calls if call.what == what)


@final
class TerraformRun:
    """Starts at once. `report` waits for the end; `stop` ends it early."""

    def __init__(self, configuration: Configuration, terraform: Terraform) -> None:
        self._configuration = configuration
        self._terraform = terraform
        self._child: subprocess.Popen[str] | None = None
        self._stopped = threading.Event()
        self._report: Report | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=configuration.name)
        self._thread.start()

    def report(self) -> Report:
        """What happened. Raises what went wrong."""
        self._thread.join()
        if self._report is None:
            raise AssertionError(f"{self._configuration.name}: {self._error}") from self._error
        return self._report

    def stop(self) -> None:
        """Ends the run and its processes."""
        self._stopped.set()
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
        self._thread.join()

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with RunningPlatform() as platform, tempfile.TemporaryDirectory(prefix="innergate-tf-") as made:
                folder = Path(made) / "configuration"
                shutil.copytree(self._configuration.folder, folder, ignore=NOT_COPIED)
                self._report = self._from_nothing_to_nothing(platform, folder)
        except (AssertionError, OSError, ValueError, KeyError, ControlRefused, PlatformFailed) as error:
            self._error = error

    def _from_nothing_to_nothing(self, platform: RunningPlatform, folder: Path) -> Report:
        keys = {name: add_account(platform, name) for name in ("application", "gateway", "consumer")}
        variables = self._variables(folder, platform, keys)
        seconds: dict[str, float] = {}

        def run(*words: str, good: tuple[int, ...] = (0,)) -> tuple[int, str]:
            began = time.monotonic()
            code, text = self._finish(self._start(folder, variables, *words))
            seconds[words[0]] = round(time.monotonic() - began, 1)
            assert code in good, f"terraform {words[0]} ended with {code}:\n{text[-6000:]}"
            return code, text

        run("init", "-input=false", f"-plugin-dir={self._terraform.plugins}")
        platform.settle()
        before = holdings_of(platform)
        began = time.monotonic()
        applying = self._start(folder, variables, "apply", "-auto-approve", "-input=false")
        hosts = self._start_hosts(platform, applying)
        code, text = self._finish(applying)
        seconds["apply"] = round(time.monotonic() - began, 1)
        assert code == 0, f"terraform apply ended with {code}:\n{text[-6000:]}"
        plan_code, plan_text = run("plan", "-detailed-exitcode", "-input=false", good=(0, 2))
        outputs = json.loads(run("output", "-json")[1])
        calls = self._call(platform, {name: found["value"] for name, found in outputs.items()})
        for host in hosts:
            platform.client.call("DELETE", f"/workloads/{host}")
        run("destroy", "-auto-approve", "-input=false")
        return Report(plan_code, plan_text, calls, holdings_of(platform).beyond(before), seconds)

    def _variables(self, folder: Path, platform: RunningPlatform, keys: Mapping[str, Key]) -> dict[str, str]:
        endpoint = endpoint_of(platform)
        variables = {
            **base_environment(folder.parent),
            "AWS_ENDPOINT_URL": endpoint,
            "TF_VAR_endpoint_url": endpoint,
            "TF_VAR_keys": json.dumps({name: key._asdict() for name, key in keys.items()}),
        }
        for name in ("application", "gateway"):
            variables[f"TF_VAR_{name}_access_key"], variables[f"TF_VAR_{name}_secret_key"] = keys[name]
        return variables | {f"TF_VAR_{switch}": "true" for switch in self._configuration.switches}

    def _start(self, folder: Path, variables: dict[str, str], *words: str) -> subprocess.Popen[str]:
        with (folder.parent / "said").open("w") as said:
            child = subprocess.Popen(
                [self._terraform.command, *words, *([] if "-json" in words else ["-no-color"])],
                cwd=folder,
                env=variables,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self._child = child
        self._said = folder.parent / "said"
        return child

    def _finish(self, child: subprocess.Popen[str]) -> tuple[int, str]:
        code = child.wait()
        assert not self._stopped.is_set(), "stopped before the end"
        return code, self._said.read_text()

    def _start_hosts(self, platform: RunningPlatform, applying: "subprocess.Popen[str]") -> list[str]:
        """Starts each backend as soon as its subnet is there, as a fleet would come up while the rest is made."""
        names = self._configuration
        waiting = {
            "pod-a": (names.application_vpc, "10.0.1.21"),
            "pod-b": (names.application_vpc, "10.0.2.22"),
            "other-host": (names.other_vpc, "172.31.12.59"),
        }
        started: list[str] = []
        while waiting and applying.poll() is None:
            time.sleep(0.5)
            for name, (vpc, address) in list(waiting.items()):
                try:
                    started.append(platform.start_origin(vpc, address, name))
                    del waiting[name]
                except ControlRefused:
                    break
        return started

    def _call(self, platform: RunningPlatform, outputs: dict[str, Any]) -> tuple[Call, ...]:
        consumer, application = self._configuration.consumer_vpc, self._configuration.application_vpc
        first, second, key = outputs["invoke_url"], outputs["other_invoke_url"], f"x-api-key: {outputs['api_key']}"

        def fetch(what: str, url: str, *options: str, vpc: str = consumer) -> Call:
            return Call(what, platform.fetch(vpc, url, *options))

        deadline = time.monotonic() + HEALTHY_TIMEOUT_S
        while time.monotonic() < deadline:
            ready = (fetch("", f"{first}/", "-H", key), fetch("", f"{second}/", "-H", key))
            if all(call.outcome == 200 for call in ready):
                break
            time.sleep(1)
        return (
            fetch("root", f"{first}/", "-H", key),
            fetch("path", f"{first}/foo/bar?x=1", "-H", key),
            fetch("without key", f"{first}/"),
            fetch("preflight", f"{first}/foo", "-X", "OPTIONS"),
            fetch("other root", f"{second}/"),
            fetch("other path", f"{second}/foo/bar?x=1"),
            fetch("outside", f"{first}/", "-H", key, vpc=application),
        )
