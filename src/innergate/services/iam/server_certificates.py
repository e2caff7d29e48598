"""Server certificates: what TLS listeners use when there is no ACM."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import GLOBAL, fresh_key_id
from innergate.resources.base import UniqueName
from innergate.resources.certificates import Certificate
from innergate.services.context import Context, Params, Result
from innergate.services.iam.entities import check_name, check_path, merge_tags, page, read_tags, shown_tags
from innergate.services.x509_import import BadCertificate, check_import, read_certificate

MAX_NAME = 128


def certificate_arn(context: Context, params: Params) -> str:
    """What IAM checks a certificate's operation on."""
    name = params.get("ServerCertificateName", "")
    found = _look_up(context, name)
    if found is not None:
        return found.id
    return f"arn:aws:iam::{context.account}:server-certificate{params.get('Path', '/')}{name}"


def upload(context: Context, params: Params) -> Result:
    """UploadServerCertificate: the certificate, its key and its chain are checked against each other."""
    name = check_name(params["ServerCertificateName"], "serverCertificateName", MAX_NAME)
    _require_free(context, name)
    path = check_path(params)
    chain = params.get("CertificateChain", "")
    try:
        check_import(params["CertificateBody"], params["PrivateKey"], chain)
    except BadCertificate as error:
        raise _fault(error) from None
    certificate = Certificate(
        id=f"arn:aws:iam::{context.account}:server-certificate{path}{name}",
        account=context.account,
        region=GLOBAL,
        service="iam",
        certificate_body=params["CertificateBody"],
        private_key=params["PrivateKey"],
        certificate_chain=chain,
        created_at=context.clock.now(),
        name=name,
        unique_id=fresh_key_id(context.ids, "ASCA"),
        path=path,
        tags=read_tags(params),
    )
    context.tx.put(certificate)
    return {"ServerCertificateMetadata": _metadata(certificate), "Tags": shown_tags(certificate.tags)}


def get(context: Context, params: Params) -> Result:
    """GetServerCertificate; the key never comes back."""
    certificate = _find(context, params["ServerCertificateName"])
    return {
        "ServerCertificate": {
            "ServerCertificateMetadata": _metadata(certificate),
            "CertificateBody": certificate.certificate_body,
            "CertificateChain": certificate.certificate_chain or None,
            "Tags": shown_tags(certificate.tags),
        }
    }


def list_all(context: Context, params: Params) -> Result:
    """ListServerCertificates, by name."""
    prefix = params.get("PathPrefix", "/")
    found = context.tx.find(Certificate, "service", f"iam/{context.account}/{GLOBAL}")
    rows = sorted((c for c in found if c.path.startswith(prefix)), key=lambda c: c.name)
    return page("ServerCertificateMetadataList", [_metadata(c) for c in rows], params)


def update(context: Context, params: Params) -> Result:
    """UpdateServerCertificate: another name or path, which is another ARN. Refused while something uses the certificate."""
    certificate = _find(context, params["ServerCertificateName"])
    name = check_name(params.get("NewServerCertificateName", certificate.name), "newServerCertificateName", MAX_NAME)
    path = check_path(params, "NewPath") if "NewPath" in params else certificate.path
    if name != certificate.name:
        _require_free(context, name)
    arn = f"arn:aws:iam::{context.account}:server-certificate{path}{name}"
    if arn == certificate.id:
        return {}
    _require_unused(context, certificate)
    context.tx.delete(certificate)
    context.tx.put(msgspec.structs.replace(certificate, id=arn, name=name, path=path))
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteServerCertificate. Raises Fault DeleteConflict while a listener uses it."""
    certificate = _find(context, params["ServerCertificateName"])
    _require_unused(context, certificate)
    context.tx.delete(certificate)
    return {}


def tag(context: Context, params: Params) -> Result:
    """TagServerCertificate."""
    certificate = _find(context, params["ServerCertificateName"])
    context.tx.put(msgspec.structs.replace(certificate, tags=merge_tags(certificate.tags, read_tags(params))))
    return {}


def untag(context: Context, params: Params) -> Result:
    """UntagServerCertificate."""
    certificate, gone = _find(context, params["ServerCertificateName"]), set(params["TagKeys"])
    tags = {key: value for key, value in certificate.tags.items() if key not in gone}
    context.tx.put(msgspec.structs.replace(certificate, tags=tags))
    return {}


def list_tags(context: Context, params: Params) -> Result:
    """ListServerCertificateTags."""
    return page("Tags", shown_tags(_find(context, params["ServerCertificateName"]).tags), params)


def _look_up(context: Context, name: str) -> Certificate | None:
    holder = context.tx.holder_of_name(UniqueName(f"server-certificate-name/{context.account}", name))
    return context.tx.get(Certificate, holder.id) if holder is not None else None


def _find(context: Context, name: str) -> Certificate:
    found = _look_up(context, name)
    if found is None:
        raise Fault("NoSuchEntity", f"The Server Certificate with name {name} cannot be found.", 404)
    return found


def _require_free(context: Context, name: str) -> None:
    if _look_up(context, name) is not None:
        raise Fault("EntityAlreadyExists", f"The Server Certificate with name {name} already exists.", 409)


def _require_unused(context: Context, certificate: Certificate) -> None:
    holders = context.tx.holders_of(certificate.key)
    if holders:
        raise Fault(
            "DeleteConflict",
            f"Certificate: {certificate.unique_id} is currently in use by {holders[0].id}. Please remove it first before "
            "deleting it from IAM.",
            409,
        )


def _metadata(certificate: Certificate) -> dict[str, object]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.unique_id,
        "Arn": certificate.id,
        "UploadDate": certificate.created_at,
        "Expiration": read_certificate(certificate.certificate_body).not_after,
    }


def _fault(error: BadCertificate) -> Fault:
    match error.part:
        case "pair":
            return Fault("KeyPairMismatch", "Certificate and private key do not match.")
        case "chain":
            return Fault(
                "MalformedCertificate",
                "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
                "certificate, followed by any intermediaries in order.",
            )
        case "key":
            return Fault("MalformedCertificate", "Unable to parse key; need to be in PEM format.")
        case _:
            return Fault(
                "MalformedCertificate", "Unable to parse certificate. Please ensure the certificate is in PEM format."
            )
