"""`tests/golden/envoy/<case>/in.yaml` -> one file a kind; each plan is also accepted by the real Envoy.

`INNERGATE_REWRITE_GOLDEN=1` writes the outputs anew and deletes those that no longer come out. A new case is a new folder.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.compile.envoy_cases import CERTIFICATE, plan_case, read_case

from innergate.plans.envoy import ENVOY_KINDS, EnvoyPlan
from innergate.testing.envoy_static import StaticSecret, listeners_apart, static_bootstrap, validate_static
from innergate.xds.descriptors import find_envoy

GOLDEN = Path(__file__).parents[2] / "golden" / "envoy"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
SECRETS = (
    "execute-api/us-east-1",
    "execute-api/public",
    "lambda-url/us-east-1",
    f"certificate/{CERTIFICATE}",
    "client-certificate/abc123",
    *(f"certificate/arn:aws:acm:us-east-1:222222222222:certificate/{name}.example.com" for name in ("api", "in")),
)


class _Dumper(yaml.SafeDumper):
    """No anchors: a reader sees values."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def render(plan: EnvoyPlan) -> dict[str, str]:
    """File name -> text, for every kind that the plan has something of."""
    files: dict[str, str] = {}
    for kind in ENVOY_KINDS:
        bodies = [json.loads(json.dumps(r.body)) for _, r in sorted(plan.resources[kind].items())]
        if bodies:
            files[f"{kind}.yaml"] = yaml.dump(bodies, Dumper=_Dumper, sort_keys=False, width=120)
    return files


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> StaticSecret:
    folder = tmp_path_factory.mktemp("secret")
    made = StaticSecret(str(folder / "chain.pem"), str(folder / "key.pem"))
    options = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    command = ["openssl", "req", *options.split()]
    subprocess.run([*command, "-out", made.chain_file, "-keyout", made.key_file], check=True, capture_output=True)
    return made


@pytest.mark.parametrize("name", CASES)
def test_plan(name: str) -> None:
    folder = GOLDEN / name
    files = render(plan_case(read_case(folder)))
    if os.environ.get("INNERGATE_REWRITE_GOLDEN"):
        for stale in folder.glob("*.yaml"):
            if stale.name != "in.yaml":
                stale.unlink()
        for file, text in files.items():
            (folder / file).write_text(text)
    kept = {file.name: file.read_text() for file in folder.glob("*.yaml") if file.name != "in.yaml"}
    assert kept == files


@pytest.mark.parametrize("name", CASES)
def test_envoy_accepts_the_plan(name: str, secret: StaticSecret, tmp_path: Path) -> None:
    plan = plan_case(read_case(GOLDEN / name))
    bootstrap: dict[str, Any] = static_bootstrap(plan, dict.fromkeys(SECRETS, secret), listeners_apart(plan))
    text = json.dumps(bootstrap).replace("/tmp/innergate-logs", str(tmp_path))
    file = tmp_path / "bootstrap.json"
    file.write_text(text)
    assert validate_static(find_envoy(), file) == ""
