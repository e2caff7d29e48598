"""What a running agent leaves in its state folder. Light to import: whoever starts an agent looks for one first."""

from pathlib import Path

import msgspec

from innergate.nets.processes import read_start_time
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
