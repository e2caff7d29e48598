"""What the functions' supervisor of a node runs: one document a function (`plans.documents.FUNCTIONS`), JSON."""

from functools import lru_cache

import msgspec

from innergate.primitives.arn import parse_arn

MAX_SYNC_BYTES = 6_291_456
MAX_ASYNC_BYTES = 1_048_576
"""Of an event that a caller waits for, and of one that nobody waits for (Lambda Developer Guide, "Lambda quotas")."""


class RoleCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes of a version sign their own calls with."""

    access_key_id: str
    secret_access_key: str
    session_token: str


class FunctionVersionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One version. `revision_id` changes with every change of it; `code_digest` names `<state>/blobs/<digest>.zip`.

    `namespace` is the network namespace that its processes live in, "" for one of their own without any network.
    """

    number: str
    revision_id: str
    runtime: str
    handler: str
    code_digest: str
    environment: dict[str, str]
    timeout_s: int
    memory_mb: int
    ephemeral_mb: int
    log_group: str
    log_format: str = "Text"
    application_log_level: str = ""
    credentials: RoleCredentials | None = None
    namespace: str = ""
    layers: tuple[str, ...] = ()
    """Digests of the packages that lie below /opt, a later one over an earlier one."""


class AliasPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of versions; they sum up to 1. `revision_id` changes with every change of the alias."""

    shares: dict[str, float]
    revision_id: str = ""


class AsyncPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long an asynchronous invocation is tried, and the functions that are told what became of it ("" for
    none): only those that the role may invoke."""

    retries: int = 2
    longest_age_s: int = 21_600
    on_success: str = ""
    on_failure: str = ""


class FunctionPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A function. `arn` has no qualifier; `async_plans` are by qualifier ("" for none). One that `may_loop` may be told of
    its own events' ends without end."""

    arn: str
    account: str
    region: str
    name: str
    reserved_concurrency: int | None
    versions: dict[str, FunctionVersionPlan]
    aliases: dict[str, AliasPlan] = {}
    async_plans: dict[str, AsyncPlan] = {}
    may_loop: bool = False


class QualifiedArn(msgspec.Struct, frozen=True):
    """A function's ARN, and the version or alias that it names ("" for none)."""

    arn: str
    qualifier: str

    @property
    def account(self) -> str:
        """Whose function it is."""
        return self.arn.split(":")[4]


@lru_cache(maxsize=4096)
def split_function_arn(text: str) -> QualifiedArn | None:
    """The parts of `arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`; None where it is none."""
    arn = parse_arn(text)
    if arn is None or arn.service != "lambda":
        return None
    words = arn.resource.split(":")
    if words[0] != "function" or len(words) not in (2, 3) or not words[1]:
        return None
    unqualified = arn._replace(resource=f"function:{words[1]}")
    return QualifiedArn(str(unqualified), words[2] if len(words) == 3 else "")


@lru_cache(maxsize=4096)
def document_of(arn: str) -> str:
    """The name of the document of a function (an ARN without qualifier)."""
    parsed = parse_arn(arn)
    if parsed is None:
        raise ValueError(f"{arn!r} is no ARN")
    return f"{parsed.region}.{parsed.account}.{parsed.resource.removeprefix('function:')}"
