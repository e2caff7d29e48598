"""Documents of who may sign calls: while somebody asks for signatures, of keys that work, with their holders' policies."""

import json
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest

from innergate.compile.emit.runtime.principals import PRINCIPAL_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.network import NetworkChange
from innergate.plans.principals import IdentityPolicy, RuntimePrincipal
from innergate.primitives.ids import GLOBAL, AccountId
from innergate.resources.accounts import organization_id, organization_path
from innergate.resources.deployments import Deployment
from innergate.resources.identities import AccessKey, ManagedPolicy, PolicyVersion, Role, Session, User
from innergate.resources.rest_apis import MethodDefinition
from innergate.testing.scenario import GATEWAY, Scenario, proxy_method

ACCOUNT = AccountId(GATEWAY)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/reader"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/shared"
OWN = '{"Version": "2012-10-17", "Statement": []}'


def signed_method() -> MethodDefinition:
    return msgspec.structs.replace(proxy_method("", "http://h/"), authorization_type="AWS_IAM")


class Party:
    """An account with a user, a role, their keys, and an API that asks for signatures."""

    def __init__(self, signs: bool = True) -> None:
        self.s = s = Scenario()
        manager = s.tenant("999900001111", "manager")
        s.put(msgspec.structs.replace(manager, is_management=True))
        s.tenant(ACCOUNT, "gateway")
        if signs:
            s.private_api(None, policy="", methods={("/", "GET"): signed_method()}, types=("REGIONAL",))
        self.policy = ManagedPolicy(
            id=POLICY_ARN,
            account=ACCOUNT,
            region=GLOBAL,
            policy_name="shared",
            unique_id="ANPA1",
            path="/",
            description="",
            created_at=s.now,
            updated_at=s.now,
            versions=(PolicyVersion(version_id="v1", document=OWN, created_at=s.now),),
        )
        self.user = User(
            id=f"{ACCOUNT}/ann",
            account=ACCOUNT,
            region=GLOBAL,
            user_name="ann",
            unique_id="AIDA1",
            path="/",
            arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
            created_at=s.now,
            inline_policies={"own": OWN},
            attached_policy_arns=(POLICY_ARN,),
            tags={"team": "red"},
        )
        self.key = AccessKey(
            id="AKIAUSER000000000001",
            account=ACCOUNT,
            region=GLOBAL,
            secret_access_key="user-secret",
            created_at=s.now,
            user_id=self.user.id,
        )
        self.role = Role(
            id=ROLE_ARN,
            account=ACCOUNT,
            region=GLOBAL,
            role_name="reader",
            unique_id="AROA1",
            path="/",
            assume_role_policy_document="{}",
            created_at=s.now,
            permissions_boundary="arn:aws:iam::aws:policy/AdministratorAccess",
            tags={"team": "blue", "floor": "2"},
        )
        self.session = Session(
            id="ASIASESSION000000001",
            account=ACCOUNT,
            region=GLOBAL,
            secret_access_key="session-secret",
            session_token="token",
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1",
            principal_id="AROA1:s1",
            identity_kind="assumed-role",
            identity=ROLE_ARN,
            created_at=s.now,
            expires_at=s.now + timedelta(hours=1),
            session_policies=(OWN,),
            session_tags={"team": "green"},
        )
        s.put(self.policy, self.user, self.key, self.role, self.session)


def advance(compiler: Compiler, party: Party) -> NetworkChange:
    commit = party.s.commit()
    return compiler.advance(party.s.state, [commit]).network


def documents(party: Party) -> Mapping[str, RuntimePrincipal]:
    compilation = Compiler(PRINCIPAL_FAMILIES, CompileSettings(), strict=True).compile(party.s.state)
    return {
        document.name.name: msgspec.json.decode(document.body, type=RuntimePrincipal)
        for document in compilation.whole_network.documents
        if document.name.kind == "principals"
    }


