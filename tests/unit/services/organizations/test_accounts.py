"""The management account makes accounts and sees them; nobody else does."""

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.services.authentication import find_credentials


def test_create_account(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    made = harness.call(root, "organizations", "CreateAccount", AccountName="gateway", Email="g@example.com")
    status = made["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    assert len(status["AccountId"]) == 12
    again = harness.call(root, "organizations", "DescribeCreateAccountStatus", CreateAccountRequestId=status["Id"])
    assert again["CreateAccountStatus"] == status
    shown = harness.call(root, "organizations", "DescribeAccount", AccountId=status["AccountId"])["Account"]
    assert (shown["Name"], shown["Email"], shown["Status"]) == ("gateway", "g@example.com", "ACTIVE")
    assert shown["Arn"].startswith("arn:aws:organizations::111122223333:account/o-")
    key = harness.session_key(root, RoleArn=f"arn:aws:iam::{status['AccountId']}:role/OrganizationAccountAccessRole")
    assert harness.call(key, "sts", "GetCallerIdentity")["Account"] == status["AccountId"]


def test_names_and_emails_are_taken_once(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    harness.call(root, "organizations", "CreateAccount", AccountName="a", Email="a@example.com")
    failed = harness.call(root, "organizations", "CreateAccount", AccountName="b", Email="A@example.com")
    assert failed["CreateAccountStatus"]["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    with pytest.raises(Fault, match="InvalidInputException"):
        harness.call(root, "organizations", "CreateAccount", AccountName="a", Email="b@example.com")


@pytest.mark.parametrize("operation", ["ListAccounts", "ListRoots", "ListCreateAccountStatus"])
def test_members_may_not(harness: IdentityHarness, operation: str) -> None:
    with pytest.raises(Fault, match="AccessDeniedException"):
        harness.call(harness.root_key(harness.member), "organizations", operation)


def test_members_see_the_organization(harness: IdentityHarness) -> None:
    for account in (harness.management, harness.member):
        shown = harness.call(harness.root_key(account), "organizations", "DescribeOrganization")["Organization"]
        assert shown["MasterAccountId"] == "111122223333"


def test_pages(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    first = harness.call(root, "organizations", "ListAccounts", MaxResults=1)
    second = harness.call(root, "organizations", "ListAccounts", MaxResults=1, NextToken=first["NextToken"])
    assert [a["Id"] for page in (first, second) for a in page["Accounts"]] == ["111122223333", "444455556666"]
    assert second["NextToken"] is None


def test_roots(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.management)
    [shown] = harness.call(root, "organizations", "ListRoots")["Roots"]
    parents = harness.call(root, "organizations", "ListParents", ChildId="444455556666")["Parents"]
    assert parents == [{"Id": shown["Id"], "Type": "ROOT"}]
    assert len(harness.call(root, "organizations", "ListAccountsForParent", ParentId=shown["Id"])["Accounts"]) == 2


def test_operator_keys_are_the_root_of_their_account(harness: IdentityHarness) -> None:
    with harness.store.reading() as tx:
        caller = find_credentials(tx, harness.member.operator_key_id, "", harness.clock.now(), "sts").caller
    assert caller.arn == "arn:aws:iam::444455556666:root"
