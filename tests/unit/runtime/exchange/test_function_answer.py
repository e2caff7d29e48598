"""Statuses that no answer has."""

import json

import pytest

from innergate.runtime.exchange.function_answer import PRELUDE_END, NoProxyAnswer, read_streamed_answer


@pytest.mark.parametrize("status", ["9" * 5_000, float("inf"), float("nan"), 10**300, "", "²", -200])
def test_a_status_that_is_none_makes_no_answer(status: object) -> None:
    with pytest.raises(NoProxyAnswer):
        read_streamed_answer(json.dumps({"statusCode": status}).encode() + PRELUDE_END)


def test_a_status_in_a_string_counts() -> None:
    assert read_streamed_answer(b'{"statusCode":"201"}' + PRELUDE_END).status == 201
