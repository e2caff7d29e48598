"""What an integration gives back, whatever it is, and what a method makes of it."""

from typing import NamedTuple

from innergate.runtime.exchange.body_rest import BodyRest
from innergate.runtime.exchange.call import Headers


class IntegrationReply(NamedTuple):
    """`selector` is what selection patterns are tried on: the status, or a function's error message ("" where it made none)."""

    status: int
    selector: str
    headers: Headers = ()
    body: bytes = b""


class MethodAnswer(NamedTuple):
    """What the method answers, before headers that the gateway adds to each call's. `rest` is what of the body is yet to
    come."""

    status: int
    headers: Headers
    body: bytes
    rest: BodyRest | None = None
