"""Custom domain names by Terraform: built, unchanged by a second plan, and gone without a trace."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.e2e.clients.terraform_folder import copy_example
from tests.feature.domain_rig import make_pair

from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = ("api.shop.example", "edge.shop.example", "internal.shop.example")


def test_names_mappings_and_associations_come_stay_and_go(tmp_path: Path) -> None:
    place = copy_example("custom-domains", tmp_path)
    authority = make_pair(tmp_path, "ca", "Test authority")
    pairs = {name: make_pair(tmp_path, name, name, authority, (name,)) for name in NAMES}
    given = {name: {"certificate": pair.pem, "key": Path(pair.key_file).read_text()} for name, pair in pairs.items()}
    place.environment["TF_VAR_certificates"] = json.dumps(given)
    with RunningPlatform() as platform:
        place.use(platform, "shop")
        place.apply()
        platform.settle()
        curl = ("curl", "-sS", "--max-time", "10", "--cacert", authority.chain_file)
        inside = platform.inside("custom-domains", [*curl, "https://internal.shop.example/orders"])
        assert inside.stdout == '{"api": "private"}', inside
        entry = str(platform.client.call("GET", "/status")["public"]["address"]).rpartition(":")[2]
        for target in ("/orders", "/v1/orders"):
            there = ("--resolve", f"api.shop.example:{entry}:127.0.0.1", f"https://api.shop.example:{entry}{target}")
            outside = subprocess.run([*curl, *there], capture_output=True, text=True, check=False)
            assert outside.stdout == '{"api": "public"}', outside
        place.destroy()
