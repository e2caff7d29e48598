"""Lambda functions, their published versions, their aliases, and layers."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags

LATEST = "$LATEST"


class VpcAttachment(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Where a function's processes live: a host of the VPC (`workload_id`), reachable as one."""

    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    workload_id: str


class LayerUse(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A layer of a function; its content stays while the function has it, even if the layer's version is deleted."""

    arn: str
    code_digest: str
    code_size: int


class FunctionConfig(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """All that a published version freezes. `code_digest` names the blob (64 hex digits); `session_id` is the access key of the
    role's credentials that the function's processes get."""

    runtime: str
    role: str
    handler: str
    code_digest: str
    code_size: int
    last_modified: datetime
    revision_id: str
    session_id: str
    description: str = ""
    timeout_s: int = 3
    memory_mb: int = 128
    ephemeral_mb: int = 512
    environment: dict[str, str] | None = None
    kms_key_arn: str = ""
    architecture: str = "x86_64"
    tracing_mode: str = "PassThrough"
    dead_letter_arn: str = ""
    log_format: str = "Text"
    application_log_level: str = ""
    system_log_level: str = ""
    log_group: str = ""
    vpc: VpcAttachment | None = None
    layers: tuple[LayerUse, ...] = ()


class PolicyStatement(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One permission; `text` is the statement's JSON."""

    sid: str
    text: str


class FunctionPolicy(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The resource policy of one ARN of a function."""

    revision_id: str
    statements: tuple[PolicyStatement, ...]

    @property
    def document(self) -> str:
        """The policy as JSON."""
        statements = ",".join(statement.text for statement in self.statements)
        return f'{{"Version":"2012-10-17","Id":"default","Statement":[{statements}]}}'


class EventInvoke(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """How asynchronous invocations of one ARN are tried again; None where the user has said nothing."""

    last_modified: datetime
    maximum_retry_attempts: int | None = None
    maximum_event_age_in_seconds: int | None = None
    on_success: str | None = None
    on_failure: str | None = None


class Function(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`id` is the ARN without qualifier. `policies` and `event_invokes` are by qualifier; "" is the function itself."""

    kind: ClassVar[str] = "function"

    function_name: str
    config: FunctionConfig
    """Of $LATEST."""
    next_version: int = 1
    reserved_concurrency: int | None = None
    policies: dict[str, FunctionPolicy] = {}
    event_invokes: dict[str, EventInvoke] = {}
    recursive_loop: str = "Terminate"
    tags: Tags = {}


class FunctionVersion(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A published version; `id` is its ARN."""

    kind: ClassVar[str] = "function-version"

    function_arn: str
    number: str
    config: FunctionConfig

    def references(self) -> tuple[Key, ...]:
        return (Key("function", self.function_arn),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("function", self.function_arn),)


class FunctionAlias(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A name for a version; `id` is its ARN. `weights` are the shares of further versions."""

    kind: ClassVar[str] = "function-alias"

    function_arn: str
    name: str
    function_version: str
    revision_id: str
    description: str = ""
    weights: dict[str, float] = {}

    def references(self) -> tuple[Key, ...]:
        return (Key("function", self.function_arn),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("function", self.function_arn),)


class Layer(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A layer; `id` is its ARN. It counts its versions, whose numbers are never used again."""

    kind: ClassVar[str] = "layer"

    name: str
    next_version: int = 1


class LayerVersion(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A version of a layer; `id` is its ARN. `policy` says which other accounts may use it."""

    kind: ClassVar[str] = "layer-version"

    layer_arn: str
    number: int
    code_digest: str
    code_size: int
    created_at: datetime
    description: str = ""
    license_info: str = ""
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    policy: FunctionPolicy | None = None

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("layer", self.layer_arn),)
