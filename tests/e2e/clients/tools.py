"""The real clients that this machine has, or why a test cannot have one."""

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
SHARED = ROOT.parent / "shared" / "acceptance"
"""Acceptance scripts that may lie beside the repository; the examples stand in where they do not."""

JAVASCRIPT = Path(__file__).resolve().parent / "js"
_PLUGIN_ROOTS = ("/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "~/.terraform.d/plugins")
_PROVIDER = "registry.terraform.io/hashicorp/aws"


class Terraform(NamedTuple):
    """The command, and the folder of plug-ins with the AWS provider."""

    command: str
    plugins: Path


def shared_or_example(shared: str, example: str) -> Path:
    """The acceptance file where it is there, else ours."""
    found = SHARED / shared
    return found if found.exists() else EXAMPLES / example


def innergate(*words: str) -> str:
    """A shell command line of `innergate`, run by this interpreter."""
    return " ".join((sys.executable, "-m", "innergate.cli.main", *words))


def find_terraform() -> Terraform | None:
    """Terraform with its AWS provider, or None."""
    command = shutil.which("terraform")
    roots = [Path(root).expanduser() for root in _PLUGIN_ROOTS]
    if Path("/opt").is_dir():
        roots += sorted(folder for folder in Path("/opt").iterdir() if folder.is_dir())
    plugins = next((root for root in roots if (root / _PROVIDER).is_dir()), None)
    return Terraform(command, plugins) if command and plugins else None


def need_terraform() -> Terraform:
    """Terraform with its AWS provider; skips the test where either is missing."""
    found = find_terraform()
    if found is None:
        where = ", ".join(_PLUGIN_ROOTS)
        pytest.skip(f"no terraform command, or no {_PROVIDER} in a plug-in folder ({where}, /opt/*)")
    return found


def need_aws() -> Path:
    """The AWS CLI; set-up installs it beside this interpreter."""
    return _need(Path(sys.executable).parent / "aws", "the AWS CLI")


def need_ansible() -> Path:
    """`ansible-playbook` of the virtual environment that scripts/setup-e2e makes."""
    return _need(ROOT / ".venv-ansible" / "bin" / "ansible-playbook", "Ansible")


def need_javascript() -> Path:
    """The folder with the installed AWS SDK for JavaScript."""
    if shutil.which("node") is None:
        pytest.skip("no node command: scripts/setup-e2e installs it as root")
    _need(JAVASCRIPT / "node_modules" / "@aws-sdk" / "client-ec2", "the AWS SDK for JavaScript")
    return JAVASCRIPT / "node_modules"


def _need(path: Path, what: str) -> Path:
    if not path.exists():
        pytest.skip(f"{what} is not installed ({path.relative_to(ROOT)}): run scripts/setup-e2e")
    return path
