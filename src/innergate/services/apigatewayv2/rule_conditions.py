"""What a routing rule may ask of a request (developer guide, "Routing rules", "Restrictions"), and how it is written."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from innergate.resources.routing_rules import RuleCondition
from innergate.services.apigatewayv2.faults import bad_request

HEADER_CONDITIONS_MAX, PATH_CONDITIONS_MAX = 2, 1
HEADER_NAME_MAX, GLOB_MAX, INFIX_GLOB_MAX, BASE_PATH_MAX = 39, 127, 39, 127
"""Letters: the guide asks for fewer than 40 and 128."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'+.^_`|~-]+")
_VALUE = re.compile(r"\*|\*?[\x20-\x29\x2b-\x7e]+\*?")
"""Printable letters; an asterisk stands at the ends alone."""
_BASE_PATH = re.compile(r"[A-Za-z0-9$_.+!*'()-]+(/[A-Za-z0-9$_.+!*'()-]+)*")
_UNSUPPORTED = frozenset(
    (
        *("authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded"),
        *("keep-alive", "origin", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding"),
        *("upgrade", "via", "x-apigw-api-id", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-restapi"),
    )
)
_UNSUPPORTED_PREFIXES = ("access-control-", "apigw-", "x-amz-", "x-amzn-")


def read_conditions(given: Sequence[Mapping[str, Any]]) -> tuple[RuleCondition, ...]:
    """The conditions of a request. Raises Fault BadRequestException for what no rule may ask.

    # AWS differs: the guide's list of letters for a header's glob lacks `/` and `=`, which its own examples use: all printable
    # ones are taken.
    """
    conditions = tuple(_read_condition(condition) for condition in given)
    if sum(bool(condition.header) for condition in conditions) > HEADER_CONDITIONS_MAX:
        raise bad_request(f"A routing rule can have at most {HEADER_CONDITIONS_MAX} matchHeaders conditions.")
    if sum(bool(condition.base_path) for condition in conditions) > PATH_CONDITIONS_MAX:
        raise bad_request(f"A routing rule can have at most {PATH_CONDITIONS_MAX} matchBasePaths condition.")
    return conditions


def _read_condition(given: Mapping[str, Any]) -> RuleCondition:
    headers, paths = given.get("MatchHeaders"), given.get("MatchBasePaths")
    if headers is None and paths is None:
        raise bad_request("Each condition must have matchHeaders or matchBasePaths.")
    path = _read_base_path(_only_one(paths, "matchBasePaths")) if paths is not None else ""
    if headers is None:
        return RuleCondition(base_path=path)
    header, glob = _read_header(_only_one(headers, "matchHeaders"))
    return RuleCondition(header=header, value_glob=glob, base_path=path)


def _only_one(given: Mapping[str, Any], what: str) -> Any:
    found = list(given.get("AnyOf") or [])
    if len(found) != 1:
        raise bad_request(f"The anyOf of {what} must have exactly one element.")
    return found[0]


def _read_header(given: Mapping[str, str]) -> tuple[str, str]:
    name, glob = given["Header"], given["ValueGlob"]
    if len(name) > HEADER_NAME_MAX or _NAME.fullmatch(name) is None:
        raise bad_request(f"Invalid header name specified in the routing rule: {name}")
    if name.lower() in _UNSUPPORTED or name.lower().startswith(_UNSUPPORTED_PREFIXES):
        raise bad_request(f"The header {name} is not supported in routing rules.")
    is_infix = len(glob) > 1 and glob.startswith("*") and glob.endswith("*")
    if len(glob) > (INFIX_GLOB_MAX if is_infix else GLOB_MAX) or _VALUE.fullmatch(glob) is None:
        raise bad_request(f"Invalid header value glob specified in the routing rule: {glob}")
    return name, glob


def _read_base_path(path: str) -> str:
    if len(path) > BASE_PATH_MAX or _BASE_PATH.fullmatch(path) is None:
        raise bad_request(f"Invalid base path specified in the routing rule: {path}")
    return path


def render_condition(condition: RuleCondition) -> dict[str, Any]:
    """The condition as AWS answers it."""
    shown: dict[str, Any] = {}
    if condition.header:
        shown["MatchHeaders"] = {"AnyOf": [{"Header": condition.header, "ValueGlob": condition.value_glob}]}
    if condition.base_path:
        shown["MatchBasePaths"] = {"AnyOf": [condition.base_path]}
    return shown
