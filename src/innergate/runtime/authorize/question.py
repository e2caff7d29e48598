"""What is asked: may this call do this to this method of this stage."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from innergate.plans.runtime import RuntimeMethod, RuntimeStage
from innergate.runtime.exchange.call import Call


class Question(NamedTuple):
    """One call to one method. `path_parameters` are decoded, as events show them."""

    stage: RuntimeStage
    method: RuntimeMethod
    call: Call
    path_parameters: Mapping[str, str] = {}

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
