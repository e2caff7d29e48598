"""AWS Signature Version 4: read a request's claim, verify it, make one. In the header or presigned in the query.

Where the secret comes from and whether the key may act is not known here. Texts: aws-semantics 8.2.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, NoReturn

from innergate.primitives.region_names import NO_REGION, REGION_NAMES
from innergate.primitives.secret import Secret
from innergate.wire import form_body, refusals
from innergate.wire.canonical import canonical_request
from innergate.wire.http import HttpRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
CLOCK_SKEW = timedelta(minutes=5)
MAX_EXPIRES_S = 604_800

MISMATCH_TEXT = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_UNSIGNED_TEXT = "Innergate signs whole bodies only: x-amz-content-sha256 must be the SHA-256 of the body, not '{0}'."
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_MAY_STAY_UNSIGNED = frozenset({"x-amz-security-token", "x-amz-content-sha256"})


class Claim(NamedTuple):
    """Who a request says it is from. Nothing in it is proven until `verify` returns.

    `signed_at` is the `X-Amz-Date` text; `expires_s` is set for presigned requests only.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    signed_at: str
    token: str | None = None
    expires_s: int | None = None

    @property
    def scope(self) -> str:
        """`20261122/us-east-1/ec2/aws4_request`."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


def parse_claim(request: HttpRequest, protocol: str = "rest-json") -> Claim | None:
    """The request's claim, or None where it carries no AWS signature.

    Raises Fault IncompleteSignature (in the form of `protocol`) where it carries a broken one, or two at once.
    """
    authorization = request.header("authorization")
    in_header = authorization is not None and authorization.startswith("AWS4-")
    query = _credentials_in_query(request.raw_query)
    if in_header and query:
        _incomplete(
            protocol,
            "Only one auth mechanism allowed; use either the Authorization header or the X-Amz- query parameters.",
        )
    if query:
        return _presigned_claim(query, protocol)
    if authorization is not None and in_header:
        return _header_claim(request, authorization, protocol)
    return None


def _credentials_in_query(raw_query: str) -> dict[str, str]:
    if "X-Amz-" not in raw_query and "%" not in raw_query:
        return {}
    found: dict[str, str] = {}
    for piece in raw_query.split("&"):
        name, _, value = piece.partition("=")
        name = form_body.decode(name)
        if name.startswith("X-Amz-"):
            if name in found:
                raise refusals.unreadable_query(f"The parameter {name} is given twice.")
            found[name] = form_body.decode(value)
    return found if "X-Amz-Algorithm" in found or "X-Amz-Credential" in found or "X-Amz-Signature" in found else {}


def _header_claim(request: HttpRequest, authorization: str, protocol: str) -> Claim:
    algorithm, _, rest = authorization.partition(" ")
    _require_algorithm(algorithm, protocol)
    fields: dict[str, str] = {}
    for piece in rest.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals or name in fields:
            _incomplete(
                protocol, f"'{piece.strip()}' not a valid key=value pair (missing equal-sign) in Authorization header."
            )
        fields[name] = value
    signed_at = request.header("x-amz-date")
    problems = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not fields.get(name)
    ]
    if signed_at is None:
        problems.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if problems or signed_at is None:
        _incomplete(protocol, " ".join([*problems, f"Authorization={algorithm}"]))
    claim = _claim_of(fields["Credential"], fields["SignedHeaders"], fields["Signature"], signed_at, protocol)
    return claim._replace(token=request.header("x-amz-security-token"))


def _presigned_claim(query: dict[str, str], protocol: str) -> Claim:
    needed = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")
    if missing := [name for name in needed if not query.get(name)]:
        _incomplete(protocol, " ".join(f"AWS query-string parameters must include '{name}'." for name in missing))
    _require_algorithm(query["X-Amz-Algorithm"], protocol)
    expires = query.get("X-Amz-Expires", "300")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 6 and 1 <= int(expires) <= MAX_EXPIRES_S):
        _incomplete(protocol, f"X-Amz-Expires must be between 1 and {MAX_EXPIRES_S} seconds")
    claim = _claim_of(
        query["X-Amz-Credential"], query["X-Amz-SignedHeaders"], query["X-Amz-Signature"], query["X-Amz-Date"], protocol
    )
    return claim._replace(token=query.get("X-Amz-Security-Token"), expires_s=int(expires))


def _require_algorithm(algorithm: str, protocol: str) -> None:
    if algorithm != ALGORITHM:
        _incomplete(protocol, f"Unsupported AWS 'algorithm': '{algorithm}'. Innergate verifies '{ALGORITHM}' only.")


def _claim_of(credential: str, signed_headers: str, signature: str, signed_at: str, protocol: str) -> Claim:
    parts = credential.split("/")
    if len(parts) != 5 or not all(parts):
        _incomplete(
            protocol,
            f"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{credential}'",
        )
    key_id, date, region, service, terminator = parts
    if terminator != TERMINATOR:
        _incomplete(
            protocol, f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'."
        )
    if not _DATE.fullmatch(signed_at):
        _incomplete(
            protocol,
            f"Date must be in ISO-8601 'basic format'. Got '{signed_at}'. See http://en.wikipedia.org/wiki/ISO_8601",
        )
    if region not in REGION_NAMES and region != NO_REGION:
        raise refusals.auth_fault(protocol, "mismatch", "Credential should be scoped to a valid region. ")
    return Claim(key_id, date, region, service, tuple(signed_headers.split(";")), signature, signed_at)


def _incomplete(protocol: str, message: str) -> NoReturn:
    raise refusals.auth_fault(protocol, "incomplete", message)


def verify(
    claim: Claim, request: HttpRequest, secret: Secret | str, now: datetime, protocol: str = "rest-json"
) -> None:
    """Nothing, if the holder of `secret` signed exactly this request lately. `now` is aware.

    Raises Fault in the form of `protocol`: the signature differs, is too old or from the future, or leaves out what must
    be signed.
    """
    _check_date(claim, now, protocol)
    _check_signed_headers(claim, request, protocol)
    _check_content_digest(request, protocol)
    text = secret.reveal() if isinstance(secret, Secret) else secret
    skip = "X-Amz-Signature" if claim.expires_s is not None else ""
    expected = sign_text(
        string_to_sign(claim, canonical_request(request, claim.signed_headers, skip=skip)), text, claim
    )
    well_formed = _SIGNATURE.fullmatch(claim.signature) is not None
    if not (hmac.compare_digest(expected.encode(), claim.signature.encode("utf-8", "replace")) and well_formed):
        raise refusals.auth_fault(protocol, "mismatch", MISMATCH_TEXT)


def _check_date(claim: Claim, now: datetime, protocol: str) -> None:
    try:
        signed_at = datetime.strptime(claim.signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        _incomplete(
            protocol,
            f"Date must be in ISO-8601 'basic format'. Got '{claim.signed_at}'. See http://en.wikipedia.org/wiki/ISO_8601",
        )
    if claim.date != claim.signed_at[:8]:
        message = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{claim.date}' != '{claim.signed_at[:8]}', from '{claim.signed_at}'."
        )
        raise refusals.auth_fault(protocol, "mismatch", message)
    lifetime = timedelta(seconds=claim.expires_s) if claim.expires_s is not None else CLOCK_SKEW
    earliest, latest = now - lifetime, now + CLOCK_SKEW
    if signed_at < earliest:
        minutes = int(lifetime.total_seconds() // 60)
        message = f"Signature expired: {claim.signed_at} is now earlier than {_basic(earliest)}"
        message += f" ({_basic(now)} - {minutes} min.)"
        raise refusals.auth_fault(protocol, "expired", message)
    if signed_at > latest:
        message = f"Signature not yet current: {claim.signed_at} is still later than {_basic(latest)} ({_basic(now)} + 5 min.)"
        raise refusals.auth_fault(protocol, "mismatch", message)


def _basic(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _check_signed_headers(claim: Claim, request: HttpRequest, protocol: str) -> None:
    """`host` and every `x-amz-` header must be signed: an unsigned `X-Amz-Target` would let others choose the operation."""
    signed = frozenset(claim.signed_headers)
    if "host" not in signed:
        message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise refusals.auth_fault(protocol, "mismatch", message)
    for name, _ in request.headers:
        lower = name.lower()
        if lower.startswith("x-amz-") and lower not in signed and lower not in _MAY_STAY_UNSIGNED:
            raise refusals.auth_fault(
                protocol, "mismatch", f"'{name}' must be a 'SignedHeader' in the AWS Authorization."
            )


def _check_content_digest(request: HttpRequest, protocol: str) -> None:
    declared = request.header("x-amz-content-sha256")
    if declared is None:
        return
    if declared == "UNSIGNED-PAYLOAD" or declared.startswith("STREAMING-"):
        raise refusals.auth_fault(protocol, "mismatch", _UNSIGNED_TEXT.format(declared))
    if not hmac.compare_digest(declared.encode("utf-8", "replace"), hashlib.sha256(request.body).hexdigest().encode()):
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise refusals.auth_fault(protocol, "mismatch", message)


def string_to_sign(claim: Claim, canonical: str) -> str:
    """The four lines over which the signature is made."""
    digest = hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    return "\n".join((ALGORITHM, claim.signed_at, claim.scope, digest))


@lru_cache(maxsize=4096)
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign_text(text: str, secret: str, claim: Claim) -> str:
    """The signature of a string to sign, in the claim's scope: 64 hex digits."""
    return hmac.digest(_signing_key(secret, claim.date, claim.region, claim.service), text.encode(), "sha256").hex()


class Credentials(NamedTuple):
    """What one signs with."""

    access_key_id: str
    secret: Secret
    token: str | None = None


def sign(request: HttpRequest, credentials: Credentials, region: str, service: str, now: datetime) -> HttpRequest:
    """The request with `X-Amz-Date`, `X-Amz-Security-Token` and `Authorization` added; it must have a `Host` header.

    Every header of the request is signed.
    """
    signed_at = _basic(now)
    extra = [("X-Amz-Date", signed_at)]
    if credentials.token is not None:
        extra.append(("X-Amz-Security-Token", credentials.token))
    dated = request._replace(headers=(*request.headers, *extra))
    names = tuple(sorted({name.lower() for name, _ in dated.headers}))
    claim = Claim(credentials.access_key_id, signed_at[:8], region, service, names, "", signed_at)
    canonical = canonical_request(dated, names, service=service)
    signature = sign_text(string_to_sign(claim, canonical), credentials.secret.reveal(), claim)
    value = f"{ALGORITHM} Credential={credentials.access_key_id}/{claim.scope}"
    value += f", SignedHeaders={';'.join(names)}, Signature={signature}"
    return dated._replace(headers=(*dated.headers, ("Authorization", value)))
