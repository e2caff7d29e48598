"""The body of an answer, and how much of it a worker takes."""

import pytest

from innergate.runtime.held_body import MAX_ANSWER_BYTES, HeldBody, NoRoomForAnswer


def test_parts_make_a_whole() -> None:
    asked: list[int] = []

    def hold(size_bytes: int) -> bool:
        asked.append(size_bytes)
        return True

    body = HeldBody(hold)
    for part in (b"ab", b"", b"c"):
        body.add(part)
    assert (body.join(), asked) == (b"abc", [2, 0, 1])


def test_more_than_10_mb_are_too_much() -> None:
    body = HeldBody(lambda size: True)
    body.add(bytes(MAX_ANSWER_BYTES))
    with pytest.raises(NoRoomForAnswer, match="over 10 MB"):
        body.add(b"x")


def test_what_there_is_no_room_for_is_not_kept() -> None:
    body = HeldBody(lambda size: size < 3)
    body.add(b"ab")
    with pytest.raises(NoRoomForAnswer, match="holds as much"):
        body.add(b"abc")
    assert body.join() == b"ab"
