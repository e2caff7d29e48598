"""Imported certificates. Certificates that ACM would issue need a public authority, which the platform has not."""

from collections.abc import Mapping, Sequence

import msgspec

from innergate.primitives.arn import format_arn, parse_arn
from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_uuid
from innergate.resources.certificates import Certificate
from innergate.services.context import Context, Params, Result
from innergate.services.x509_import import BadCertificate, ReadCertificate, check_import, read_certificate

MAX_TAGS = 50
DEFAULT_PAGE = 100


def certificate_arn(context: Context, params: Params) -> str:
    """What IAM checks a certificate's operation on."""
    return str(params.get("CertificateArn") or format_arn("acm", context.region, context.account, "certificate/*"))


def import_certificate(context: Context, params: Params) -> Result:
    """ImportCertificate: a new one, or a renewed one under the same ARN. Key and chain are checked."""
    body, key = _text(params["Certificate"]), _text(params["PrivateKey"])
    chain = _text(params.get("CertificateChain", b""))
    try:
        read = check_import(body, key, chain)
    except BadCertificate as error:
        raise _fault(error) from None
    now = context.clock.now()
    if now < read.not_before:
        raise Fault("ValidationException", "The certificate field contains a certificate that is not yet valid.")
    if now > read.not_after:
        raise Fault("ValidationException", "The certificate field contains an expired certificate.")
    if "CertificateArn" in params:
        return _reimport(context, params, body, key, chain)
    certificate = Certificate(
        id=format_arn("acm", context.region, context.account, f"certificate/{fresh_uuid(context.ids)}"),
        account=context.account,
        region=context.region,
        service="acm",
        certificate_body=body,
        private_key=key,
        certificate_chain=chain,
        created_at=now,
        name=read.common_name,
        tags=_check_tags(_tags(params)),
    )
    context.tx.put(certificate)
    return {"CertificateArn": certificate.id}


def _reimport(context: Context, params: Params, body: str, key: str, chain: str) -> Result:
    if params.get("Tags"):
        raise Fault("InvalidParameterException", "Tagging is not permitted on re-import.")
    old = _find(context, params["CertificateArn"])
    if read_certificate(old.certificate_body).key_algorithm != read_certificate(body).key_algorithm:
        raise Fault(
            "ValidationException", "The key type and size of a certificate cannot change when it is reimported."
        )
    now = context.clock.now()
    renewed = msgspec.structs.replace(
        old, certificate_body=body, private_key=key, certificate_chain=chain, imported_at=now
    )
    context.tx.put(renewed)
    return {"CertificateArn": old.id}


def describe(context: Context, params: Params) -> Result:
    """DescribeCertificate."""
    certificate = _find(context, params["CertificateArn"])
    read = read_certificate(certificate.certificate_body)
    return {
        "Certificate": {
            "CertificateArn": certificate.id,
            "DomainName": _domain(read),
            "SubjectAlternativeNames": list(read.names),
            "Serial": read.serial,
            "Subject": read.subject,
            "Issuer": read.issuer,
            "CreatedAt": certificate.created_at,
            "ImportedAt": certificate.imported_at or certificate.created_at,
            "Status": _status(context, read),
            "NotBefore": read.not_before,
            "NotAfter": read.not_after,
            "KeyAlgorithm": read.key_algorithm,
            "SignatureAlgorithm": read.signature_algorithm,
            "InUseBy": [holder.id for holder in context.tx.holders_of(certificate.key)],
            "Type": "IMPORTED",
            "RenewalEligibility": "INELIGIBLE",
            "Options": {"CertificateTransparencyLoggingPreference": "DISABLED"},
        }
    }


def get(context: Context, params: Params) -> Result:
    """GetCertificate; the key never comes back."""
    certificate = _find(context, params["CertificateArn"])
    return {
        "Certificate": certificate.certificate_body,
        "CertificateChain": certificate.certificate_chain or None,
    }


