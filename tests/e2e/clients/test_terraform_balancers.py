"""Application load balancers by Terraform: built, serving, unchanged by a second plan, and gone without a trace."""

import json
from pathlib import Path

import pytest
from tests.e2e.clients.terraform_folder import copy_example
from tests.feature.domain_rig import make_pair

from innergate.cli.demo.scenarios import wait_for
from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "www.shop.example"


def test_load_balancers_rules_and_links_come_stay_and_go(tmp_path: Path) -> None:
    place = copy_example("application-load-balancers", tmp_path)
    authority = make_pair(tmp_path, "ca", "Test authority")
    pair = make_pair(tmp_path, NAME, NAME, authority, (NAME,))
    certificate = {"certificate": pair.pem, "key": Path(pair.key_file).read_text()}
    place.environment["TF_VAR_certificate"] = json.dumps(certificate)
    with RunningPlatform() as platform:
        place.use(platform, "shop")
        name = place.apply()["dns_name"]
        hosts = [platform.start_origin("balanced", f"10.0.{n}.31", who) for n, who in ((1, "web"), (2, "orders"))]
        platform.settle()
        curl = ("curl", "-sS", "--max-time", "10", "--cacert", authority.chain_file)
        resolved = ("--connect-to", f"{NAME}:443:{name}:443")

        def backend(path: str) -> str:
            text = platform.inside("balanced", [*curl, *resolved, f"https://{NAME}{path}"]).stdout
            return str(json.loads(text)["backend"]) if text.startswith("{") else text

        wait_for(lambda: (backend("/"), backend("/orders/1")) == ("web", "orders") or None, "both hosts")
        refused = platform.inside("balanced", [*curl, *resolved, "-H", "X-Kind: a test", f"https://{NAME}/?debug=1"])
        assert refused.stdout == "not from here"
        moved = platform.inside("balanced", [*curl, "-o", "/dev/null", "-w", "%{redirect_url}", f"http://{name}/a?b=c"])
        assert moved.stdout == f"https://{name}:443/a?b=c"
        for host in hosts:
            platform.client.call("DELETE", f"/workloads/{host}")
        place.destroy()
