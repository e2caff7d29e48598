"""Who may call a function URL (Lambda Developer Guide, "Control access to Lambda function URLs")."""

from collections.abc import Sequence

import msgspec

from innergate.plans.function_urls import FunctionUrlPlan
from innergate.plans.principals import RuntimePrincipal
from innergate.plans.runtime import RuntimeIntegration, RuntimeMethod, RuntimeStage
from innergate.policy.combine import decide_cross_account, decide_same_account
from innergate.policy.evaluate import AccessRequest, evaluate, request_context
from innergate.runtime.authorize.caller import identify
from innergate.runtime.authorize.gates import stored_policy
from innergate.runtime.authorize.memory import FindPrincipal
from innergate.runtime.authorize.outcome import Denied
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.signed_call import caller_keys, own_decision, principal_of
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.method_request import MethodRequest

ACTIONS = ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction")
"""Both must be allowed (the page above: since October 2025, for new URLs)."""
SERVICE = "lambda"

FORBIDDEN = Denied(
    response_type="ACCESS_DENIED",
    message="Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
    error_type="AccessDeniedException",
)


class Admitted(msgspec.Struct, frozen=True):
    """The call may pass; `caller` is who signed it, None where nobody had to."""

    caller: RuntimePrincipal | None = None


def admit_call(plan: FunctionUrlPlan, call: Call, find_principal: FindPrincipal) -> Admitted | Denied:
    """Whether policies let the call invoke the function."""
    if not plan.is_signed:
        return Admitted() if _admits_anyone(plan, call) else FORBIDDEN
    principal = identify(_question(plan, call), find_principal, SERVICE)
    if isinstance(principal, Denied):
        return FORBIDDEN if principal.response_type == "MISSING_AUTHENTICATION_TOKEN" else principal
    return Admitted(principal) if _admits(plan, call, principal) else FORBIDDEN


def _admits_anyone(plan: FunctionUrlPlan, call: Call) -> bool:
    policy = stored_policy(plan.policy, "resource", plan.arn) if plan.policy else None
    if policy is None:
        return False
    keys = request_context(_keys(plan, call))
    return all(evaluate((policy,), AccessRequest(action, plan.arn, None, keys)).is_allowed for action in ACTIONS)


def _admits(plan: FunctionUrlPlan, call: Call, caller: RuntimePrincipal) -> bool:
    policies = (stored_policy(plan.policy, "resource", plan.arn),) if plan.policy else ()
    keys = {**caller_keys(caller, plan.region, plan.account), **request_context(_keys(plan, call))}
    decide = decide_same_account if caller.account == plan.account else decide_cross_account
    for action in ACTIONS:
        request = AccessRequest(action, plan.arn, principal_of(caller), keys)
        if not decide(own_decision(caller, request), evaluate(policies, request)).is_allowed:
            return False
    return True


def _keys(plan: FunctionUrlPlan, call: Call) -> dict[str, str | Sequence[str] | None]:
    return {
        "lambda:FunctionUrlAuthType": "AWS_IAM" if plan.is_signed else "NONE",
        "lambda:FunctionArn": plan.arn,
        "lambda:InvokedViaFunctionUrl": "true",
        "aws:SourceIp": call.source_ip or None,
        "aws:SecureTransport": "true",
        "aws:UserAgent": call.header("user-agent"),
        "aws:Referer": call.header("referer"),
    }


def _question(plan: FunctionUrlPlan, call: Call) -> Question:
    """The call as if an API's method were asked: signatures are checked by the same code."""
    stage = RuntimeStage(api_id=plan.id, stage="$default", account=plan.account, region=plan.region, deployment_id="")
    method = RuntimeMethod(
        resource_id="", path="/{proxy+}", verb="ANY", integration=RuntimeIntegration(type="AWS_PROXY")
    )
    return Question(MethodRequest(stage, method, call), {})
