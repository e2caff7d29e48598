"""`tests/golden/exchanges/<case>.in.yaml` -> `<case>.out.yaml`: for each call the effects that it asks for, and its answer.

`INNERGATE_REWRITE_GOLDEN=1` writes the outputs anew. A new case is a new file.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.runtime.exchange.exchange_scripts import run_script

GOLDEN = Path(__file__).parents[3] / "golden" / "exchanges"
CASES = sorted(file.name.removesuffix(".in.yaml") for file in GOLDEN.glob("*.in.yaml"))


class _Dumper(yaml.SafeDumper):
    """Values as they are, texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


@pytest.mark.parametrize("name", CASES)
def test_exchange(name: str) -> None:
    script: dict[str, Any] = yaml.safe_load((GOLDEN / f"{name}.in.yaml").read_text())
    text = yaml.dump(run_script(script), Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
    output = GOLDEN / f"{name}.out.yaml"
    if os.environ.get("INNERGATE_REWRITE_GOLDEN"):
        output.write_text(text)
    assert output.read_text() == text


def test_no_output_is_stale() -> None:
    assert sorted(file.name.removesuffix(".out.yaml") for file in GOLDEN.glob("*.out.yaml")) == CASES
