"""A platform with the private path of the cross-account scenario, and a fast origin behind it.

Consumer VPC -> execute-api endpoint -> policy -> route -> VPC link -> NLB -> endpoint -> endpoint service -> NLB -> nginx
in the application's VPC. Two stages lead there: one without access log, one with.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from rich.console import Console

from bench.effort import Unavailable
from bench.load import on_core, pin
from innergate.cli.demo.scenarios import (
    CIDR,
    REGION,
    Cloud,
    CrossAccount,
    World,
    cross_account,
    make_world,
    wait_for,
)
from innergate.cli.demo.stage import Stage
from innergate.driver.platform import RunningPlatform

PROXY_CORE, LOAD_CORE = 0, 1
ENTRY_ADDRESS, NODE_ADDRESS, ORIGIN_ADDRESS = "10.0.1.4", "10.0.1.4", "10.0.1.31"
PEER_PORTS = (8440, 8449)
SIZES = {"1k": 1024, "1m": 1024 * 1024}
ORDER_ANSWER = '{"id":4711,"state":"accepted","lines":[{"sku":"a","count":1},{"sku":"b","count":2}]}'
LOG_FORMAT = (
    '{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","requestTime":"$context.requestTime",'
    '"httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status",'
    '"protocol":"$context.protocol","responseLength":"$context.responseLength"}'
)


class Rig(NamedTuple):
    """What the peers and the load need to know. Namespaces are names under /run/netns."""

    platform: RunningPlatform
    world: World
    path: CrossAccount
    api_host: str
    envoy_pid: int
    certificate: Path
    key: Path
    entry_namespace: str
    client_namespace: str
    gateway_namespace: str
    application_namespace: str
    application_client_namespace: str


def need(*tools: str) -> None:
    """Raises Unavailable, naming the tools that are not installed."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"{', '.join(missing)} not installed: run scripts/setup-bench")
    if os.geteuid() != 0:
        raise Unavailable("the load must be put into the platform's namespaces, which needs root")
    if (os.cpu_count() or 1) < 2:
        raise Unavailable("the proxy and the load each need a core of their own")


