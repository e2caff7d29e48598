"""A VPC with hosts in two zones, and the calls that make load balancers, certificates and endpoints in it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, final

import boto3

from innergate.cli.demo.scenarios import REGION, Cloud, Network, make_network, wait_for
from innergate.driver.platform import RunningPlatform
from innergate.server.certificates import CertificateAuthority

NAME = "backend.lab.example"
HOSTS = {"a1": "10.0.1.31", "b1": "10.0.2.31"}
SECURE = "10.0.1.33"


@final
class _Now:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Balancer(NamedTuple):
    """A network load balancer with one listener."""

    arn: str
    dns_name: str
    listener: str
    group: str


def add_cloud(platform: RunningPlatform, name: str) -> Cloud:
    """The clients of an account of that name, made if there is none."""
    id = platform.add_account(name)
    return Cloud(platform.environment(name), id)


@final
class Lab:
    """An account with a VPC of two zones and a host in each; `a1` and `b1` are their ids."""

    def __init__(self, platform: RunningPlatform, account: str) -> None:
        self.platform = platform
        self.cloud = add_cloud(platform, account)
        self.network: Network = make_network(self.cloud, account)
        self.vpc = self.network.vpc
        self.hosts = {name: platform.start_origin(self.vpc, ip, name) for name, ip in HOSTS.items()}
        self._environment = platform.environment(account)
        self._names = 0

    def client(self, service: str) -> Any:
        """A client of another service."""
        session: Any = boto3.Session(
            aws_access_key_id=self._environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._environment["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        return session.client(service, endpoint_url=self._environment["AWS_ENDPOINT_URL"])

    def fresh_name(self, stem: str) -> str:
        """A name that nothing has yet."""
        self._names += 1
        return f"{stem}-{self._names}"

    def group(self, targets: Sequence[str], port: int = 80, protocol: str = "TCP", **more: Any) -> str:
        """A target group of hosts (names or addresses); its ARN."""
        fields = {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "HealthyThresholdCount": 2, **more}
        made = self.cloud.elbv2.create_target_group(
            Name=self.fresh_name("group"), Protocol=protocol, Port=port, TargetType="ip", VpcId=self.vpc, **fields
        )
        arn = str(made["TargetGroups"][0]["TargetGroupArn"])
        self.register(arn, *targets)
        return arn

    def register(self, group: str, *targets: str) -> None:
        """Adds hosts (names or addresses) to a group."""
        self.cloud.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": HOSTS.get(t, t)} for t in targets])

    def deregister(self, group: str, *targets: str) -> None:
        """Takes hosts out of a group."""
        self.cloud.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": HOSTS.get(t, t)} for t in targets])

    def balancer(self, group: str, port: int = 80, protocol: str = "TCP", **more: Any) -> Balancer:
        """An internal load balancer in both zones that forwards to the group. `more` goes to the listener, but `groups` are
        security groups."""
        security = {"SecurityGroups": more.pop("groups")} if "groups" in more else {}
        made = self.cloud.elbv2.create_load_balancer(
            Name=self.fresh_name("nlb"),
            Type="network",
            Scheme="internal",
            Subnets=list(self.network.subnets),
            **security,
        )["LoadBalancers"][0]
        arn = str(made["LoadBalancerArn"])
        return Balancer(arn, str(made["DNSName"]), self.listener(arn, group, port, protocol, **more), group)

    def listener(self, balancer: str, group: str, port: int, protocol: str = "TCP", **more: Any) -> str:
        """One more listener; its ARN."""
        action = {"Type": "forward", "TargetGroupArn": group}
        made = self.cloud.elbv2.create_listener(
            LoadBalancerArn=balancer, Protocol=protocol, Port=port, **{"DefaultActions": [action], **more}
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def set_group(self, group: str, **attributes: str) -> None:
        """Sets a group's attributes; "__" stands for a dot."""
        changed = [{"Key": key.replace("__", "."), "Value": value} for key, value in attributes.items()]
        self.cloud.elbv2.modify_target_group_attributes(TargetGroupArn=group, Attributes=changed)

    def health(self, group: str) -> dict[str, tuple[str, str, str]]:
        """Address -> state, reason, description of each target."""
        found = self.cloud.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return {
            t["Target"]["Id"]: (
                t["TargetHealth"]["State"],
                t["TargetHealth"].get("Reason", ""),
                t["TargetHealth"].get("Description", ""),
            )
            for t in found
        }

    def wait_health(self, group: str, state: str, *hosts: str) -> dict[str, tuple[str, str, str]]:
        """The group's health once the hosts (all if none is named) are in that state."""

        def look() -> dict[str, tuple[str, str, str]] | None:
            seen = self.health(group)
            wanted = [HOSTS.get(h, h) for h in hosts] or list(seen)
            return seen if all(seen.get(h, ("",))[0] == state for h in wanted) else None

        return wait_for(look, f"{state} targets of {group}")

    def ask(self, url: str, *options: str, vpc: str = "") -> dict[str, Any]:
        """What a host of the VPC gets."""
        return self.platform.fetch(vpc or self.vpc, url, *options)

    def backends(self, url: str, times: int = 8, vpc: str = "") -> set[str]:
        """Who answers to so many new connections."""
        script = (
            "import json, sys, urllib.request as u\n"
            "got = [json.load(u.urlopen(sys.argv[1], timeout=20))['backend'] for _ in range(int(sys.argv[2]))]\n"
            "print(json.dumps(got))\n"
        )
        done = self.platform.inside(vpc or self.vpc, ["python3", "-c", script, url, str(times)])
        assert done.stdout, done.stderr
        return set(json.loads(done.stdout))

    def wait_backends(self, url: str, *names: str) -> None:
        """Returns once new connections are answered by these hosts and no others; a host that joins is checked first."""
        wait_for(lambda: self.backends(url, 16) == set(names) or None, f"answers of {', '.join(names)} from {url}")

    def trusted_certificate(self, *names: str) -> tuple[str, str]:
        """A certificate chain and a key (PEM) by the platform's own authority, which everybody here trusts."""
        return CertificateAuthority(self.platform.state / "pki", _Now()).leaf(f"test/{'/'.join(names)}", names)

    def start_secure_host(
        self, address: str, name: str, folder: Path, chain: str, key: str, options: tuple[str, ...] = ()
    ) -> str:
        """A host that speaks TLS on port 443; its id."""
        files = folder / f"{name}.pem", folder / f"{name}.key"
        files[0].write_text(chain)
        files[1].write_text(key)
        certified = ["--certificate", str(files[0]), "--key", str(files[1]), *options]
        id = self.platform.start_origin(self.vpc, address, name, 443, certified)
        wait_for(lambda: self.ask(f"https://{address}/").get("error") not in ("refused", "time-out") or None, name)
        return id
