"""Names of invocations."""

import random

_VERSION_4 = 0x40008000000000000000
_KEPT = 0xFFFFFFFFFFFF0FFF3FFFFFFFFFFFFFFF


def fresh_request_id() -> str:
    """A random UUID (RFC 9562, version 4). It names an invocation and opens nothing, so it need not be secret."""
    digits = f"{random.getrandbits(128) & _KEPT | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
