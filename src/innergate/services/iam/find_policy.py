"""Finds a managed policy, AWS's or a customer's, by its ARN."""

from innergate.policy.aws_managed import AWS_MANAGED_POLICIES
from innergate.primitives.fault import Fault
from innergate.resources.identities import ManagedPolicy
from innergate.services.context import Context


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
