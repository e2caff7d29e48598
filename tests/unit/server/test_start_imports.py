"""What a start must not wait for is not imported on its way (docs/decisions/0023)."""

import subprocess
import sys

import pytest

HEAVY = ("botocore", "uvicorn", "urllib3", "yaml", "dns", "innergate.services.tables", "innergate.wire")


def loaded_by(module: str) -> set[str]:
    command = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_the_agent_is_started_before_anything_of_the_server_is_there() -> None:
    loaded = loaded_by("innergate.cli.main, innergate.cli.up, innergate.server.agent_process")
    heavy = (*HEAVY, "rich", "grpc", "http.client", "innergate.compile", "innergate.nets.agent")
    assert loaded.isdisjoint(heavy)


def test_envoy_gets_its_plan_before_services_are_there() -> None:
    assert loaded_by("innergate.server.up").isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "module",
    [
        "innergate.server.http_servers",
        "innergate.nets.agent",
        "innergate.runtime.worker",
        "innergate.runtime.functions",
    ],
)
def test_what_paints_terminals_is_in_no_process_that_stays(module: str) -> None:
    assert "rich" not in loaded_by(module)


def test_the_servers_bring_them() -> None:
    """Else the two tests above would hold for nothing."""
    assert set(HEAVY) <= loaded_by("innergate.server.http_servers, dns")
