"""What a stage means: its methods in the order in which they are tried, and what each does. Nothing here is about Envoy."""

from typing import Literal, TypeAlias

import msgspec

from innergate.plans.usage import KeyQuota

ValueSource: TypeAlias = Literal["static", "path", "querystring", "header", "context"]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mapped value comes from. `text` is the value itself (static), a parameter's name, or a $context variable's
    name without "context." (only those that are known at run time: the rest is static by now)."""

    source: ValueSource
    text: str


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """One mapped parameter of the integration request or of a response."""

    name: str
    value: Value


class ProxyAction(msgspec.Struct, frozen=True, kw_only=True):
    """HTTP_PROXY. `host` is what the URI says (with its port where written): Host header, and SNI without the port.

    `path` is the URI's path in pieces, mapped path parameters among them. `link_id` is a VPC link's id, or "" for the
    internet; `balancer_arn` the load balancer behind it, where it is a link of version 2. The client's own method is sent on.
    """

    scheme: str
    host: str
    port: int
    path: tuple[str | Value, ...]
    query: str = ""
    link_id: str = ""
    balancer_arn: str = ""
    headers: tuple[Mapping, ...] = ()
    querystrings: tuple[Mapping, ...] = ()
    timeout_ms: int = 29000
    idle_s: int = 300
    """How long an answer may rest."""
    skips_verification: bool = False


class MockAction(msgspec.Struct, frozen=True, kw_only=True):
    """MOCK with static templates. `refuses_types`: bodies of other types than JSON are answered 415, else 500."""

    status: int
    refuses_types: bool = False
    headers: tuple[Mapping, ...] = ()
    body: str = ""
    content_type: str = "application/json"


class RuntimeAction(msgspec.Struct, frozen=True, kw_only=True):
    """What Envoy cannot do by itself: a worker of the runtime executes the method. `backend` is where an HTTP integration goes
    (its path and mappings are the worker's matter), None where there is none; `asks_cache`: answers may be the stage
    cache's."""

    reason: str
    timeout_ms: int = 29000
    idle_s: int = 300
    backend: ProxyAction | None = None
    asks_cache: bool = False


class BrokenAction(msgspec.Struct, frozen=True, kw_only=True):
    """A method that cannot be served: it answers 500 as AWS does for a configuration error."""

    reason: str


Action: TypeAlias = ProxyAction | MockAction | RuntimeAction | BrokenAction


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket: `burst` requests at once, `rate_per_s` a second. Nothing passes where either is 0."""

    burst: int
    rate_per_s: float


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that a native form is exact for. `has_plain_target`: nothing in path and query is encoded, a plus sign or a
    semicolon. None of the headers named has a comma, and of the query parameters named there is one at most."""

    has_plain_target: bool = False
    plain_headers: tuple[str, ...] = ()
    single_queries: tuple[str, ...] = ()


class MethodPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One verb ("ANY" for all seven) of one resource. Where it has a `restriction`, the next plan of the same verb and resource
    is for the other requests."""

    resource_id: str
    path: str
    verb: str
    action: Action
    requires_key: bool = False
    throttle: Bucket | None = None
    client_throttles: tuple[tuple[str, Bucket], ...] = ()
    """Usage plans' own buckets of this method: (key id, bucket)."""
    authorization: str = "NONE"
    key_source: str = "HEADER"
    restriction: Restriction | None = None
    policy_asks_time: bool = False
    """Whether the answer of the API's resource policy may change with the time, which Envoy's filters do not know."""

    @property
    def is_authorized_by_worker(self) -> bool:
        """Whether a worker decides who may call, the resource policy included."""
        return isinstance(self.action, RuntimeAction) and (self.authorization != "NONE" or self.policy_asks_time)

    @property
    def has_key_checked_by_worker(self) -> bool:
        """Whether the API key is asked for after an authorizer, who may even name it."""
        by_worker = self.is_authorized_by_worker or self.key_source != "HEADER"
        return self.requires_key and isinstance(self.action, RuntimeAction) and by_worker


class KeyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An API key that opens this stage, with its usage plan's bucket. `value` is a secret."""

    key_id: str
    value: str
    throttle: Bucket | None = None
    quota: KeyQuota | None = None


class GatewayResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway answers in its own name, where a user has said so. `status` 0 leaves the status as it is; `body` is
    None where no template is set, else a template in `content_type` with $context variables in it."""

    response_type: str
    status: int = 0
    headers: tuple[Mapping, ...] = ()
    body: str | None = None
    content_type: str = "application/json"


class StageBlueprint(msgspec.Struct, frozen=True, kw_only=True):
    """All that requests to one stage can meet. `methods` stand in order: the first whose path and verb match is taken, and a
    path that matches without a verb is refused. `policy` is the deployed one ("" for none)."""

    api_id: str
    stage: str
    account: str
    region: str
    is_private: bool
    endpoint_ids: tuple[str, ...]
    """Endpoints that an alias name is made for."""
    is_disabled: bool
    policy: str
    methods: tuple[MethodPlan, ...]
    endpoint_policies: tuple[tuple[str, str], ...] = ()
    """Policies of execute-api endpoints of the region that do not give full access: (endpoint id, JSON)."""
    keys: tuple[KeyPlan, ...] = ()
    gateway_responses: tuple[GatewayResponse, ...] = ()
    logs_failures: bool = False
    """Whether some method's execution log tells at least of failures."""
    has_detailed_metrics: bool = False
    """Whether some method is measured by itself."""
    log_destination: str = ""
    log_format: str = ""
    deployment_id: str = ""
    client_certificate_id: str = ""
    """What HTTPS backends are shown."""
    base_path: str | None = None
    """What stands in paths where the stage's name does otherwise: a custom domain's base path, "" for none."""
    rule_id: str = ""
    """The routing rule that led here, "" for none."""
    by_rules: bool = False
    """Whether the stage shares a virtual host with others, as under a custom domain name with routing rules."""
    canary: "Canary | None" = None
    is_canary: bool = False
    other_side_has_late_keys: bool = False
    """Of a stage with a canary and of that canary: whether workers check keys of the other one's methods."""
    document: str = ""
    """What workers execute the stage by, once it is made; "" where nothing of the stage is for them."""

    @property
    def has_late_keys(self) -> bool:
        """Whether workers check the key that a request brings, for a method of the stage or of its canary: then Envoy knows
        keys by their values. Of a key that an authorizer names it knows nothing, so that does not count."""
        own = any(method.has_key_checked_by_worker and method.key_source == "HEADER" for method in self.methods)
        return own or self.other_side_has_late_keys

    @property
    def mount(self) -> str:
        """The beginning of every request's path that a method's path follows: `/<stage>`, `/<base path>`, or ""."""
        first = self.stage if self.base_path is None else self.base_path
        return f"/{first}" if first else ""


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """Another deployment, which `percent` of a stage's requests take. Its blueprint has the stage's policy and keys."""

    percent: float
    blueprint: StageBlueprint


TOKEN_AUTHORIZATIONS = frozenset({"COGNITO_USER_POOLS", "JWT"})
"""Those for which a worker asks an issuer for its keys."""

VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What ANY covers (developer guide, "Set up a method using the console")."""
