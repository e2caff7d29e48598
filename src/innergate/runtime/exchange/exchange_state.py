"""What the stages of one exchange share: the call, its variables, and what is noted on the way."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, final

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.primitives.once import once
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.context_values import Context, build_context, template_context
from innergate.runtime.exchange.execution_log import ExecutionLog
from innergate.runtime.exchange.method_request import MethodRequest
from innergate.runtime.exchange.stage_cache import StageCache
from innergate.runtime.mapping.template_scope import Parameters, TemplateValues


class Circumstances(NamedTuple):
    """What does not come with the call. `chance` in [0, 1) picks among weighted clusters; `is_test`: TestInvokeMethod, which
    nobody has to be authorized for and which logs everything; `identity` is put over `$context.identity`; `memory` and
    `cache` are what a worker keeps of authorizations and answers."""

    chance: float = 0.0
    is_test: bool = False
    is_canary: bool = False
    identity: Mapping[str, str] = MappingProxyType({})
    memory: AuthorizationMemory | None = None
    cache: StageCache | None = None


_NO_PARAMETERS = Parameters({}, {}, {})


@final
class Exchange:
    """One call on its way. `facts` are for the access log; `overrides` what templates have set of `requestOverride` and
    `responseOverride` in `$context`, which later templates see."""

    def __init__(self, stage: RuntimeStage, method: RuntimeMethod, call: Call, around: Circumstances) -> None:
        self.stage = stage
        self.method = method
        self.call = call
        self.around = around
        self.request = MethodRequest(stage, method, call)
        self.log = ExecutionLog(method.settings, everything=around.is_test)
        self.facts: dict[str, str] = {}
        self.overrides: dict[str, Any] = {}

    def with_call(self, call: Call) -> "Exchange":
        """The same exchange with the call in another form; what is known already stays."""
        other = Exchange(self.stage, self.method, call, self.around)
        other.log, other.facts, other.context = self.log, self.facts, self.context
        return other

    @once
    def context(self) -> Context:
        """`$context`, to which authorization and failures add."""
        context = build_context(self.request)
        if self.around.is_canary:
            context["isCanaryRequest"] = True
        if self.around.is_test:
            context["path"] = self.call.path_in_stage
        context["identity"].update(self.around.identity)
        return context

    def template_values(self, template: str, body: str) -> TemplateValues:
        """What a template of this call is rendered with; what it does not name is left out."""
        request = self.request
        parameters = _NO_PARAMETERS
        if "params" in template:
            parameters = Parameters(request.path, request.query, request.headers)
        context = self.overrides
        if "context" in template:
            context = template_context(self.context)
            if self.overrides:
                context |= self.overrides
        return TemplateValues(body, parameters, context, self.stage.variables)
