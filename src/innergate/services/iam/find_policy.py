"""Finds a managed policy, AWS's or a customer's, by its ARN."""

from innergate.primitives.fault import Fault
from innergate.resources.identities import ManagedPolicy
from innergate.services.context import Context
from innergate.services.iam.aws_managed import AWS_MANAGED_POLICIES
from innergate.store.transaction import Transaction


def find_document(tx: Transaction, arn: str) -> str | None:
    """The text of the policy's default version; None where there is no such policy."""
    known = AWS_MANAGED_POLICIES.get(arn)
    if known is not None:
        return known.document
    policy = tx.get(ManagedPolicy, arn)
    return default_document(policy) if policy is not None else None


def default_document(policy: ManagedPolicy) -> str:
    """The text of the default version."""
    return next(version.document for version in policy.versions if version.version_id == policy.default_version_id)


def own_policy(context: Context, arn: str) -> ManagedPolicy:
    """The caller's account's policy. Raises Fault NoSuchEntity."""
    policy = context.tx.get(ManagedPolicy, arn)
    if policy is None or policy.account != context.account:
        raise Fault("NoSuchEntity", f"Policy {arn} was not found.", 404)
    return policy


def require_attachable(context: Context, arn: str) -> None:
    """Raises Fault NoSuchEntity unless the policy is AWS's or the caller's account's."""
    policy = context.tx.get(ManagedPolicy, arn)
    if arn not in AWS_MANAGED_POLICIES and (policy is None or policy.account != context.account):
        raise Fault("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
