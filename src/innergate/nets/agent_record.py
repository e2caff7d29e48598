"""What a running agent leaves in its state folder. Light to import: whoever starts an agent looks for one first."""

import os
from pathlib import Path

import msgspec

from innergate.nets.processes import is_running, read_record, read_start_time
from innergate.nets.state_folder import StateFolder


class AgentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How others find the agent. `started` in clock ticks since boot; `holder` is a process that sits in its namespaces."""

    pid: int
    started: int
    rootless: bool
    holder: int


def read_agent(state: Path) -> AgentRecord | None:
    """The running agent, None if there is none."""
    try:
        record = msgspec.json.decode(StateFolder(state).agent_record.read_bytes(), type=AgentRecord)
    except (OSError, msgspec.DecodeError):
        return None
    return record if read_start_time(record.pid) == record.started else None


def is_left_running(state: Path) -> bool:
    """Whether an agent or an Envoy of the folder runs; without control, that is."""
    envoy = read_record(StateFolder(state).envoy_record)
    return read_agent(state) is not None or (envoy is not None and is_running(envoy))


def find_other_folder(state: Path) -> Path | None:
    """The state folder of the running processes that this one's records name, if it is another one."""
    folder = StateFolder(state)
    agent, envoy = read_agent(state), read_record(folder.envoy_record)
    served = [_argument_of(agent.pid, "--state")] if agent is not None else []
    if envoy is not None and is_running(envoy):
        configuration = _argument_of(envoy.pid, "--config-path")
        served.append(configuration.parent.parent if configuration is not None else None)
    return next((path for path in served if path is not None and not _is_same(path, state)), None)


def _argument_of(pid: int, option: str) -> Path | None:
    """What a process was started with; None where that cannot be seen."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return Path(os.fsdecode(words[words.index(option.encode()) + 1]))
    except (OSError, ValueError, IndexError):
        return None


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
