"""Timestamps, numbers and blobs between Python and text. The same on every protocol; errors are ValueError."""

import base64
import binascii
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_BASIC_ISO = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?(Z)?", re.ASCII)
_HTTP_DATE = re.compile(
    r"[A-Za-z]{3}, (\d{2}) ([A-Za-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))? GMT", re.ASCII
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

INTEGER_RANGE = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


def parse_timestamp(text: str) -> datetime:
    """An aware UTC instant from ISO 8601 (extended or basic), an HTTP date, or epoch seconds."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return from_epoch(float(text))
    if match := _ISO.fullmatch(text) or _BASIC_ISO.fullmatch(text):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
        micro = int((fraction or "0").ljust(6, "0")[:6])
        instant = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro, UTC
        )
        return _in_utc(instant, zone)
    if match := _HTTP_DATE.fullmatch(text):
        day, name, year, hour, minute, second, fraction = match.groups()
        if name.lower() not in _MONTHS:
            raise ValueError(f"no timestamp: {text!r}")
        micro = int((fraction or "0").ljust(6, "0")[:6])
        month_number = _MONTHS.index(name.lower()) + 1
        return datetime(int(year), month_number, int(day), int(hour), int(minute), int(second), micro, UTC)
    raise ValueError(f"no timestamp: {text!r}")


def _in_utc(instant: datetime, zone: str | None) -> datetime:
    if zone is None or zone in "Zz":
        return instant
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    try:
        return instant.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"time zone out of range: {zone}") from None


def from_epoch(seconds: float) -> datetime:
    """The instant so many seconds after 1970, exact to the microsecond."""
    if not math.isfinite(seconds):
        raise ValueError("no finite timestamp")
    try:
        whole = math.floor(seconds)
        return EPOCH + timedelta(seconds=whole, microseconds=round((seconds - whole) * 1_000_000))
    except OverflowError:
        raise ValueError("timestamp out of range") from None


def render_epoch(instant: datetime) -> int | float:
    """Epoch seconds, with milliseconds only where there are any."""
    delta = _aware(instant) - EPOCH
    seconds = delta.days * 86400 + delta.seconds
    millis = delta.microseconds // 1000
    return seconds if not millis else (seconds * 1000 + millis) / 1000


def render_iso(instant: datetime, always_millis: bool = False) -> str:
    """`2026-11-22T08:00:00Z`, with three decimals where there are milliseconds or the protocol always writes them."""
    moment = _aware(instant).astimezone(UTC)
    millis = moment.microsecond // 1000
    head = f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}T{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    return f"{head}.{millis:03d}Z" if millis or always_millis else f"{head}Z"


def render_http_date(instant: datetime) -> str:
    """`Sun, 22 Nov 2026 08:00:00 GMT`."""
    return format_datetime(_aware(instant).astimezone(UTC), usegmt=True)


def render_timestamp(instant: datetime, style: str, always_millis: bool = False) -> str | int | float:
    """`instant` in the model's `timestampFormat` (`iso8601`, `rfc822`, `unixTimestamp`)."""
    match style.lower():
        case "iso8601":
            return render_iso(instant, always_millis)
        case "rfc822":
            return render_http_date(instant)
        case _:
            return render_epoch(instant)


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def parse_integer(text: str, kind: str) -> int:
    """A whole number of the shape type `kind` (`integer`, `long`) from text."""
    if not _INTEGER.fullmatch(text):
        raise ValueError("no whole number")
    return in_range(int(text), kind)


def in_range(value: int, kind: str) -> int:
    """`value`, if the shape type `kind` can hold it."""
    low, high = INTEGER_RANGE[kind]
    if not low <= value <= high:
        raise ValueError(f"out of the range of {kind}")
    return value


def parse_float(text: str) -> float:
    """A number from text; `NaN`, `Infinity` and `-Infinity` as AWS spells them."""
    if text in ("NaN", "Infinity", "-Infinity"):
        return float(text)
    if not _NUMBER.fullmatch(text):
        raise ValueError("no number")
    return float(text)


def render_float(value: float) -> str | float:
    """The number itself, or AWS's name of what JSON has no number for."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def parse_boolean(text: str) -> bool:
    """`true` or `false`, whatever the case."""
    match text.lower():
        case "true":
            return True
        case "false":
            return False
    raise ValueError("no boolean")


def parse_blob(text: str) -> bytes:
    """Bytes from base64, strictly."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("no base64") from None


def render_blob(value: bytes | str) -> str:
    """Base64 of bytes, or of a text's UTF-8."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode("ascii")


def require_unicode(text: str) -> str:
    """`text`, unless it holds half of a surrogate pair, which no UTF-8 document can carry."""
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("no valid Unicode") from None
    return text
