"""Where public APIs answer: chosen once, told where it cannot be, kept while the node lives."""

import os
import socket
from pathlib import Path

import pytest

from innergate.nets.agent_record import read_agent
from innergate.server import public_entry
from innergate.server.public_entry import choose_public_entry, hold_port
from innergate.server.settings import BadSetting, Settings, parse_public


def settings(folder: Path, port: int, host: str = "127.0.0.1") -> Settings:
    made = Settings(folder, "127.0.0.1", 0, public_host=host, public_port=port)
    made.run_folder.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture(autouse=True)
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_free_port_is_taken(tmp_path: Path) -> None:
    entry = choose_public_entry(settings(tmp_path, 0))
    assert entry.problem == ""
    assert entry.port > 1023
    assert entry.address == f"127.0.0.1:{entry.port}"


def test_nobody_wants_one(tmp_path: Path) -> None:
    entry = choose_public_entry(settings(tmp_path, 0, ""))
    assert (entry.address, entry.problem) == ("", "")


def test_a_taken_port_is_a_problem_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        entry = choose_public_entry(settings(tmp_path, other.getsockname()[1]))
    assert entry.address == ""
    assert "--public HOST:PORT" in entry.problem


def test_without_root_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    entry = choose_public_entry(settings(tmp_path, 0))
    assert entry.address == ""
    assert "without root" in entry.problem


def test_the_port_is_kept_while_the_node_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = choose_public_entry(settings(tmp_path, 0))
    with socket.socket() as own:
        own.bind(("127.0.0.1", first.port))
        own.listen()
        assert choose_public_entry(settings(tmp_path, first.port)).address == ""
        assert read_agent(tmp_path) is None
        monkeypatch.setattr(public_entry, "read_agent", lambda state: object())
        assert choose_public_entry(settings(tmp_path, first.port)) == first
        assert choose_public_entry(settings(tmp_path, 0)) == first


def test_a_held_port_is_not_another_platforms(tmp_path: Path) -> None:
    mine = choose_public_entry(settings(tmp_path / "mine", 0))
    held = hold_port(mine)
    assert held is not None
    with held:
        assert choose_public_entry(settings(tmp_path / "other", mine.port)).address == ""
        with socket.socket() as envoys:
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                envoys.setsockopt(socket.SOL_SOCKET, option, 1)
            envoys.bind((mine.host, mine.port))
            envoys.listen()
            with socket.create_connection((mine.host, mine.port), 2):
                accepted, _ = envoys.accept()
                accepted.close()
    assert hold_port(choose_public_entry(settings(tmp_path, 0, ""))) is None


def test_what_the_option_may_be() -> None:
    assert parse_public("none") == ("", 0)
    assert parse_public("localhost:4568") == ("127.0.0.1", 4568)
    assert parse_public("[::1]:0") == ("::1", 0)
    for text in ("4568", "example.com:443", "127.0.0.1:99999", ""):
        with pytest.raises(BadSetting, match="--public"):
            parse_public(text)


def test_any_port_is_the_last_runs_where_that_is_free(tmp_path: Path) -> None:
    first = choose_public_entry(settings(tmp_path, 0))
    assert choose_public_entry(settings(tmp_path, 0)) == first
    with socket.socket() as other:
        other.bind(("127.0.0.1", first.port))
        other.listen()
        second = choose_public_entry(settings(tmp_path, 0))
    assert second.port not in (0, first.port)
    assert choose_public_entry(settings(tmp_path, 0)) == second