def list_all(context: Context, params: Params) -> Result:
    """ListCertificates, oldest first."""
    statuses = params.get("CertificateStatuses", ())
    rows: list[dict[str, object]] = []
    for certificate in context.tx.find(Certificate, "service", f"acm/{context.account}/{context.region}"):
        read = read_certificate(certificate.certificate_body)
        status = _status(context, read)
        if statuses and status not in statuses:
            continue
        rows.append(
            {
                "CertificateArn": certificate.id,
                "DomainName": _domain(read),
                "SubjectAlternativeNameSummaries": list(read.names[:DEFAULT_PAGE]),
                "HasAdditionalSubjectAlternativeNames": len(read.names) > DEFAULT_PAGE,
                "Status": status,
                "Type": "IMPORTED",
                "KeyAlgorithm": read.key_algorithm,
                "InUse": bool(context.tx.holders_of(certificate.key)),
                "RenewalEligibility": "INELIGIBLE",
                "NotBefore": read.not_before,
                "NotAfter": read.not_after,
                "CreatedAt": certificate.created_at,
                "ImportedAt": certificate.imported_at or certificate.created_at,
            }
        )
    return _page(rows, params)


def delete(context: Context, params: Params) -> Result:
    """DeleteCertificate. Raises Fault ResourceInUseException while a listener uses it."""
    certificate = _find(context, params["CertificateArn"])
    if context.tx.holders_of(certificate.key):
        raise Fault("ResourceInUseException", f"Certificate {certificate.id} in account {context.account} is in use.")
    context.tx.delete(certificate)
    return {}


def add_tags(context: Context, params: Params) -> Result:
    """AddTagsToCertificate."""
    certificate = _find(context, params["CertificateArn"])
    tags = _check_tags({**certificate.tags, **_tags(params)})
    context.tx.put(msgspec.structs.replace(certificate, tags=tags))
    return {}


def remove_tags(context: Context, params: Params) -> Result:
    """RemoveTagsFromCertificate: a tag that is named with a value goes only if it has that value."""
    certificate = _find(context, params["CertificateArn"])
    gone = {tag["Key"]: tag.get("Value") for tag in params["Tags"]}
    tags = {
        key: value
        for key, value in certificate.tags.items()
        if key not in gone or (gone[key] is not None and gone[key] != value)
    }
    context.tx.put(msgspec.structs.replace(certificate, tags=tags))
    return {}


def list_tags(context: Context, params: Params) -> Result:
    """ListTagsForCertificate."""
    tags: Mapping[str, str] = _find(context, params["CertificateArn"]).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _find(context: Context, arn: str) -> Certificate:
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "acm":
        raise Fault(
            "ValidationException",
            f"1 validation error detected: Value '{arn}' at 'certificateArn' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: arn:[\w+=/,.@-]+:acm:[\w+=/,.@-]*:[0-9]+:[\w+=,.@-]+(/[\w+=,.@-]+)*",
        )
    certificate = context.tx.get(Certificate, arn)
    if certificate is None or certificate.account != context.account or certificate.region != context.region:
        raise Fault("ResourceNotFoundException", f"Could not find certificate {arn}.")
    return certificate


def _page(rows: Sequence[dict[str, object]], params: Params) -> Result:
    token = str(params.get("NextToken", "0"))
    start = read_digits(token, MAX_POSITION)
    if start is None:
        raise Fault("ValidationException", "The NextToken is invalid.")
    size = int(params.get("MaxItems", DEFAULT_PAGE))
    result: dict[str, object] = {"CertificateSummaryList": list(rows[start : start + size])}
    if start + size < len(rows):
        result["NextToken"] = str(start + size)
    return result


def _domain(read: ReadCertificate) -> str:
    return read.names[0] if read.names else read.subject


def _status(context: Context, read: ReadCertificate) -> str:
    return "EXPIRED" if context.clock.now() > read.not_after else "ISSUED"


def _tags(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags", ())}


def _check_tags(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MAX_TAGS:
        raise Fault("TooManyTagsException", f"The maximum number of tags is {MAX_TAGS}.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise Fault("InvalidTagException", "The tag key must not start with aws:.")
    return tags


def _text(raw: bytes) -> str:
    """PEM is ASCII; anything else becomes a text that no parser takes."""
    return raw.decode("ascii", "replace")


def _fault(error: BadCertificate) -> Fault:
    match error.part:
        case "pair":
            message = "The certificate and the private key do not match."
        case "chain":
            message = (
                "Could not validate the certificate with the certificate chain. The chain must start with the immediate "
                "signing certificate, followed by any intermediaries in order."
            )
        case "key":
            message = "The private key is not in a valid PEM format, or its algorithm is not supported."
        case _:
            message = "The certificate body contains an invalid PEM certificate, or more than one. Could not parse certificate."
    return Fault("ValidationException", message)
