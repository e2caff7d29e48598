"""Actions by which an application load balancer answers itself, redirects and fixed responses: which of them AWS refuses."""

import re
from collections.abc import Mapping
from typing import Any

from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault

CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")
"""FixedResponseActionConfig in the elbv2 service model."""
MESSAGE_MAX = 1024

_KEYWORDS = re.compile(r"#\{([^}]*)\}")
_MAY_HOLD = {
    "Host": {"host"},
    "Path": {"host", "path", "port"},
    "Query": {"protocol", "host", "port", "path", "query"},
}
_TEXT_MAX = 128


def check_redirect(config: Mapping[str, Any], protocol: str, port: int) -> None:
    """Raises Fault ValidationError, or InvalidLoadBalancerAction where the redirect leads back to where it began."""
    scheme, at = str(config.get("Protocol") or "#{protocol}"), str(config.get("Port") or "#{port}")
    host, path = str(config.get("Host") or "#{host}"), str(config.get("Path") or "/#{path}")
    if config.get("StatusCode") not in ("HTTP_301", "HTTP_302"):
        raise Fault(
            "ValidationError", f"Redirect status code '{config.get('StatusCode')}' must be HTTP_301 or HTTP_302"
        )
    if scheme not in ("HTTP", "HTTPS", "#{protocol}"):
        raise Fault("ValidationError", f"Redirect protocol '{scheme}' must be one of: [HTTP, HTTPS, #{{protocol}}]")
    if at != "#{port}" and not read_digits(at, 65535):
        raise Fault("ValidationError", f"Redirect port '{at}' must be in the range [1-65535] or #{{port}}")
    if not path.startswith("/"):
        raise Fault("ValidationError", f"Redirect path '{path}' must begin with '/'")
    for member, known in _MAY_HOLD.items():
        text = str(config.get(member) or "")
        strange = [word for word in _KEYWORDS.findall(text[:_TEXT_MAX]) if word not in known]
        if len(text) > _TEXT_MAX or strange or any(ord(letter) < 32 for letter in text):
            raise Fault("ValidationError", f"Redirect {member.lower()} '{text}' is not valid")
    if protocol == "HTTPS" and scheme == "HTTP":
        raise Fault("InvalidLoadBalancerAction", "A redirect from HTTPS to HTTP is not supported")
    if scheme in ("#{protocol}", protocol) and at in ("#{port}", str(port)) and host == "#{host}" and "#{path}" in path:
        raise Fault("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.")


def check_fixed_response(config: Mapping[str, Any]) -> None:
    """Raises Fault ValidationError."""
    status, type = str(config.get("StatusCode") or ""), config.get("ContentType") or ""
    if not re.fullmatch(r"[245]\d\d", status):
        raise Fault("ValidationError", f"Fixed response status code '{status}' must be 2XX, 4XX or 5XX")
    if type and type not in CONTENT_TYPES:
        raise Fault("ValidationError", f"The content type must be one of:'[{', '.join(CONTENT_TYPES)}]'")
    if len(config.get("MessageBody") or "") > MESSAGE_MAX:
        raise Fault("ValidationError", f"The message body is too long; the limit is '{MESSAGE_MAX}'")
