"""The settings of a stage's methods: their names in patches, their types, their defaults."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import CACHE_TTL_MAX_S
from innergate.services.apigateway.patches import read_bool, read_int, read_number

Value = bool | int | float | str

DEFAULTS: dict[str, Value] = {
    "metricsEnabled": False,
    "loggingLevel": "OFF",
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
"""What AWS shows for the members that were not set, once one is."""


class Setting(NamedTuple):
    """A member of MethodSetting, and how its text becomes a value."""

    member: str
    read: Callable[[str | None], Value]


def _one_of(*allowed: str) -> Callable[[str | None], Value]:
    def read(text: str | None) -> Value:
        if text not in allowed:
            raise bad_request(f"Invalid value specified: {text}. Valid values are [{', '.join(allowed)}]")
        return text

    return read


def _limit(text: str | None) -> int:
    number = read_int(text, f"Invalid throttling burst limit: {text}")
    if number < -1:
        raise bad_request(f"Invalid throttling burst limit: {text}")
    return number


def _rate(text: str | None) -> float:
    number = read_number(text, f"Invalid throttling rate limit: {text}")
    if number < 0 and number != -1:
        raise bad_request(f"Invalid throttling rate limit: {text}")
    return number


def _ttl(text: str | None) -> int:
    refusal = f"Invalid cache TTL: must be between 0 and {CACHE_TTL_MAX_S} seconds"
    number = read_int(text, refusal)
    if not 0 <= number <= CACHE_TTL_MAX_S:
        raise bad_request(refusal)
    return number


SETTINGS: dict[tuple[str, str], Setting] = {
    ("metrics", "enabled"): Setting("metricsEnabled", read_bool),
    ("logging", "dataTrace"): Setting("dataTraceEnabled", read_bool),
    ("logging", "loglevel"): Setting("loggingLevel", _one_of("OFF", "ERROR", "INFO")),
    ("throttling", "burstLimit"): Setting("throttlingBurstLimit", _limit),
    ("throttling", "rateLimit"): Setting("throttlingRateLimit", _rate),
    ("caching", "ttlInSeconds"): Setting("cacheTtlInSeconds", _ttl),
    ("caching", "enabled"): Setting("cachingEnabled", read_bool),
    ("caching", "dataEncrypted"): Setting("cacheDataEncrypted", read_bool),
    ("caching", "requireAuthorizationForCacheControl"): Setting("requireAuthorizationForCacheControl", read_bool),
    ("caching", "unauthorizedCacheControlHeaderStrategy"): Setting(
        "unauthorizedCacheControlHeaderStrategy",
        _one_of("FAIL_WITH_403", "SUCCEED_WITH_RESPONSE_HEADER", "SUCCEED_WITHOUT_RESPONSE_HEADER"),
    ),
}
"""The last two segments of a patch path -> the setting (recorded error text of UpdateStage)."""


def whole_settings(given: Mapping[str, Value]) -> dict[str, Value]:
    """The settings with AWS's defaults for the members that were not set."""
    return {**DEFAULTS, **given}
