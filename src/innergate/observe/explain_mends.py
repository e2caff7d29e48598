"""What to change where a policy or a certificate stops a call: the statement and the value, then the commands."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from innergate.compile.resolve.api_blueprint import MethodPlan, ProxyAction, StageBlueprint
from innergate.compile.resolve.listener_tls import NO_CERTIFICATE, UNTRUSTED
from innergate.compile.view import Reader
from innergate.observe.explain_policy import Question, decide_resource_policy
from innergate.observe.explanation import ConditionSeen, PolicyDecision, StatementSeen
from innergate.policy.execute_api import INVOKE
from innergate.resources.domain_names import DomainName
from innergate.resources.rest_apis import RestApi
from innergate.resources.vpc_endpoints import VpcEndpoint

_NEGATIVE = re.compile(r"(^|:)(\w*Not\w+)$")
_ORDER = re.compile(r"(Less|Greater)Than")
"""An operator that has a bound, where others list what fits."""


def mend_resource_policy(
    reader: Reader,
    blueprint: StageBlueprint,
    decision: PolicyDecision,
    question: Question,
    endpoint: VpcEndpoint | None,
) -> str:
    """What lets the call past the API's resource policy. Where the saved policy, which is not deployed yet, allows it,
    a deployment is enough."""
    deploy = f"aws apigateway create-deployment --rest-api-id {blueprint.api_id} --stage-name {blueprint.stage}"
    api = reader.get(RestApi, blueprint.api_id)
    if api is not None and api.policy != blueprint.policy:
        saved = decide_resource_policy(msgspec.structs.replace(blueprint, policy=api.policy), question)
        if saved is None or saved.outcome == "allow":
            return f"{deploy} (the saved policy allows the call, the deployed one does not)"
    is_saved_so = api is not None and api.policy == blueprint.policy
    patch = _patch(
        _only(endpoint.id)
        if not decision.statements and endpoint is not None
        else _with_value(blueprint.policy if is_saved_so else "", decision)
    )
    words = what_to_change(decision)
    change = f"aws apigateway update-rest-api --rest-api-id {blueprint.api_id} --patch-operations {patch}"
    return f"{words + ': ' if words else ''}{change} && {deploy}"


def mend_domain_policy(domain: DomainName, decision: PolicyDecision, endpoint_id: str) -> str:
    """What lets the call past the policy of a private domain name; at first that policy denies everybody."""
    is_closed = all(s.effect == "Deny" and not s.conditions for s in decision.statements)
    words = "" if is_closed else what_to_change(decision)
    policy = _only(endpoint_id) if is_closed and endpoint_id else _with_value(domain.policy, decision)
    change = (
        f"aws apigateway update-domain-name --domain-name {domain.domain_name} --domain-name-id {domain.domain_name_id}"
        f" --patch-operations {_patch(policy)}"
    )
    return f"{words + ': ' if words else ''}{change}"


def _patch(policy: str) -> str:
    """The patch that sets a policy, or a place to put one."""
    if not policy:
        return "op=replace,path=/policy,value=POLICY"
    return shlex.quote(json.dumps([{"op": "replace", "path": "/policy", "value": policy}]))


class _Change(NamedTuple):
    """A value that a condition lacks."""

    statement: StatementSeen
    condition: ConditionSeen
    value: str


def _missing_value(decision: PolicyDecision) -> _Change | None:
    """The one value by which the call would pass; None where there is no such value."""
    by = decision.decided_by
    if by is not None:
        spares = (c for c in by.conditions if c.seen and _is_negative(c))
        return next((_Change(by, c, c.seen[0]) for c in spares if c.seen), None)
    return next(
        (
            _Change(statement, failed, failed.seen[0])
            for statement, failed in _nearly_allowing(decision)
            if failed.seen and not _is_negative(failed) and not _ORDER.search(failed.operator)
        ),
        None,
    )


def _nearly_allowing(decision: PolicyDecision) -> Iterator[tuple[StatementSeen, ConditionSeen]]:
    """The Allows that one condition alone keeps from applying, with that condition."""
    for statement in decision.statements:
        failed = [c for c in statement.conditions if not c.holds]
        if statement.effect == "Allow" and len(failed) == 1:
            yield statement, failed[0]


def _with_value(policy: str, decision: PolicyDecision) -> str:
    """The policy's text with the value that it lacks; "" where there is none, or the text has no place for it."""
    change = _missing_value(decision)
    if change is None or not policy:
        return ""
    document = json.loads(policy)
    listed = document["Statement"]
    statements = listed if isinstance(listed, list) else [listed]
    try:
        condition = statements[decision.statements.index(change.statement)]["Condition"][change.condition.operator]
        before = condition[change.condition.key]
    except (IndexError, KeyError, TypeError):
        return ""
    condition[change.condition.key] = [*(before if isinstance(before, list) else [before]), change.value]
    return json.dumps(document)


def what_to_change(decision: PolicyDecision) -> str:
    """The statement and the value that would let the call pass, in words; "" where no single value does."""
    change = _missing_value(decision)
    if change is not None:
        return f"add {change.value} to {change.condition.operator} {change.condition.key} of {change.statement.name}"
    by = decision.decided_by
    if by is not None:
        return f"narrow {by.name}, or take it out"
    for statement, failed in _nearly_allowing(decision):
        if failed.seen and _ORDER.search(failed.operator):
            return (
                f"change the bound of {failed.operator} {failed.key} of {statement.name}: the call has {failed.seen[0]}"
            )
    return ""


def mend_tls(stage_id: str, method: MethodPlan, action: ProxyAction, listener_arn: str, reason: str) -> str:
    """What lets an integration of the stage `<api>/<stage>` speak to the TLS listener on its way; `reason` is why it cannot."""
    if reason == NO_CERTIFICATE:
        return f"aws elbv2 modify-listener --listener-arn {listener_arn} --certificates CertificateArn=ARN"
    api_id, _, stage = stage_id.partition("/")
    if action.scheme != "https":
        words, operation = "write https in the URI", "op=replace,path=/uri,value=https://NAME/PATH"
    elif reason == UNTRUSTED:
        words = "a certificate of an authority that the system trusts, or no check of it"
        operation = "op=replace,path=/tlsConfig/insecureSkipVerification,value=true"
    else:
        words, operation = "write a name of the certificate in the URI", "op=replace,path=/uri,value=https://NAME/PATH"
    return (
        f"{words}: aws apigateway update-integration --rest-api-id {api_id} --resource-id {method.resource_id}"
        f" --http-method {method.verb} --patch-operations {operation}"
        f" && aws apigateway create-deployment --rest-api-id {api_id} --stage-name {stage}"
    )


def _is_negative(condition: ConditionSeen) -> bool:
    return _NEGATIVE.search(condition.operator) is not None


def _only(endpoint_id: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": INVOKE,
        "Resource": "execute-api:/*",
        "Condition": {"StringEquals": {"aws:SourceVpce": endpoint_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
