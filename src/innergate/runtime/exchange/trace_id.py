"""X-Amzn-Trace-Id."""

import re

from innergate.runtime.exchange.call import Call

_NO_DIGITS = re.compile(r"[^0-9a-f]+")


def trace_id(call: Call) -> str:
    """The client's own where it has a root; else one of the call's time and id (X-Ray developer guide, "Tracing header")."""
    own = call.header("x-amzn-trace-id")
    if own is not None and "Root=" in own:
        return own.partition(";Sampled=")[0]
    digits = _NO_DIGITS.sub("", call.request_id.lower())
    return f"Root=1-{call.received_ms // 1000:08x}-{digits[:24]:0>24}"
