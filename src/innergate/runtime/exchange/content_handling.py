"""Text and binary payloads, and what contentHandling makes of them (developer guide, "Content type conversions")."""

import base64
import binascii
from collections.abc import Sequence
from typing import NamedTuple

from innergate.runtime.exchange.gateway_failures import configuration_error

TO_BINARY, TO_TEXT = "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"


class Payload(NamedTuple):
    """A body, and whether it counts as binary: templates read text only."""

    data: bytes
    is_binary: bool

    def text(self) -> str:
        """For a template. Raises GatewayFailure where the body is binary."""
        if self.is_binary and self.data:
            raise configuration_error("Unable to transform request")
        return self.data.decode("utf-8", "replace")


def is_binary_type(binary_media_types: Sequence[str], media_type: str) -> bool:
    """Whether a media type is among an API's binary ones, which may be `*/*` or `image/*`."""
    if not binary_media_types:
        return False
    family = f"{media_type.partition('/')[0]}/*"
    return any(known.lower() in (media_type, family, "*/*") for known in binary_media_types)


def convert_request(body: bytes, is_binary: bool, handling: str) -> Payload:
    """A request's body. Raises GatewayFailure where text that should become binary is no base64."""
    if handling == TO_TEXT and is_binary:
        return Payload(base64.b64encode(body), False)
    if handling == TO_BINARY and not is_binary:
        return Payload(_decoded(body), True)
    return Payload(body, is_binary)


def convert_response(body: bytes, *, is_binary: bool, accepts_binary: bool, handling: str) -> Payload:
    """A response's body. Raises GatewayFailure as `convert_request` does."""
    if is_binary:
        if handling == TO_TEXT or (not handling and not accepts_binary):
            return Payload(base64.b64encode(body), False)
        return Payload(body, True)
    if handling == TO_BINARY or (not handling and accepts_binary):
        return Payload(_decoded(body), True)
    return Payload(body, False)


def _decoded(body: bytes) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise configuration_error("Unable to base64 decode the body.") from None
