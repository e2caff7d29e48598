"""After any history of identities and deployments, the documents of who may sign equal those made from scratch."""

import random
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.compile.emit.test_principals import Party, signed_method

from innergate.compile.emit.runtime.principals import PRINCIPAL_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.resources.base import Resource
from innergate.resources.deployments import Deployment
from innergate.resources.identities import AccessKey, ManagedPolicy, Role, Session, User


def _step(party: Party, chance: random.Random, number: int) -> None:
    """One random deed."""
    s = party.s
    originals: tuple[Resource, ...] = (party.user, party.key, party.role, party.session, party.policy)
    match chance.randrange(7):
        case 0:
            s.drop(chance.choice(originals))
        case 1:
            s.put(chance.choice(originals))
        case 2:
            for deployment in s.state.all(Deployment):
                s.drop(deployment)
        case 3:
            s.private_api(None, policy="", methods={("/", "GET"): signed_method()}, types=("REGIONAL",))
        case 4:
            for user in s.state.all(User):
                s.put(msgspec.structs.replace(user, tags={"step": str(number)}))
            for role in s.state.all(Role):
                s.put(msgspec.structs.replace(role, inline_policies={f"p{number}": "{}"}))
        case 5:
            for key in s.state.all(AccessKey):
                s.put(msgspec.structs.replace(key, status=chance.choice(("Active", "Inactive"))))
            for session in s.state.all(Session):
                s.put(msgspec.structs.replace(session, expires_at=session.expires_at + timedelta(seconds=1)))
        case _:
            for policy in s.state.all(ManagedPolicy):
                version = msgspec.structs.replace(policy.versions[0], document=f'{{"step": {number}}}')
                s.put(msgspec.structs.replace(policy, versions=(version,)))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 20))
def test_incremental_documents_equal_those_from_scratch(seed: int, steps: int) -> None:
    chance, party = random.Random(seed), Party(signs=False)
    compiler = Compiler(PRINCIPAL_FAMILIES, CompileSettings(), strict=True)
    at_agent = {d.name: d.body for d in compiler.compile(party.s.state).whole_network.documents}
    for number in range(steps):
        before = len(party.s.commits)
        _step(party, chance, number)
        party.s.commit()
        change = compiler.advance(party.s.state, party.s.commits[before:]).network
        at_agent |= {d.name: d.body for d in change.documents}
        for name in change.dropped_documents:
            at_agent.pop(name, None)
        scratch = Compiler(PRINCIPAL_FAMILIES, CompileSettings(), strict=True).compile(party.s.state)
        assert at_agent == {d.name: d.body for d in scratch.whole_network.documents}
