"""Another AWS service behind a method: where it is, and the credentials that its calls are signed with.

Developer guide, "Set up an integration request using the API Gateway console": API Gateway assumes the role that
`credentials` names. Whether the role may call is the service's to decide.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from innergate.compile.resolve.runtime_functions import SERVICE, Asker, assume_role
from innergate.compile.resolve.service_endpoints import find_endpoint
from innergate.compile.settings import CompileSettings
from innergate.compile.view import Reader
from innergate.plans.functions import RoleCredentials
from innergate.plans.runtime import ServiceTarget
from innergate.primitives.arn import Arn
from innergate.resources.identities import Role, Session

ANY_ROLE = "default"


class ServiceAccess(NamedTuple):
    """The operator's choices (see CompileSettings): endpoints by service, credentials for foreign endpoints by role."""

    endpoints: Mapping[str, str] = MappingProxyType({})
    credentials: Mapping[str, RoleCredentials] = MappingProxyType({})


PLAIN_ACCESS = ServiceAccess()


def service_access(settings: CompileSettings) -> ServiceAccess:
    """What the settings say of services."""
    return ServiceAccess(settings.service_endpoints, settings.service_credentials)


def resolve_service(reader: Reader, arn: Arn, role_arn: str, asker: Asker, access: ServiceAccess) -> ServiceTarget:
    """The target of `arn:aws:apigateway:{region}:{subdomain.service}:{path|action}/{rest}`, with the reason where the service
    is nowhere, or API Gateway cannot act as the role."""
    kind, _, rest = arn.resource.partition("/")
    subdomain, _, service = arn.account.rpartition(".")
    target = ServiceTarget(service=service, region=arn.region, kind=kind, rest=rest, subdomain=subdomain, role=role_arn)
    endpoint = find_endpoint(service, arn.region, subdomain, access.endpoints)
    if not endpoint.url:
        return msgspec.structs.replace(target, reason=endpoint.reason)
    target = msgspec.structs.replace(target, endpoint=endpoint.url, is_own=endpoint.is_own)
    role = _assume(reader, role_arn, asker)
    if isinstance(role, str):
        return msgspec.structs.replace(target, reason=role)
    credentials = None
    if not endpoint.is_own:
        credentials = access.credentials.get(role_arn) or access.credentials.get(ANY_ROLE)
    credentials = credentials or _session_of(reader, role)
    reason = (
        "" if credentials is not None else f"{role_arn} is older than this version: call UpdateAssumeRolePolicy once"
    )
    return msgspec.structs.replace(target, credentials=credentials, reason=reason)


def _assume(reader: Reader, role_arn: str, asker: Asker) -> Role | str:
    if not role_arn:
        return "The integration has no credentials: name a role that API Gateway can assume"
    if ":user/" in role_arn:
        # AWS differs: credentials of the caller (arn:aws:iam::*:user/*) are not passed on.
        return f"Credentials of the caller ({role_arn}) are not passed on: name a role that API Gateway can assume"
    return assume_role(reader, role_arn, asker)


def _session_of(reader: Reader, role: Role) -> RoleCredentials | None:
    """A role made anew under the same name has a session of its own."""
    for session in reader.find(Session, "service", f"{SERVICE}/{role.id}"):
        if session.principal_id.partition(":")[0] == role.unique_id:
            return RoleCredentials(
                access_key_id=session.id,
                secret_access_key=session.secret_access_key,
                session_token=session.session_token,
            )
    return None
