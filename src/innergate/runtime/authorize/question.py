"""What is asked: may this call do this to this method of this stage."""

from datetime import UTC, datetime
from typing import NamedTuple

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.context_values import Context
from innergate.runtime.exchange.method_request import MethodRequest


class Question(NamedTuple):
    """A call at its method, and what `$context` says of it so far."""

    request: MethodRequest
    context: Context

    @property
    def stage(self) -> RuntimeStage:
        return self.request.stage

    @property
    def method(self) -> RuntimeMethod:
        return self.request.method

    @property
    def call(self) -> Call:
        return self.request.call

    @property
    def arn_prefix(self) -> str:
        """`arn:aws:execute-api:<region>:<account>:<api>`."""
        return f"arn:aws:execute-api:{self.stage.region}:{self.stage.account}:{self.stage.api_id}"

    @property
    def path(self) -> str:
        """The raw path inside the stage, with its slash."""
        return "/" + self.call.path.removeprefix("/").partition("/")[2]

    @property
    def method_arn(self) -> str:
        """What is invoked: `<prefix>/<stage>/<verb>/<path>`."""
        return f"{self.arn_prefix}/{self.stage.stage}/{self.call.verb}{self.path}"

    @property
    def shown_arn(self) -> str:
        """The same for strangers: all but four digits of the account are masked."""
        masked = f"********{self.stage.account[-4:]}"
        resource = f"{self.stage.api_id}/{self.stage.stage}/{self.call.verb}{self.path}"
        return f"arn:aws:execute-api:{self.stage.region}:{masked}:{resource}"

    @property
    def now(self) -> datetime:
        """When the call came."""
        return datetime.fromtimestamp(self.call.received_ms / 1000, UTC)
