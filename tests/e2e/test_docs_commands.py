"""The README's first five minutes, as a newcomer types them, on a platform of their own."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.docs_pages import ROOT, read_script

from innergate.testing.platform import RunningPlatform

TIMEOUT_S = 240


def type_in(page: Path, platform: RunningPlatform, folder: Path) -> tuple[str, str]:
    """What a page's commands print, typed in `folder` by somebody whose platform has its state where it is by default; and the
    same with all that was said beside it, for failures."""
    with tempfile.TemporaryDirectory(prefix="home") as home:
        Path(home, ".innergate").symlink_to(platform.state)
        environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": home, "AWS_PAGER": ""}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", read_script(page)],
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


def test_the_first_five_minutes(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(ROOT / "README.md", platform, tmp_path)
    assert "HTTP/1.1 200 OK" in printed, said
    assert printed.count("\nhello\n") == 2, said
    assert "works: nothing stands in its way" in printed, said
    assert re.search(
        r"does not work: method DELETE: / has no method DELETE; it has GET +the caller sees: HTTP 403", printed
    )
    assert re.search(r"403 +DELETE .* no method of the stage takes this verb and path +[0-9a-f-]{36}", printed), said


@pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")
def test_names_of_your_own(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(ROOT / "docs" / "how-to" / "custom-domains.md", platform, tmp_path)
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
    printed, said = type_in(ROOT / "docs" / "how-to" / "see-calls.md", platform, tmp_path)
    assert 'Method response body after transformations: {"hello":"you"}' in printed, said
    assert '{"hello":"me"}\n' in printed, said
    assert ") Successfully completed execution\n" in printed, said
    assert printed.rstrip().endswith("\n1.0"), said


def test_a_function_runs(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(ROOT / "docs" / "how-to" / "run-functions.md", platform, tmp_path)
    assert '{"text": "hello, you"}' in printed, said


def test_requests_are_balanced(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(ROOT / "docs" / "how-to" / "application-load-balancers.md", platform, tmp_path)
    wanted = ("this is", "these are", "too old", "moved to")
    answers = [line.partition(" http")[0] for line in printed.splitlines() if line.startswith(wanted)]
    assert answers == ["this is the shop", "these are orders", "too old", "moved to", "this is the shop, by an API"], (
        said
    )
    assert "works: nothing stands in its way" in printed, said
