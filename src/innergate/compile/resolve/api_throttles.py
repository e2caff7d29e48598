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
    for key in (f"{path.lstrip('/').replace('/', '~1')}/{verb}", f"{path.replace('/', '~1')}/{verb}", "*/*"):
        settings = stage.method_settings.get(key)
        if settings and ("throttlingBurstLimit" in settings or "throttlingRateLimit" in settings):
            burst = int(settings.get("throttlingBurstLimit", ACCOUNT_BURST))
            rate = float(settings.get("throttlingRateLimit", ACCOUNT_RATE_PER_S))
            return None if burst < 0 or rate < 0 else Bucket(burst=burst, rate_per_s=rate)
    return None


def plan_bucket(throttle: Throttle | None) -> Bucket | None:
    """The bucket of a usage plan's throttle; None where it is not set."""
    if throttle is None:
        return None
    return Bucket(burst=throttle.burst_limit, rate_per_s=throttle.rate_limit)
