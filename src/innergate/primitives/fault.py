"""A fault is what AWS says when it refuses a call: a code, a message and an HTTP status."""

from typing import Any, final


@final
class Fault(Exception):
    """The caller did what AWS refuses. `code` and `message` are AWS's own words; `status` is the HTTP status.

    `fields` holds further members of the modelled error shape (say `resourceType` of apigatewayv2's NotFoundException).
    """

    def __init__(self, code: str, message: str, status: int = 400, fields: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields or {}
