"""Throttling: a stage's default for each of its methods, a method's own settings.

Developer guide, "Throttle requests to your REST APIs": "*/*" is the default *of each method*; a method's own settings win.
"""

from innergate.compile.resolve.api_blueprint import Bucket
from innergate.resources.api_keys import Throttle
from innergate.resources.stages import Stage

ACCOUNT_BURST = 5000
ACCOUNT_RATE_PER_S = 10_000.0
"""What an account may do in a region (developer guide, quotas); half of a setting stands for the other half."""


def method_throttle(stage: Stage, path: str, verb: str) -> Bucket | None:
    """The bucket of one method; None where nobody has set one."""
    if not stage.method_settings:
        return None
    for key in _keys(path, verb):
        settings = stage.method_settings.get(key)
        if settings and ("throttlingBurstLimit" in settings or "throttlingRateLimit" in settings):
            burst = int(settings.get("throttlingBurstLimit", ACCOUNT_BURST))
            rate = float(settings.get("throttlingRateLimit", ACCOUNT_RATE_PER_S))
            return None if burst < 0 or rate < 0 else Bucket(burst=burst, rate_per_s=rate)
    return None


_OF_STAGE = "*/*"
_PATCH_NAMES = {
    "metricsEnabled": "metrics/enabled",
    "loggingLevel": "logging/loglevel",
    "dataTraceEnabled": "logging/dataTrace",
    "throttlingBurstLimit": "throttling/burstLimit",
    "throttlingRateLimit": "throttling/rateLimit",
    "cachingEnabled": "caching/enabled",
    "cacheTtlInSeconds": "caching/ttlInSeconds",
    "cacheDataEncrypted": "caching/dataEncrypted",
    "requireAuthorizationForCacheControl": "caching/requireAuthorizationForCacheControl",
    "unauthorizedCacheControlHeaderStrategy": "caching/unauthorizedCacheControlHeaderStrategy",
}
"""Members of MethodSetting by the ends of their patch paths."""


def named_settings(stage: Stage, path: str, verb: str) -> dict[str, bool | int | float | str]:
    """All of a method's settings, its own over the stage's defaults, by the names that patches have. Of caches the stage speaks
    for GET alone; methods of other verbs may have one by settings of their own (developer guide, "Cache settings for REST
    APIs")."""
    settings: dict[str, bool | int | float | str] = {}
    for key in reversed(_keys(path, verb)):
        settings |= stage.method_settings.get(key, {})
        if key == _OF_STAGE and verb not in ("GET", "ANY"):
            settings.pop("cachingEnabled", None)
    return {_PATCH_NAMES.get(name, name): value for name, value in settings.items()}


def logs_everything(stage: Stage, path: str, verb: str) -> bool:
    """Whether the method's execution log tells of every call, not of failures alone."""
    return bool(stage.method_settings) and named_settings(stage, path, verb).get("logging/loglevel") == "INFO"


def caches_answers(stage: Stage, path: str, verb: str) -> bool:
    """Whether the stage's cache keeps answers of the method; of ANY those to GET."""
    is_asked = stage.cache_cluster_enabled and bool(stage.method_settings)
    return is_asked and named_settings(stage, path, verb).get("caching/enabled") is True


def _keys(path: str, verb: str) -> tuple[str, ...]:
    """How settings may name the method, the nearest first: with or without the first slash, slashes escaped or not. The root
    resource is "~1/GET", "//GET" or "/GET"."""
    bare, escaped = path.lstrip("/"), path.replace("/", "~1")
    named = (f"{bare.replace('/', '~1')}/{verb}", f"{escaped}/{verb}", f"{bare}/{verb}", f"{path}/{verb}")
    return (*dict.fromkeys(named), _OF_STAGE)


def plan_bucket(throttle: Throttle | None) -> Bucket | None:
    """The bucket of a usage plan's throttle; None where it is not set."""
    if throttle is None:
        return None
    return Bucket(burst=throttle.burst_limit, rate_per_s=throttle.rate_limit)
