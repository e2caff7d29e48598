"""What an agent is started with."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import msgspec

from innergate.nets.state_folder import StateFolder


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`prefix` names namespaces that are this agent's; those that no plan wants are removed at the start. `host_namespace` is
    the name that the agent's own network gets beside them; it must not begin with `prefix`."""

    folder: StateFolder
    node: str = "local"
    envoy_concurrency: int = 0
    workers: int = 1
    runs_envoy: bool = True
    socket: Path
    prefix: str = ""
    host_namespace: str = ""
    is_rootless: bool = False


def parse_settings(arguments: Sequence[str] | None) -> AgentSettings:
    """From the command line."""
    parser = argparse.ArgumentParser(prog="innergate.nets.agent")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--node", default="local")
    parser.add_argument("--envoy-concurrency", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--no-envoy", action="store_true")
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--host-namespace", default="")
    parser.add_argument("--rootless", action="store_true")
    options = parser.parse_args(arguments)
    folder = StateFolder(options.state.resolve())
    return AgentSettings(
        folder=folder,
        node=options.node,
        envoy_concurrency=options.envoy_concurrency,
        workers=options.workers,
        runs_envoy=not options.no_envoy,
        socket=options.socket or folder.node_socket,
        prefix=options.prefix,
        host_namespace=options.host_namespace,
        is_rootless=options.rootless,
    )
