"""What the runtime executes: one document a stage, with the methods that Envoy cannot serve by itself.

Every choice that does not depend on a request is made: stage variables are filled in, an integration's upstream is known by its
clusters or by the answer that stands for it, a function by its ARN.
"""

from typing import TypeAlias

import msgspec

from innergate.plans.functions import RoleCredentials


class WeightedCluster(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster of Envoy's that leads to a backend, and its share."""

    name: str
    weight: int = 1


class HttpTarget(msgspec.Struct, frozen=True, kw_only=True, tag="http"):
    """An HTTP backend. `host` is what the Host header says; `path` and `query` are as in the URI, with `{name}` for path
    parameters of the integration request. Where there are no clusters, `refusal` is the gateway response's type
    (INTEGRATION_FAILURE or INTEGRATION_TIMEOUT)."""

    scheme: str
    host: str
    path: str
    query: str = ""
    clusters: tuple[WeightedCluster, ...] = ()
    refusal: str = ""
    reason: str = ""


class FunctionTarget(msgspec.Struct, frozen=True, kw_only=True, tag="function"):
    """A Lambda function by its ARN (with version or alias). `is_allowed`: the function's policy, or the role in `credentials`,
    lets this method invoke it; where not, `reason` says why."""

    arn: str
    is_allowed: bool = True
    reason: str = ""
    is_async: bool = False


class ServiceTarget(msgspec.Struct, frozen=True, kw_only=True, tag="service"):
    """Another AWS service, from `arn:aws:apigateway:{region}:{subdomain.service}:{path|action}/{rest}`. `endpoint` is where it
    is reached, scheme, host and port ("" for nowhere: `reason` says why); where `is_own`, the platform answers for that host
    itself. The request is signed with `credentials`, which are those of `role`."""

    service: str
    region: str
    kind: str
    """path or action."""
    rest: str
    subdomain: str = ""
    endpoint: str = ""
    is_own: bool = False
    role: str = ""
    credentials: RoleCredentials | None = None
    reason: str = ""


Target: TypeAlias = HttpTarget | FunctionTarget | ServiceTarget


class RuntimeIntegrationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `integrationResponses`, in the order in which they are tried. `parameters` maps a header of the method
    response to an expression; `content_handling` is "", CONVERT_TO_BINARY or CONVERT_TO_TEXT."""

    status: int
    selection_pattern: str = ""
    parameters: dict[str, str] = {}
    templates: dict[str, str | None] = {}
    content_handling: str = ""


class RuntimeIntegration(msgspec.Struct, frozen=True, kw_only=True):
    """What a method calls. `type` is MOCK, HTTP, HTTP_PROXY, AWS or AWS_PROXY; `verb` "ANY" sends the client's on.
    `parameters` maps `integration.request.…` to expressions as users wrote them. A template of None hands the body on. One that
    `streams` answers as its backend does, part by part."""

    type: str
    verb: str = ""
    target: Target | None = None
    parameters: dict[str, str] = {}
    templates: dict[str, str | None] = {}
    passthrough: str = "WHEN_NO_MATCH"
    content_handling: str = ""
    timeout_ms: int = 29000
    responses: tuple[RuntimeIntegrationResponse, ...] = ()
    cache_namespace: str = ""
    cache_keys: tuple[str, ...] = ()
    streams: bool = False
    idle_s: int = 300
    """How long a streamed answer may rest."""


class RequiredClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that a JWT must have, with one of `values` (any where there are none)."""

    name: str
    is_required: bool = True
    values: tuple[str, ...] = ()


class TokenIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tokens a JWT authorizer takes, for whom they must be, and what else they must say."""

    issuer: str
    audiences: tuple[str, ...] = ()
    claims: tuple[RequiredClaim, ...] = ()


class RuntimeAuthorizer(msgspec.Struct, frozen=True, kw_only=True):
    """`type` is TOKEN, REQUEST, COGNITO_USER_POOLS or JWT. `identity_sources` are expressions (`method.request.header.X`,
    `context.…`, `stageVariables.…`); `ttl_s` 0 means that nothing is kept. `issuers` are user pools' issuer URLs,
    `token_issuers` and `algorithms` those of JWT."""

    authorizer_id: str
    name: str
    type: str
    function: FunctionTarget | None = None
    identity_sources: tuple[str, ...] = ()
    validation: str = ""
    ttl_s: int = 300
    issuers: tuple[str, ...] = ()
    token_issuers: tuple[TokenIssuer, ...] = ()
    algorithms: tuple[str, ...] = ()


class RuntimeModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the API: a JSON Schema (draft 4) as text."""

    name: str
    content_type: str
    schema: str


class RuntimeGatewayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway response that a user has put. `status` 0 leaves the status as it is; `parameters` maps
    `gatewayresponse.header.X` to expressions."""

    status: int = 0
    parameters: dict[str, str] = {}
    templates: dict[str, str] = {}


class RuntimeBucket(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket: `burst` calls at once, `rate_per_s` a second. Nothing passes where either is 0."""

    burst: int
    rate_per_s: float


class RuntimeMethod(msgspec.Struct, frozen=True, kw_only=True):
    """One verb of one resource. `request_parameters` maps `method.request.…` to whether it is required; `models` a content
    type to a model's name; `responses` a status to the headers that the method response declares; `settings` are the stage's
    for this method, by AWS's names (`caching/enabled`, ...)."""

    resource_id: str
    path: str
    verb: str
    integration: RuntimeIntegration
    authorization: str = "NONE"
    authorizer_id: str = ""
    scopes: tuple[str, ...] = ()
    client_throttles: dict[str, RuntimeBucket] = {}
    """Usage plans' buckets of this method by key id, where Envoy cannot draw from them: this worker's share."""
    requires_key: bool = False
    operation_name: str = ""
    request_parameters: dict[str, bool] = {}
    models: dict[str, str] = {}
    validates_body: bool = False
    validates_parameters: bool = False
    responses: dict[int, tuple[str, ...]] = {}
    response_models: dict[int, dict[str, str]] = {}
    settings: dict[str, bool | int | float | str] = {}


class RuntimeKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key that opens the stage, for keys that an authorizer names (`usageIdentifierKey`). `throttle` is its usage plan's
    bucket where Envoy cannot draw from it: this worker's share."""

    key_id: str
    value: str
    throttle: RuntimeBucket | None = None


class RuntimeStage(msgspec.Struct, frozen=True, kw_only=True):
    """A stage. `methods` are by `<resource id>/<verb>`. `policy` is the deployed resource policy's JSON, for authorizations
    that combine with it ("" for none)."""

    api_id: str
    stage: str
    account: str
    region: str
    deployment_id: str
    is_private: bool = False
    variables: dict[str, str] = {}
    binary_media_types: tuple[str, ...] = ()
    minimum_compression_bytes: int | None = None
    api_key_source: str = "HEADER"
    policy: str = ""
    endpoint_policies: dict[str, str] = {}
    """Policies of execute-api endpoints that do not give full access, by endpoint id."""
    reaches_loopback: bool = False
    """Whether keys may be fetched from an issuer on the gateway's own machine."""
    authorizers_flushed_at: str = ""
    """When FlushStageAuthorizersCache was called last; a new value makes workers forget what authorizers answered."""
    has_cache: bool = False
    """Whether the stage's cache cluster is on: only then do methods' caching settings count."""
    cache_flushed_at: str = ""
    """When FlushStageCache was called last; a new value makes workers forget answers."""
    shared_cache_of: str = ""
    """Of a canary: the deployment whose answers in the stage's cache are the canary's too; "" where it has its own."""
    is_canary: bool = False
    models: dict[str, RuntimeModel] = {}
    gateway_responses: dict[str, RuntimeGatewayResponse] = {}
    authorizers: dict[str, RuntimeAuthorizer] = {}
    keys: tuple[RuntimeKey, ...] = ()
    methods: dict[str, RuntimeMethod] = {}
    logging_group: str = ""
    """Where execution logs go; "" for nowhere."""


def stage_document_name(api_id: str, stage: str, is_canary: bool = False) -> str:
    """What the files of a stage are named after; a stage's canary has files of its own. No stage has a dot in its name."""
    return f"{api_id}.{stage}.{_CANARY}" if is_canary else f"{api_id}.{stage}"


def version_name(name: str, digest: str) -> str:
    """The file of one version, by the digest of its content: a route names the version that it was compiled with, so no worker
    executes another."""
    return f"{name}.{digest}"


def is_canary_document(version: str) -> bool:
    """Whether the file is that of a stage's canary."""
    return version.split(".")[2:3] == [_CANARY]


_CANARY = "canary"


def execution_log_group(api_id: str, stage: str) -> str:
    """Where a stage's execution logs go (aws-semantics.md, 9.2)."""
    return f"API-Gateway-Execution-Logs_{api_id}/{stage}"


def log_groups_of(group: str, *, is_canary: bool) -> tuple[str, ...]:
    """The groups that a line goes to: those of a canary's calls, access logs too, go to the stage's group and to one beside it
    (developer guide, "Set up an API Gateway canary release deployment")."""
    return (group, f"{group}/Canary") if is_canary else (group,)


TEST_STAGE = "test-invoke-stage"
"""`$context.stage` of calls that try a method (TestInvokeMethod)."""

TEST_HEADER = "x-innergate-test"
"""On a request of control's to a worker: it tries a method of this document. Envoy strips it from clients."""


def tried_document_name(api_id: str) -> str:
    """The file of what is tried; no stage has a dot in its name."""
    return f"{api_id}..test"


CALL_HEADER = "x-innergate-call"
"""What Envoy tells a worker of a request, in a header that it sets itself (see `Call`)."""

FACTS_HEADER = "x-innergate-facts"
"""What a worker tells Envoy of its answer: JSON of `$context` variables for the access log. Envoy takes it off."""

FIRST_FAILURE = 400
"""The lowest status of answers that the log of failures has."""

REASON_HEADER = "x-innergate-reason"
"""Why a worker answered so, from FIRST_FAILURE on: JSON of REASON_FACTS, for the log of failures. Envoy takes it off."""

REASON_FACT = "why"
"""What the execution log says of a failure, for the platform's operator: no variable of AWS's has the name."""

REASON_FACTS = (
    "error.responseType",
    "error.message",
    REASON_FACT,
    "integration.error",
    "integration.status",
    "integrationStatus",
    "authorizer.error",
)
"""The facts that say why. Others tell of a caller (claims, an authorizer's context) or of a body."""

CACHE_HEADER = "x-innergate-cache"
"""What a worker found in the stage's cache (CACHE_ANSWERS), on answers of methods that have one. Envoy takes it off."""

CACHE_ANSWERS = ("hit", "miss")

CLUSTER_HEADER = "x-innergate-cluster"
"""Which cluster a worker's call to a backend takes, on the egress socket."""

FAILURE_HEADER = "x-innergate-failure"
"""On the answer to such a call: it is Envoy's own, and why (response code details)."""

DATE_HEADER = "x-innergate-date"
"""On the answer to such a call: the date that the backend gave it, where it did; Envoy dates every answer."""
