"""How a request finds its stage: a key of two parts (entry and API, stage), and a scope a stage has for each name.

Both come from one header of ours that is stripped and set before anything else sees the request: each header more would cost
every request (docs/decisions). Early header mutation runs after the path is normalised, so the stage is the first part of the
canonical path. A name with a slash in it can only lead to a stage that the path does not begin with, which has no route for it.
"""

from typing import NamedTuple

from innergate.compile.emit.envoy.packed import ADS, escape_operators, extension, overwrite
from innergate.compile.family import EnvoyBody
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.primitives.json_value import JsonObject, JsonValue

OWN_PREFIX = "x-innergate-"
SCOPE_HEADER = "x-innergate-scope"
"""`private.us-east-1|API.execute-api.us-east-1.amazonaws.com /STAGE/…/ HOST`, or `public|HOST/STAGE/…`; see `read_scope`."""

_STRIPPED_PREFIXES = (OWN_PREFIX, "x-envoy-", "x-amzn-vpc")
"""Ours, Envoy's, and what only a gateway may say: x-amzn-vpce-id, -vpc-id, -vpce-config (abuse cases 17, 19). Clients' own are
dropped; a prefix costs less than two names."""


class Entry(NamedTuple):
    """A kind of entrance. `name` begins the key; `accepts_id_header`: x-apigw-api-id may name the API; `suffix`
    ends the Host names of APIs, the label before it being the API's id or alias ("" for: the whole Host is the key)."""

    name: str
    accepts_id_header: bool
    suffix: str


def private_entry(region: str) -> Entry:
    """Through an execute-api endpoint of the region."""
    return Entry(f"private.{region}", True, f".execute-api.{region}.amazonaws.com")


BASE_HEADER = "x-innergate-base"
"""The canonical path of a request by a custom domain name: it chooses the base path, as a virtual host."""

_ANY_STAGE = "-"
_END = "/-/"
"""What follows the labels of a Host: no Host has a slash."""
_PATIENT_ADS: JsonObject = {**ADS, "initial_fetch_timeout": "60s"}


class DomainEntry(NamedTuple):
    """By a custom domain name, which the listener knows from SNI. `key` says which, without slashes; `host` what the Host
    header must be, "" for a wildcard name, where it must be one label below `above`. `by_rules`: its stages share a virtual
    host. `asks_clients`: for certificates."""

    key: str
    host: str
    by_rules: bool = False
    asks_clients: bool = False
    above: str = ""

    @property
    def dotless(self) -> str:
        """The beginning of a wildcard name's scopes, which no Host can say: it comes first."""
        return f"domain|{self.key.replace('.', ',')}|"


PUBLIC_ENTRY = Entry("public", False, "")
"""The public side serves every region: there the whole Host name follows in the key."""