def inside(namespace: str, command: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The command line that runs `command` in a namespace."""
    return ("ip", "netns", "exec", namespace, *command)


@contextmanager
def running_rig() -> Iterator[Rig]:
    """Builds it, hands it over, takes it down."""
    need("wrk", "nginx", "ip", "taskset")
    with tempfile.TemporaryDirectory(prefix="innergate-bench-") as folder, _one_of_each() as platform:
        stage = Stage(Console(quiet=True))
        world = make_world(stage, platform)
        path = cross_account(stage, platform, world)
        _admit_peers(world)
        _use_fast_origin(platform, world, Path(folder))
        _add_logged_stage(platform, world.gateway, path.api)
        client = _host(platform, world.consumer_network.vpc, "load", ("sleep", "infinity"))
        application_client = _host(platform, world.application_network.vpc, "load", ("sleep", "infinity"))
        platform.settle()
        pid = int(json.loads((platform.state / "run" / "envoy.pid.json").read_text())["pid"])
        pin(pid, PROXY_CORE)
        for other in _own_processes(platform) - {pid}:
            pin(other, LOAD_CORE)
        certificate = next((platform.state / "pki").glob("leaf-*.pem"))
        yield Rig(
            platform=platform,
            world=world,
            path=path,
            api_host=f"{path.api}.execute-api.us-east-1.amazonaws.com",
            envoy_pid=pid,
            certificate=certificate,
            key=certificate.with_suffix(".key"),
            entry_namespace=_namespace(world.consumer_network.vpc),
            client_namespace=_namespace(client),
            gateway_namespace=_namespace(world.gateway_network.vpc),
            application_namespace=_namespace(world.application_network.vpc),
            application_client_namespace=_namespace(application_client),
        )


def _one_of_each() -> RunningPlatform:
    """One thread of Envoy's and one worker of the runtime: what a core does is what one of them does."""
    return RunningPlatform(concurrency=1, options=("--runtime-workers", "1"))


def _own_processes(platform: RunningPlatform) -> set[int]:
    """The control process and the agent, as they say."""
    status = platform.client.call("GET", "/status")
    return {int(status["pid"]), int(status["agent"]["pid"])}


def _namespace(resource: str) -> str:
    found = [path.name for path in Path("/run/netns").iterdir() if path.name.endswith(resource)]
    if not found:
        raise Unavailable(f"{resource} has no namespace under /run/netns")
    return found[0]


def _host(platform: RunningPlatform, vpc: str, name: str, command: tuple[str, ...], address: str = "") -> str:
    """Starts a host of the VPC; its id."""
    request = {"vpc": vpc, "ip": address, "name": name, "command": list(command), "environment": dict(os.environ)}
    return str(platform.client.call("POST", "/workloads", request)["id"])


def _admit_peers(world: World) -> None:
    """Peers listen beside the endpoint: its security group lets them."""
    ec2 = world.consumer.ec2
    filters = [{"Name": "group-name", "Values": ["execute-api"]}]
    group = ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    first, last = PEER_PORTS
    rule = {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": CIDR}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _use_fast_origin(platform: RunningPlatform, world: World, folder: Path) -> None:
    """Puts one nginx in the place of the scenario's origins."""
    command = on_core(LOAD_CORE, ("nginx", "-c", str(write_origin(folder)), "-g", "daemon off;"))
    _host(platform, world.application_network.vpc, "origin", command, ORIGIN_ADDRESS)
    elbv2 = world.application.elbv2
    group = elbv2.describe_target_groups(Names=["application"])["TargetGroups"][0]["TargetGroupArn"]
    before = [d["Target"] for d in elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": ORIGIN_ADDRESS, "Port": 80}])

    def is_healthy() -> bool | None:
        found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        states = {d["Target"]["Id"]: d["TargetHealth"]["State"] for d in found}
        return True if states.get(ORIGIN_ADDRESS) == "healthy" else None

    wait_for(is_healthy, "the origin to be healthy")
    elbv2.deregister_targets(TargetGroupArn=group, Targets=before)


def write_origin(folder: Path) -> Path:
    """The configuration of an nginx that serves one body of each size, from memory or the page cache."""
    for name, size in SIZES.items():
        (folder / name).write_bytes(b"x" * size)
    folder.chmod(0o755)
    text = f"""
worker_processes 1;
pid {folder}/origin.pid;
error_log {folder}/origin.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  server {{
    listen 80 backlog=4096;
    location = /order {{ default_type application/json; return 200 '{ORDER_ANSWER}'; }}
    location = /1k {{ return 200 "{"x" * SIZES["1k"]}"; }}
    location / {{ root {folder}; }}
  }}
}}
"""
    path = folder / "origin.conf"
    path.write_text(text)
    return path


def _iam(platform: RunningPlatform, account: str) -> Any:
    environment = platform.environment(account)
    return boto3.client(
        "iam",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )


def _add_logged_stage(platform: RunningPlatform, gateway: Cloud, api: str) -> None:
    destination = f"arn:aws:logs:us-east-1:{gateway.account}:log-group:bench"
    iam = _iam(platform, gateway.account)
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "apigateway.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="bench-logs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    may_log = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may_log]})
    iam.put_role_policy(RoleName="bench-logs", PolicyName="log", PolicyDocument=policy)
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role}
    gateway.apigateway.update_account(patchOperations=[patch])
    gateway.apigateway.create_deployment(restApiId=api, stageName="logged")
    operations = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": destination},
        {"op": "replace", "path": "/accessLogSettings/format", "value": LOG_FORMAT},
    ]
    gateway.apigateway.update_stage(restApiId=api, stageName="logged", patchOperations=operations)
