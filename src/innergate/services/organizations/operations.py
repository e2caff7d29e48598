"""The operations of AWS Organizations."""

from innergate.services.operation import Operations, read, write
from innergate.services.organizations import accounts, organization

OPERATIONS: Operations = {
    "CreateAccount": write(accounts.create),
    "CreateOrganization": read(organization.create),
    "DescribeAccount": read(accounts.describe),
    "DescribeCreateAccountStatus": read(accounts.describe_create_status),
    "DescribeOrganization": read(organization.describe),
    "ListAccounts": read(accounts.list_all),
    "ListAccountsForParent": read(organization.list_accounts_for_parent),
    "ListCreateAccountStatus": read(accounts.list_create_status),
    "ListOrganizationalUnitsForParent": read(organization.list_units_for_parent),
    "ListParents": read(organization.list_parents),
    "ListRoots": read(organization.list_roots),
}