def early_mutations(entry: Entry | DomainEntry) -> list[JsonValue]:
    """Strips what clients may not say, then sets what the key is taken from. The suffix is put on whether the name has it or
    not: the key ends before the first. Where the key may not be the Host, that follows, for the access log."""
    added = {SCOPE_HEADER: _scope_format(entry)}
    if isinstance(entry, DomainEntry):
        added[BASE_HEADER] = "%PATH(NQ)%"
    mutations: list[JsonValue] = [
        *({"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in _STRIPPED_PREFIXES),
        {"remove": "x-forwarded-port"},
        *({"append": overwrite(name, value)} for name, value in added.items()),
    ]
    return [
        extension(
            "envoy.http.early_header_mutation.header_mutation",
            "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            {"mutations": mutations},
        )
    ]


def _scope_format(entry: Entry | DomainEntry) -> str:
    if isinstance(entry, DomainEntry):
        if entry.above:
            begin = escape_operators(entry.dotless)
            return f"{begin}.%REQ(:AUTHORITY)%.{_END}. %PATH(NQ)%/ %REQ(:AUTHORITY)%"
        host = "%REQ(:AUTHORITY)%" if entry.host else ""
        return f"domain|{escape_operators(entry.key)}|{host}/{_ANY_STAGE}/ %PATH(NQ)%/ %REQ(:AUTHORITY)%"
    if entry.accepts_id_header:
        return f"{entry.name}|%REQ(X-APIGW-API-ID?:AUTHORITY)%{entry.suffix} %PATH(NQ)%/ %REQ(:AUTHORITY)%"
    return f"{entry.name}|%REQ(:AUTHORITY)%%PATH(NQ)%"


def read_scope(scope: str) -> tuple[str, str]:
    """The Host and the canonical path (without query) of a request, from its scope header."""
    head, mark, host = scope.rpartition("/ ")
    if mark:
        return host, head.rpartition(" ")[2]
    host, slash, path = scope.partition("|")[2].partition("/")
    return host, slash + path


def scoped_routes(entry: Entry | DomainEntry) -> JsonObject:
    """The HTTP connection manager's way to a stage's routes.

    Never on demand: Envoy chooses the filters of a request before it waits for its routes, so requests that came first would
    pass without policies, keys and throttles. A listener waits for all of them, four times as long as Envoy does by itself:
    when it opens too early, stages whose routes are still under way answer that they do not exist.
    """
    suffix = entry.suffix if isinstance(entry, Entry) else ""
    fragments: list[JsonValue] = [_fragment(suffix or "/", 0), _fragment("/", 1)]
    if isinstance(entry, DomainEntry) and entry.above:
        labels = entry.above.count(".") + 1
        fragments = [_fragment(".", index) for index in (0, *range(2, labels + 3))]
    return {
        "name": "stages",
        "scope_key_builder": {"fragments": fragments},
        "rds_config_source": _PATIENT_ADS,
        "scoped_rds": {"scoped_rds_config_source": _PATIENT_ADS},
    }


def _fragment(separator: str, index: int) -> JsonObject:
    return {"header_value_extractor": {"name": SCOPE_HEADER, "element_separator": separator, "index": index}}


def route_name(api_id: str, stage: str) -> str:
    """The RouteConfiguration of a stage."""
    return f"{api_id}/{stage}"


def scope_bodies(blueprint: StageBlueprint) -> tuple[EnvoyBody, ...]:
    """The scopes of a stage: its own name and an alias for each associated endpoint (private), or its public name."""
    if blueprint.is_disabled:
        return ()
    if not blueprint.is_private:
        host = f"{blueprint.api_id}.execute-api.{blueprint.region}.amazonaws.com"
        return (_scope(blueprint, PUBLIC_ENTRY.name, host),)
    names = [blueprint.api_id, *(f"{blueprint.api_id}-{endpoint}" for endpoint in blueprint.endpoint_ids)]
    return tuple(_scope(blueprint, private_entry(blueprint.region).name, name) for name in names)


def _scope(blueprint: StageBlueprint, entry: str, api: str) -> EnvoyBody:
    name = f"{entry}/{api}/{blueprint.stage}"
    return EnvoyBody(
        "scopes",
        name,
        {
            "name": name,
            "route_configuration_name": route_name(blueprint.api_id, blueprint.stage),
            "key": {"fragments": [{"string_key": part} for part in (f"{entry}|{api}", blueprint.stage)]},
        },
    )


def domain_scope(entry: DomainEntry, route: str, name: str = "") -> EnvoyBody:
    """The one scope of a custom domain name; `route` is its RouteConfiguration. One of several with the same key has a
    `name`."""
    name = name or f"domain/{entry.key}"
    parts = [f"domain|{entry.key}|{entry.host}", _ANY_STAGE]
    if entry.above:
        parts = [entry.dotless, *entry.above.split("."), _END]
    fragments: list[JsonValue] = [{"string_key": part} for part in parts]
    return EnvoyBody("scopes", name, {"name": name, "route_configuration_name": route, "key": {"fragments": fragments}})
