"""The organization: one per platform, with one root and no organizational units."""

from innergate.primitives.fault import Fault
from innergate.resources.accounts import Account, root_id
from innergate.services.context import Context, Params, Result
from innergate.services.organizations.accounts import organization_id, require_management, shown
from innergate.services.organizations.make_account import management_account
from innergate.services.organizations.pages import take_page


def describe(context: Context, params: Params) -> Result:
    """DescribeOrganization; every member may ask."""
    manager = management_account(context.tx)
    if manager is None:
        raise Fault("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    id = organization_id(manager)
    return {
        "Organization": {
            "Id": id,
            "Arn": f"arn:aws:organizations::{manager.id}:organization/{id}",
            "FeatureSet": "ALL",
            "MasterAccountArn": f"arn:aws:organizations::{manager.id}:account/{id}/{manager.id}",
            "MasterAccountId": manager.id,
            "MasterAccountEmail": manager.email,
            "AvailablePolicyTypes": [],
        }
    }


def create(context: Context, params: Params) -> Result:
    """CreateOrganization: there is one already."""
    raise Fault("AlreadyInOrganizationException", "The AWS account is already a member of an organization.", 400)


def list_roots(context: Context, params: Params) -> Result:
    """ListRoots."""
    manager = require_management(context)
    id = _root_id(manager)
    arn = f"arn:aws:organizations::{manager.id}:root/{organization_id(manager)}/{id}"
    return {"Roots": [{"Id": id, "Arn": arn, "Name": "Root", "PolicyTypes": []}]}


def list_parents(context: Context, params: Params) -> Result:
    """ListParents: every account hangs from the root."""
    manager = require_management(context)
    if context.tx.get(Account, params["ChildId"]) is None:
        raise Fault("ChildNotFoundException", "You specified a child that doesn't exist.")
    return {"Parents": [{"Id": _root_id(manager), "Type": "ROOT"}]}


def list_accounts_for_parent(context: Context, params: Params) -> Result:
    """ListAccountsForParent."""
    _require_root(context, params["ParentId"])
    found, token = take_page(context.tx.all(Account), params)
    return {"Accounts": [shown(context, account) for account in found], "NextToken": token}


def list_units_for_parent(context: Context, params: Params) -> Result:
    """ListOrganizationalUnitsForParent: there are none."""
    _require_root(context, params["ParentId"])
    return {"OrganizationalUnits": []}


def _require_root(context: Context, parent_id: str) -> None:
    if parent_id != _root_id(require_management(context)):
        raise Fault("ParentNotFoundException", "You specified a parent that doesn't exist.")


def _root_id(manager: Account) -> str:
    return root_id(manager.id)
