"""The README's first five minutes and pages of docs/how-to, as a newcomer types them, on a platform of their own."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.docs_pages import ROOT, read_script

import innergate
from innergate.driver.platform import RunningPlatform

TIMEOUT_S = 540
IS_ROOT = os.geteuid() == 0
pytestmark = pytest.mark.timeout(600)
HOW_TO = ROOT / "docs" / "how-to"
KEEP = "declare -p $(comm -13 before <(compgen -v | sort)) > known"
"""Writes down the variables that are new since `before`."""


class Newcomer(NamedTuple):
    """Somebody who has typed in the README's first five minutes: what was printed, what was said beside it, and what their
    terminal knows since, as a script."""

    platform: RunningPlatform
    folder: Path
    printed: str
    said: str
    known: str

    def types_in(self, name: str) -> tuple[str, str]:
        """The page `name` of docs/how-to, in the same terminal, as `type_in` does. What it sets, other pages do not see."""
        return type_script(self.known + read_script(HOW_TO / name, IS_ROOT), self.platform, self.folder)


def type_in(page: Path, platform: RunningPlatform, folder: Path) -> tuple[str, str]:
    """What a page's commands print, typed in `folder` by somebody whose platform has its state where it is by default; and the
    same with all that was said beside it, for failures."""
    return type_script(read_script(page, IS_ROOT), platform, folder)


def type_script(script: str, platform: RunningPlatform, folder: Path) -> tuple[str, str]:
    """The same of commands. `innergate` is the one that the tests have, also where another one is installed."""
    with tempfile.TemporaryDirectory(prefix="home") as home:
        Path(home, ".innergate").symlink_to(platform.state)
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(innergate.__file__).parents[1]),
            "HOME": home,
            "AWS_PAGER": "",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    said = f"{done.stdout}\n{done.stderr}\n{platform.said()}"
    assert done.returncode == 0, said
    return done.stdout, said


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """Shared: a page that goes on from there may add to what is there, and leaves stage `dev` as it was."""
    folder = tmp_path_factory.mktemp("newcomer")
    with RunningPlatform() as own:
        script = f"compgen -v | sort > before\n{read_script(ROOT / 'README.md')}\n{KEEP}"
        printed, said = type_script(script, own, folder)
        yield Newcomer(own, folder, printed, said, (folder / "known").read_text())


def test_the_first_five_minutes(newcomer: Newcomer) -> None:
    printed, said = newcomer.printed, newcomer.said
    assert "HTTP/1.1 200 OK" in printed, said
    assert printed.count("\nhello\n") == 2, said
    assert "works: nothing stands in its way" in printed, said
    assert re.search(
        r"does not work: method DELETE: / has no method DELETE; it has GET\n  the caller sees: HTTP 403 \{", printed
    )
    assert re.search(r"403 +DELETE .* no method of the stage takes this verb and path +[0-9a-f-]{36}", printed), said


def test_a_private_api_is_called_in_four_ways(newcomer: Newcomer) -> None:
    printed, said = newcomer.types_in("call-a-private-api.md")
    assert printed.count("hello\n") == 6, said
    assert "works: nothing stands in its way" in printed, said


def test_calls_are_authorized(newcomer: Newcomer) -> None:
    printed, said = newcomer.types_in("authorize-calls.md")
    answers = [line for line in printed.splitlines() if line.startswith(("{", "hello"))]
    assert answers == [
        '{"message":"Missing Authentication Token"}',
        "hello",
        '{"message":"Unauthorized"}',
        '{"Message":"User is not authorized to access this resource with an explicit deny"}',
        "hello",
    ], said
    assert "(AccessDeniedException) when calling the UpdateMethod operation" in printed, said
    assert printed.rstrip().endswith('\n"AWS_IAM"'), said


def test_a_route_is_looked_into(newcomer: Newcomer) -> None:
    printed, said = newcomer.types_in("debug-a-route.md")
    assert printed.count("works: nothing stands in its way") == 2, said
    assert len(re.findall(r"no method of the stage takes this verb and path", printed)) >= 2, said
    assert printed.count("hello\n") >= 2, said
    assert '"State": "healthy"' in printed, said
    assert re.search(r"^eni-\w+:443::", printed, re.MULTILINE), said
    assert re.search(r'"name": "\w+/dev"', printed), said
    assert not IS_ROOT or re.search(
        r"^10\.0\.1\.10 dev .*ip saddr 10\.0\.0\.0/16 tcp dport 443", printed, re.M | re.S
    ), said


def test_a_method_calls_a_service(newcomer: Newcomer) -> None:
    printed, said = newcomer.types_in("call-aws-services.md")
    assert printed.rstrip().endswith('"orders"'), said


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")
def test_names_of_your_own(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(HOW_TO / "custom-domains.md", platform, tmp_path)
    answers = [line for line in printed.splitlines() if line.startswith(("this is", "no certificate"))]
    assert answers == [
        "this is orders",
        "this is stock",
        "this is next",
        "this is next",
        "this is stock",
        "this is orders",
        "no certificate, no handshake",
        "this is hidden",
    ], said


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")
def test_what_calls_did(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(HOW_TO / "see-calls.md", platform, tmp_path)
    assert 'Method response body after transformations: {"hello":"you"}' in printed, said
    assert '{"hello":"me"}\n' in printed, said
    assert ") Successfully completed execution\n" in printed, said
    assert printed.rstrip().endswith("\n1.0"), said


def test_a_function_runs(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(HOW_TO / "run-functions.md", platform, tmp_path)
    assert '{"text": "hello, you"}' in printed, said


def test_requests_are_balanced(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(HOW_TO / "application-load-balancers.md", platform, tmp_path)
    wanted = ("this is", "these are", "too old", "moved to")
    answers = [line.partition(" http")[0] for line in printed.splitlines() if line.startswith(wanted)]
    assert answers == ["this is the shop", "these are orders", "too old", "moved to", "this is the shop, by an API"], (
        said
    )
    assert "works: nothing stands in its way" in printed, said


def test_tools_find_the_platform(platform: RunningPlatform, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    page = HOW_TO / "use-aws-tools.md"
    example = (ROOT / "examples" / "aws-cli" / "private-apis.sh").read_text()
    needed = set(re.findall(r"\$\{(\w+):\?\}", example))
    printed, said = type_script(f"{read_script(page, IS_ROOT)}\necho; env", platform, tmp_path)
    variables = dict(line.split("=", 1) for line in printed.splitlines() if re.match(r"\w+=", line))
    assert '"Vpcs": ' in printed, said
    assert re.search(r"^partner +111111111111|111111111111 +partner", printed, re.MULTILINE), said
    assert len(needed) == 5, needed
    assert needed <= variables.keys(), said
    keys = {name: key["id"] for name, key in json.loads(variables["TF_VAR_keys"]).items()}
    assert keys.keys() == {"application", "gateway", "consumer"}, said
    assert (keys["application"], keys["gateway"]) == (variables["APP_KEY"], variables["GW_KEY"]), said
    assert not IS_ROOT or "\nhello\n" in printed, said
