"""The organization that every account belongs to, as policies' conditions name it (IAM User Guide, "AWS global condition
context keys")."""

from innergate.compile.view import Reader
from innergate.resources.accounts import Account, organization_id, organization_path


def organization_keys(reader: Reader) -> dict[str, str]:
    """`aws:PrincipalOrgID` and `aws:PrincipalOrgPaths` of any principal; empty where no account manages the others."""
    manager = next(iter(reader.find(Account, "role", "management")), None)
    if manager is None:
        return {}
    return {
        "aws:PrincipalOrgID": organization_id(manager.id),
        "aws:PrincipalOrgPaths": organization_path(manager.id),
    }