def test_a_users_key_has_their_policies_and_tags() -> None:
    party = Party()
    assert documents(party)[party.key.id] == RuntimePrincipal(
        access_key_id=party.key.id,
        secret_access_key="user-secret",
        account=ACCOUNT,
        arn=party.user.arn,
        user_id="AIDA1",
        kind="user",
        user_name="ann",
        policies=(IdentityPolicy(name="own", text=OWN), IdentityPolicy(name=POLICY_ARN, text=OWN)),
        tags={"team": "red"},
        organization=organization_id("999900001111"),
        organization_path=organization_path("999900001111"),
    )


def test_a_sessions_key_has_its_roles_policies_narrowed() -> None:
    party = Party()
    found = documents(party)[party.session.id]
    assert (found.kind, found.arn, found.user_id) == ("assumed-role", party.session.principal_arn, "AROA1:s1")
    assert (found.role_arn, found.token) == (ROLE_ARN, "token")
    assert found.expires_at_ms - found.issued_at_ms == 3_600_000
    assert found.session_policies == (IdentityPolicy(name="session policy 0", text=OWN),)
    assert found.tags == {"team": "green", "floor": "2"}
    assert found.boundary is not None
    assert '"*"' in found.boundary.text


def test_an_operators_key_acts_as_root() -> None:
    party = Party()
    key = msgspec.structs.replace(party.key, id="AKIAROOT000000000001", user_id="")
    party.s.put(key)
    found = documents(party)[key.id]
    assert (found.kind, found.arn, found.user_id) == ("root", f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    assert found.policies == ()


def test_nobody_is_known_while_nobody_asks_for_signatures() -> None:
    assert documents(Party(signs=False)) == {}


@pytest.mark.parametrize("case", ["inactive", "no user", "no role", "another role", "another user"])
def test_keys_that_do_not_work_are_unknown(case: str) -> None:
    party = Party()
    match case:
        case "inactive":
            party.s.put(msgspec.structs.replace(party.key, status="Inactive"))
        case "no user":
            party.s.put(msgspec.structs.replace(party.key, user_id=f"{ACCOUNT}/nobody"))
        case "no role":
            party.s.drop(party.role)
        case "another role":
            party.s.put(msgspec.structs.replace(party.role, unique_id="AROA2"))
        case "another user":
            own = msgspec.structs.replace(
                party.session, identity_kind="user", identity=party.user.id, principal_id="AIDA9"
            )
            party.s.put(own)
    gone = party.key.id if case in ("inactive", "no user") else party.session.id
    assert gone not in documents(party)
    assert len(documents(party)) == 1


def test_a_policy_that_is_not_there_denies() -> None:
    party = Party()
    party.s.put(msgspec.structs.replace(party.user, attached_policy_arns=("arn:aws:iam::aws:policy/Nonsense",)))
    policies = documents(party)[party.key.id].policies
    assert policies[-1] == IdentityPolicy(name="arn:aws:iam::aws:policy/Nonsense", text="")


def test_documents_follow_what_they_were_made_from() -> None:
    party = Party()
    compiler = Compiler(PRINCIPAL_FAMILIES, CompileSettings(), strict=True)
    compiler.compile(party.s.state)
    narrowed = msgspec.structs.replace(
        party.policy, versions=(msgspec.structs.replace(party.policy.versions[0], document=OWN.replace("[]", "[ ]")),)
    )
    party.s.put(narrowed)
    change = advance(compiler, party)
    assert [document.name.name for document in change.documents] == [party.key.id]
    assert json.loads(change.documents[0].body)["policies"][1]["text"] == OWN.replace("[]", "[ ]")
    party.s.drop(party.session)
    change = advance(compiler, party)
    assert [name.name for name in change.dropped_documents] == [party.session.id]


def test_the_last_deployment_that_asks_takes_them_away() -> None:
    party = Party()
    compiler = Compiler(PRINCIPAL_FAMILIES, CompileSettings(), strict=True)
    compiler.compile(party.s.state)
    party.s.commit()
    (deployment,) = party.s.state.all(Deployment)
    party.s.drop(deployment)
    change = advance(compiler, party)
    assert {name.name for name in change.dropped_documents} == {party.key.id, party.session.id}
