"""Whether a call may pass: the authorizer that the method names, joined with the resource policy, then the API key."""

from innergate.plans.runtime import RuntimeMethod
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.authorize.outcome import AUTHORIZER_CONFIGURATION_ERROR, Authorized, Denied, Steps, Verdict, told
from innergate.runtime.authorize.question import Question
from innergate.runtime.exchange.call import Call

__all__ = ["AuthorizationMemory", "Authorized", "Denied", "Question", "Verdict", "authorize", "drops_authorization"]


def authorize(question: Question, memory: AuthorizationMemory) -> Steps:
    """Asks whom the method says must be asked. Where the method's kind of authorization is unknown, nobody passes."""
    yield from ()
    match question.method.authorization:
        case "NONE":
            return Authorized()
        case _:
            return told(
                AUTHORIZER_CONFIGURATION_ERROR, {}, "Execution failed due to configuration error: Unknown authorization"
            )


def drops_authorization(method: RuntimeMethod, call: Call) -> bool:
    """Whether the Authorization header must not reach the backend: it holds a signature, or the method asks for one
    (API Gateway Developer Guide, "Important notes")."""
    value = call.header("authorization")
    return value is not None and (method.authorization == "AWS_IAM" or value.startswith("AWS4-"))
