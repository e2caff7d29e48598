"""The canonical form of a request: what SigV4 signs (AWS IAM User Guide, "Create a signed AWS API request").

Works on the raw request. Path bytes are encoded once more, so `%2F` is signed as `%252F` (Amazon S3 alone wants them encoded
once, and dots and slashes as they are); query names and values are decoded
exactly as the parsers decode them and encoded anew, so two queries that sign alike also mean alike.
"""

import hashlib
import re
from urllib.parse import quote, unquote_to_bytes

from innergate.wire.http import HttpRequest

_SPACES = re.compile(r"\s+")
_UNRESERVED = "-_.~"


def canonical_request(
    request: HttpRequest, signed_headers: tuple[str, ...], normalise: bool = True, skip: str = "", service: str = ""
) -> str:
    """The six parts, joined by newlines. `skip` names query parameters (comma-separated) that are not signed."""
    query = canonical_query(request.raw_query, frozenset(skip.split(",")) if skip else frozenset())
    values = canonical_headers(request)
    headers = "".join(f"{name}:{values.get(name, '')}\n" for name in signed_headers)
    path = _encode_path(request.raw_path) if service == "s3" else canonical_path(request.raw_path, normalise)
    digest = hashlib.sha256(request.body).hexdigest()
    return "\n".join((request.method, path, query, headers, ";".join(signed_headers), digest))


def canonical_path(raw_path: str, normalise: bool = True) -> str:
    """The path, dot segments resolved and slashes collapsed, encoded once more."""
    path = raw_path or "/"
    if normalise:
        path = _resolve(path)
    return quote(path.encode("latin-1"), safe="/" + _UNRESERVED)


def _encode_path(raw_path: str) -> str:
    return quote(unquote_to_bytes((raw_path or "/").encode("latin-1")), safe="/" + _UNRESERVED)


def _resolve(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if kept:
                kept.pop()
        elif part not in ("", "."):
            kept.append(part)
    body = "/".join(kept)
    ends_open = path.endswith("/") and body
    return f"/{body}/" if ends_open else f"/{body}"


def canonical_query(raw_query: str, skip: frozenset[str] = frozenset()) -> str:
    """Names and values encoded alike and sorted, as bytes, by name and then by value."""
    pairs = []
    for piece in raw_query.split("&"):
        if not piece:
            continue
        name, _, value = piece.partition("=")
        encoded = (_encode(name), _encode(value))
        if encoded[0] not in skip:
            pairs.append(encoded)
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ").encode("latin-1")), safe=_UNRESERVED)


def canonical_headers(request: HttpRequest) -> dict[str, str]:
    """Each header's values by its name in small letters: trimmed, inner spaces collapsed, joined by commas. All at once, since
    a claim may name as many as it likes."""
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name.lower(), []).append(_SPACES.sub(" ", value.strip()))
    return {name: ",".join(each) for name, each in values.items()}
