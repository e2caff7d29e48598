"""What the gateway answers where it refuses, in AWS's words."""

import json

from tests.e2e.inside import Noticed

from innergate.cli.demo.scenarios import (
    REGION,
)

FORBIDDEN = (403, '{"message":"Forbidden"}', "ForbiddenException")
FAILED = (500, '{"message":"Internal server error"}', "InternalServerErrorException")
TIMED_OUT = (504, '{"message":"Endpoint request timed out"}', "InternalServerErrorException")


def answer(noticed: Noticed) -> tuple[object, ...]:
    """Status, body and error type of what a client noticed."""
    return noticed.get("status"), noticed.get("body"), noticed.get("headers", {}).get("x-amzn-errortype")


def denied(account: str, resource: str, ending: str = " with an explicit deny") -> tuple[object, ...]:
    """AWS's words for a call that the resource policy refuses."""
    arn = f"arn:aws:execute-api:{REGION}:********{account[-4:]}:{resource}"
    message = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{ending}"
    return 403, json.dumps({"Message": message}, separators=(",", ":")), "AccessDeniedException"
