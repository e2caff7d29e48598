"""What ends a platform is said in a sentence where an operator can do something, and whole where only a maintainer can."""

import asyncio
import sys
from pathlib import Path

import pytest

from innergate.server import agent_process, ending_agent, up
from innergate.server.agent_process import AgentProcess
from innergate.server.settings import CannotListen, Settings
from innergate.server.up import single
from innergate.store.errors import StoreDamaged, StoreUnwritable


@pytest.mark.parametrize("said", [CannotListen("a"), StoreDamaged("b"), StoreUnwritable("c")])
def test_one_that_says_what_to_do_stands_alone(said: Exception) -> None:
    assert single(ExceptionGroup("all", [said])) is said
    assert single(ExceptionGroup("all", [ExceptionGroup("servers", [said, StoreDamaged("too")])])) is said


def test_a_bug_beside_it_is_not_hidden() -> None:
    for bugs in ([KeyError("x")], [StoreDamaged("b"), ExceptionGroup("servers", [KeyError("x")])]):
        group = ExceptionGroup("all", bugs)
        assert single(group) is group


_OBEDIENT = """
import asyncio, sys
from innergate.nets.framing import TO_AGENT, frame, read_message
from innergate.plans.node_messages import Hello, Stop
async def main():
    reader, writer = await asyncio.open_unix_connection(sys.argv[1])
    writer.write(frame(Hello(node='local', pid=1, applied_revision=0)))
    while not isinstance(await read_message(reader, TO_AGENT), Stop):
        pass
    open(sys.argv[2], 'w').close()
asyncio.run(main())
"""


def test_what_an_agent_that_does_not_greet_has_made_is_taken_down_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path, "127.0.0.1", 0)
    stopped = tmp_path / "stopped"
    deaf, obedient = ["sleep", "60"], [sys.executable, "-c", _OBEDIENT, str(settings.node_socket), str(stopped)]
    commands = [deaf, obedient]
    monkeypatch.setattr(agent_process, "agent_command", lambda state, arguments: commands.pop(0))
    monkeypatch.setattr(ending_agent, "GREETING_TIMEOUT_S", 3.0)
    settings.store_path.write_bytes(b"no database" * 1000)
    agent = AgentProcess(settings)
    agent.ensure()
    interval_s = sys.getswitchinterval()
    try:
        with pytest.raises(StoreDamaged):
            asyncio.run(up.Up(settings, agent, lambda platform: None).run())
    finally:
        sys.setswitchinterval(interval_s)
    assert stopped.exists()
    assert (commands, agent.starts, agent.runs()) == ([], 2, False)
