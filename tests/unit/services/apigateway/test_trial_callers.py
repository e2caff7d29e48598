"""Who may test a method: anybody whom IAM lets, but no integration."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.resources.identities import Session

TRUST = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_an_integration_cannot_test_methods(tmp_path: Path) -> None:
    harness = IdentityHarness(tmp_path)
    root = harness.root_key(harness.member)
    harness.call(root, "iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document(TRUST))
    harness.call(root, "iam", "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=document(ALL))
    (session,) = [found for found in harness.store.state().all(Session) if found.service]
    key = session.id, session.session_token
    api = harness.call(key, "apigateway", "CreateRestApi", name="a")
    keys = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    with pytest.raises(Fault) as refused:
        harness.call(key, "apigateway", "TestInvokeMethod", **keys)
    assert (refused.value.code, refused.value.status) == ("AccessDeniedException", 403)
    with pytest.raises(Fault, match="Invalid Method identifier"):
        harness.call(root, "apigateway", "TestInvokeMethod", **keys)
