"""A state folder whose sockets could not be opened is refused in a sentence."""

from pathlib import Path

import pytest

from innergate.server.settings import LONGEST_SOCKET_PATH_BYTES, BadSetting, Settings, check_state_path

ROOM = LONGEST_SOCKET_PATH_BYTES - len("/run/envoy-admin.sock")


def settings(length: int, workers: int = 2) -> Settings:
    return Settings(Path("/" + "x" * (length - 1)), "127.0.0.1", 0, runtime_workers=workers)


def test_the_longest_socket_decides() -> None:
    check_state_path(settings(ROOM))
    with pytest.raises(BadSetting, match=r"envoy-admin\.sock is a socket, whose path may have 107 bytes"):
        check_state_path(settings(ROOM + 1))
    with pytest.raises(BadSetting, match=r"runtime-1000\.sock"):
        check_state_path(settings(ROOM, workers=1001))


def test_bytes_count_and_not_letters() -> None:
    with pytest.raises(BadSetting):
        check_state_path(Settings(Path("/" + "ü" * (ROOM // 2 + 1)), "127.0.0.1", 0))
