"""Documents of who may sign calls: one an access key and one a session, while some deployment asks for signatures."""

import msgspec

from innergate.compile.family import Family, UnitOutput
from innergate.compile.resolve.identity_policies import find_document, identity_documents
from innergate.compile.resolve.organization import organization_keys
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.documents import Document, DocumentName
from innergate.plans.principals import PRINCIPALS, IdentityPolicy, RuntimePrincipal
from innergate.resources.accounts import Account
from innergate.resources.deployments import Deployment
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.identities import AccessKey, Role, Session, User

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DEMAND = "runtime-principals-wanted"


def emit_principal(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """The document of an access key or session; none where the key is off, its holder gone, or nobody asks for signatures."""
    if not view.demand(_DEMAND, "all"):
        return UnitOutput()
    session = view.get(Session, id)
    principal = _of_session(view, session) if session is not None else _of_key(view, view.get(AccessKey, id))
    if principal is None:
        return UnitOutput()
    return UnitOutput(documents=(Document(name=DocumentName(PRINCIPALS, id), body=_ENCODER.encode(principal)),))


def emit_wanted(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """Whether any deployment has a method with AWS_IAM, or a function such a URL."""
    by_method = bool(view.find(Deployment, "authorization", "AWS_IAM"))
    return UnitOutput(value=by_method or bool(view.find(FunctionUrl, "authorization", "AWS_IAM")))


def _of_key(view: View, key: AccessKey | None) -> RuntimePrincipal | None:
    if key is None or key.status != "Active":
        return None
    belongs = organization_keys(view)
    plain = RuntimePrincipal(
        access_key_id=key.id,
        secret_access_key=key.secret_access_key,
        account=key.account,
        arn=f"arn:aws:iam::{key.account}:root",
        user_id=key.account,
        kind="root",
        organization=belongs.get("aws:PrincipalOrgID", ""),
        organization_path=belongs.get("aws:PrincipalOrgPaths", ""),
    )
    if not key.user_id:
        return plain if view.get(Account, key.account) is not None else None
    user = view.get(User, key.user_id)
    if user is None:
        return None
    named = msgspec.structs.replace(
        plain, kind="user", arn=user.arn, user_id=user.unique_id, user_name=user.user_name, tags=dict(user.tags)
    )
    return _with_policies(view, named, user)


def _of_session(view: View, session: Session) -> RuntimePrincipal | None:
    """None where the role or user is gone, or was made anew under the same name."""
    belongs = organization_keys(view)
    principal = RuntimePrincipal(
        access_key_id=session.id,
        secret_access_key=session.secret_access_key,
        token=session.session_token,
        account=session.account,
        arn=session.principal_arn,
        user_id=session.principal_id,
        kind=session.identity_kind,
        issued_at_ms=int(session.created_at.timestamp() * 1000),
        expires_at_ms=int(session.expires_at.timestamp() * 1000),
        session_policies=tuple(
            IdentityPolicy(name=f"session policy {n}", text=text) for n, text in enumerate(session.session_policies)
        ),
        tags=dict(session.session_tags),
        organization=belongs.get("aws:PrincipalOrgID", ""),
        organization_path=belongs.get("aws:PrincipalOrgPaths", ""),
    )
    if session.identity_kind == "root":
        return principal
    holder: User | Role | None
    if session.identity_kind == "assumed-role":
        holder = view.get(Role, session.identity)
        principal = msgspec.structs.replace(principal, role_arn=session.identity)
    else:
        holder = view.get(User, session.identity)
    if holder is None or holder.unique_id != session.principal_id.partition(":")[0]:
        return None
    if isinstance(holder, User):
        principal = msgspec.structs.replace(principal, user_name=holder.user_name)
    tags = {**holder.tags, **session.session_tags}
    return _with_policies(view, msgspec.structs.replace(principal, tags=tags), holder)


def _with_policies(view: View, principal: RuntimePrincipal, holder: User | Role) -> RuntimePrincipal:
    arn = holder.permissions_boundary
    return msgspec.structs.replace(
        principal,
        policies=tuple(_policy(name, text) for name, text in identity_documents(view, holder).items()),
        boundary=_policy(arn, find_document(view, arn)) if arn else None,
    )


def _policy(name: str, text: str | None) -> IdentityPolicy:
    """A text that is no policy denies everything where it is read; so does a policy that is not there."""
    return IdentityPolicy(name=name, text=text if text is not None else "")


PRINCIPAL_FAMILIES: tuple[Family, ...] = (
    Family("runtime-principal", (AccessKey, Session), emit_principal),
    Family(_DEMAND, (), emit_wanted),
)
