"""What a user's or role's own policies say."""

from innergate.compile.view import Reader
from innergate.policy.aws_managed import AWS_MANAGED_POLICIES
from innergate.policy.document import Policy, deny_everything
from innergate.policy.parse import read_stored_policy
from innergate.resources.identities import ManagedPolicy, Role, User


def find_document(reader: Reader, arn: str) -> str | None:
    """The text of a managed policy's default version; None where there is no such policy."""
    known = AWS_MANAGED_POLICIES.get(arn)
    if known is not None:
        return known.document
    policy = reader.get(ManagedPolicy, arn)
    return default_document(policy) if policy is not None else None


def default_document(policy: ManagedPolicy) -> str:
    """The text of the default version."""
    return next(version.document for version in policy.versions if version.version_id == policy.default_version_id)


def identity_documents(reader: Reader, holder: User | Role) -> dict[str, str | None]:
    """The inline and attached policies by name or ARN; None for one that is not there, which denies everything."""
    attached = {arn: find_document(reader, arn) for arn in holder.attached_policy_arns}
    return {**holder.inline_policies, **attached}


def identity_policies(reader: Reader, holder: User | Role) -> tuple[list[Policy], Policy | None]:
    """The same, read; and the permissions boundary, None where there is none."""
    policies = [read_identity(name, text) for name, text in identity_documents(reader, holder).items()]
    arn = holder.permissions_boundary
    return policies, read_identity(arn, find_document(reader, arn)) if arn else None


def read_identity(name: str, text: str | None) -> Policy:
    """A stored policy; one that denies everything where there is none."""
    return read_stored_policy(text, "identity", name) if text is not None else deny_everything("identity", name)
