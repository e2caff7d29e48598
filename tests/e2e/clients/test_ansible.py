"""A network, a load balancer, an endpoint and an API by Ansible's modules; the second run changes nothing."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from tests.e2e.clients.accounts import add_account, endpoint_of
from tests.e2e.clients.leftovers import Holdings, holdings_of
from tests.e2e.clients.tools import need_ansible, shared_or_example

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

ALWAYS_CHANGED = "community.aws.api_gateway"
"""This module starts with `changed = True` and makes another API in each run, at AWS too."""

API_KINDS = ("rest-api", "api-resource", "api-part", "deployment", "stage")


def play(platform: RunningPlatform, variables: dict[str, str]) -> dict[str, str]:
    """What each task reports ("ok" or "changed"), by its name."""
    began = time.monotonic()
    playbook = shared_or_example("ansible/blog.yml", "ansible/private-network.yml")
    done = subprocess.run(
        [str(need_ansible()), str(playbook)], env=variables, capture_output=True, text=True, timeout=300, check=False
    )
    print(f"{playbook.name}: {time.monotonic() - began:.1f} s")
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    found = re.findall(r"^TASK \[(.+?)\] \*+\n((?:^(?!TASK|PLAY).*\n)*)", done.stdout, re.MULTILINE)
    return {name: "changed" if "changed: [" in lines else "ok" for name, lines in found}


def made_beyond_the_api(now: Holdings, before: Holdings) -> list[str]:
    """The rows made since, without the API's."""
    return [row for row in now.beyond(before).get("rows", []) if not row.startswith(API_KINDS)]


def test_a_second_run_changes_nothing(clients_platform: RunningPlatform, tmp_path: Path) -> None:
    key = add_account(clients_platform, "ansible")
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
        "ENDPOINT_URL": endpoint_of(clients_platform),
        "GW_KEY": key.id,
        "GW_SECRET": key.secret,
    }
    empty = holdings_of(clients_platform)
    first = play(clients_platform, variables)
    built = holdings_of(clients_platform)
    assert len(first) == 7
    assert set(first.values()) == {"changed"}
    assert made_beyond_the_api(built, empty) != []
    second = play(clients_platform, variables)
    of_api = [name for name in second if name == ALWAYS_CHANGED or name == "API"]
    assert [name for name, said in second.items() if said == "changed"] == of_api
    assert made_beyond_the_api(holdings_of(clients_platform), built) == []
