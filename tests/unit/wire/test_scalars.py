from datetime import UTC, datetime

import pytest

from innergate.wire import scalars

MOMENT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T08:00:00Z",
        "2026-11-22T08:00:00.000Z",
        "2026-11-22T09:00:00+01:00",
        "20261122T080000Z",
        "Sun, 22 Nov 2026 08:00:00 GMT",
        "1795334400",
        "1.7953344e9",
    ],
)
def test_timestamps_in_every_writing(text: str) -> None:
    assert scalars.parse_timestamp(text) == MOMENT


@pytest.mark.parametrize(
    "text", ["", "x", "2026-13-01", "1e400", "2026-11-22T25:00:00Z", "Sun, 22 Xxx 2026 08:00:00 GMT", "9" * 30]
)
def test_no_timestamps(text: str) -> None:
    with pytest.raises(ValueError):
        scalars.parse_timestamp(text)


def test_milliseconds_only_where_there_are_any() -> None:
    late = MOMENT.replace(microsecond=123_000)
    assert scalars.render_iso(MOMENT) == "2026-11-22T08:00:00Z"
    assert scalars.render_iso(MOMENT, always_millis=True) == "2026-11-22T08:00:00.000Z"
    assert scalars.render_iso(late) == "2026-11-22T08:00:00.123Z"
    assert scalars.render_epoch(MOMENT) == 1795334400
    assert scalars.render_epoch(late) == 1795334400.123
    assert scalars.render_http_date(late) == "Sun, 22 Nov 2026 08:00:00 GMT"


def test_numbers_and_blobs_are_strict() -> None:
    assert scalars.parse_integer("-5", "integer") == -5
    for text in ("1_000", " 1", "١", "2147483648", "1.0", ""):
        with pytest.raises(ValueError):
            scalars.parse_integer(text, "integer")
    for text in ("inf", "nan", "1_0", "0x1"):
        with pytest.raises(ValueError):
            scalars.parse_float(text)
    with pytest.raises(ValueError, match="base64"):
        scalars.parse_blob("a!b")
    assert scalars.render_float(float("-inf")) == "-Infinity"
