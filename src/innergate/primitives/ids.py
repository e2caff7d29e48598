"""AWS's identifiers: their kinds, their forms, and where fresh ones come from."""

import secrets
import string
import uuid
from typing import NewType, Protocol, final

AccountId = NewType("AccountId", str)
Region = NewType("Region", str)

GLOBAL = Region("")
"""The region of what has none (IAM, Organizations)."""

_HEX = "0123456789abcdef"
_LOWER = string.ascii_lowercase + string.digits
_ALNUM = string.ascii_letters + string.digits
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class IdSource(Protocol):
    """Where fresh identifiers come from. Everything random in a service goes through it."""

    def pick(self, alphabet: str, length: int) -> str:
        """`length` letters drawn from `alphabet`."""
        ...


@final
class RandomIds:
    """Identifiers from the operating system's randomness."""

    def pick(self, alphabet: str, length: int) -> str:
        size = len(alphabet)
        even = 256 - 256 % size
        picked = ""
        while len(picked) < length:
            drawn = secrets.token_bytes(length - len(picked))
            picked += "".join([alphabet[byte % size] for byte in drawn if byte < even])
        return picked


def fresh_ec2_id(ids: IdSource, prefix: str) -> str:
    """`vpc-` and the like: the prefix (without dash) and 17 lower hex digits."""
    return f"{prefix}-{ids.pick(_HEX, 17)}"


def fresh_hex(ids: IdSource, length: int) -> str:
    """`length` lower hex digits, as in a load balancer's ARN (16)."""
    return ids.pick(_HEX, length)


def fresh_api_id(ids: IdSource, length: int = 10) -> str:
    """API Gateway's ids: `[a-z0-9]`, 10 for an API or key, 6 for what is inside it."""
    return ids.pick(_LOWER, length)


def fresh_key_id(ids: IdSource, prefix: str) -> str:
    """IAM's unique ids and access keys: AKIA, ASIA, AIDA, AROA … and 16 of `[A-Z2-7]`."""
    return prefix + ids.pick(_UPPER, 16)


def fresh_secret(ids: IdSource, length: int = 40) -> str:
    """A secret access key (40) or an API key's value (40): letters and digits."""
    return ids.pick(_ALNUM, length)


def fresh_account_id(ids: IdSource) -> AccountId:
    """12 digits, not starting with 0."""
    return AccountId(ids.pick("123456789", 1) + ids.pick(string.digits, 11))


def fresh_uuid(ids: IdSource) -> str:
    """A random UUID (version 4) in its usual writing."""
    return str(uuid.UUID(hex=ids.pick(_HEX, 32), version=4))
