"""What IAM says of the account as a whole."""

from innergate.primitives.ids import GLOBAL
from innergate.resources.certificates import Certificate
from innergate.resources.identities import AccessKey, ManagedPolicy, Role, User
from innergate.services.context import Context, Params, Result
from innergate.services.iam.access_keys import MAX_KEYS
from innergate.services.iam.attachments import MAX_ATTACHED
from innergate.services.iam.entities import page
from innergate.services.iam.policies import MAX_DOCUMENT_CHARS, MAX_VERSIONS


def list_aliases(context: Context, params: Params) -> Result:
    """ListAccountAliases: an account of the platform has a name, no alias."""
    return page("AccountAliases", [], params)


def summary(context: Context, params: Params) -> Result:
    """GetAccountSummary: what there is, and the quotas that are kept."""
    tx, account = context.tx, context.account
    root_keys = [key for key in tx.in_account(AccessKey, account, GLOBAL) if not key.user_id]
    return {
        "SummaryMap": {
            "Users": len(tx.in_account(User, account, GLOBAL)),
            "Groups": 0,
            "Roles": len(tx.in_account(Role, account, GLOBAL)),
            "Policies": len(tx.in_account(ManagedPolicy, account, GLOBAL)),
            "ServerCertificates": len(tx.find(Certificate, "service", f"iam/{account}/{GLOBAL}")),
            "InstanceProfiles": 0,
            "MFADevices": 0,
            "AccountMFAEnabled": 0,
            "AccountAccessKeysPresent": int(bool(root_keys)),
            "AccessKeysPerUserQuota": MAX_KEYS,
            "AttachedPoliciesPerUserQuota": MAX_ATTACHED,
            "AttachedPoliciesPerRoleQuota": MAX_ATTACHED,
            "VersionsPerPolicyQuota": MAX_VERSIONS,
            "PolicySizeQuota": MAX_DOCUMENT_CHARS,
        }
    }
