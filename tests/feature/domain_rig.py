"""A live Envoy with custom domain names: public ones by a public listener, a private one by an endpoint's, with real TLS."""

import json
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.feature.loopback_envoy import serve_plan
from tests.feature.stage_parts import sell_key

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.envoy import EnvoyResource
from innergate.resources.api_keys import Throttle
from innergate.resources.certificates import Certificate
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import BasePathMapping, DomainAccess, DomainName, MutualTls
from innergate.resources.rest_apis import EndpointConfiguration, RestApi
from innergate.resources.routing_rules import RoutingRule, RuleCondition
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.envoy_static import StaticSecret
from innergate.testing.live_envoy import Answer, echo_origin
from innergate.testing.scenario import Scenario, only_endpoint, proxy_method
from innergate.testing.waiting import LONGEST_S

PUBLIC, TRUSTING, WILD, PRIVATE = "api.example.com", "mtls.example.com", "*.wild.example.com", "in.example.com"
RULES, ONLY, PRIVATE_RULES = "rules.example.com", "*.only.example.com", "inrules.example.com"
"""Names with routing rules: before base paths, alone, private."""
_PRIVATE_NAMES = (PRIVATE, PRIVATE_RULES)


class Pair(NamedTuple):
    """A certificate, its key, and the files with both."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    chain_file: str
    key_file: str

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def make_pair(
    folder: Path, label: str, subject: str, issuer: Pair | None = None, names: tuple[str, ...] = (), days: int = 2
) -> Pair:
    """A certificate that `issuer` signed (None: itself, an authority); expired for negative days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    start = datetime.now(UTC) - timedelta(days=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    certificate = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    files = folder / f"{label}.pem", folder / f"{label}.key"
    files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Pair(certificate, key, str(files[0]), str(files[1]))


class DomainRig(NamedTuple):
    """The ports of both entries, the APIs by what they are for, and who signs."""

    public_port: int
    private_port: int
    apis: dict[str, str]
    authority: Pair
    clients: Pair
    folder: Path

    def call(
        self,
        target: str,
        host: str = PUBLIC,
        sni: str | None = None,
        client: Pair | None = None,
        method: str = "GET",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request; SNI is the Host unless given ("" for none). Raises OSError where there is no connection."""
        port = self.private_port if host in _PRIVATE_NAMES or sni in _PRIVATE_NAMES else self.public_port
        context = ssl.create_default_context(cafile=self.authority.chain_file)
        name = host if sni is None else sni
        context.check_hostname = bool(name) and not name.endswith("amazonaws.com")
        if client is not None:
            context.load_cert_chain(client.chain_file, client.key_file)
        connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_S)
        connection.connect()
        assert connection.sock is not None
        connection.sock = context.wrap_socket(connection.sock, server_hostname=name or None)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for header, value in {"host": host, **(headers or {})}.items():
                connection.putheader(header, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def backend_path(self, target: str, host: str = PUBLIC) -> str:
        """What the backend saw."""
        answer = self.call(target, host)
        assert answer.status == 200, answer
        return str(answer.json["path"])


def domain_name(s: Scenario, name: str, kind: str = "REGIONAL", **more: object) -> DomainName:
    """A domain name with a certificate of its own."""
    arn = f"arn:aws:acm:us-east-1:222222222222:certificate/{name.lstrip('*.')}"
    s.put(
        Certificate(
            id=arn,
            account=s.account,
            region=s.region,
            service="acm",
            certificate_body="",
            private_key="",
            created_at=s.now,
        )
    )
    own_id = ("abcd123456" if name == PRIVATE else "efgh123456") if kind == "PRIVATE" else None
    domain = DomainName(
        id=f"{name}+{own_id}" if own_id else f"{s.region}/{name}",
        account=s.account,
        region=s.region,
        domain_name=name,
        domain_name_id=own_id,
        created_at=s.now,
        endpoint_configuration=EndpointConfiguration(types=(kind,)),
        certificate_arn=arn if kind == "PRIVATE" else None,
        regional_certificate_arn=arn if kind == "REGIONAL" else None,
    )
    made = msgspec.structs.replace(domain, **more)
    s.put(made)
    return made


def map_path(s: Scenario, domain: DomainName, base_path: str, api: RestApi, stage: str = "test") -> BasePathMapping:
    """A base path of the domain."""
    mapping = BasePathMapping(
        id=f"{domain.id}/{base_path}",
        account=domain.account,
        region=domain.region,
        domain_id=domain.id,
        base_path=base_path,
        rest_api_id=api.id,
        stage=stage,
    )
    s.put(mapping)
    return mapping


def add_rule(
    s: Scenario, domain: DomainName, priority: int, api: RestApi, *conditions: RuleCondition, strips: bool = False
) -> RoutingRule:
    """A routing rule of the domain, named after its priority, to the stage `test`."""
    rule = RoutingRule(
        id=f"{domain.id}/r{priority}",
        account=domain.account,
        region=domain.region,
        domain_id=domain.id,
        rule_id=f"r{priority}",
        priority=priority,
        rest_api_id=api.id,
        stage="test",
        strip_base_path=strips,
        conditions=conditions,
    )
    s.put(rule)
    return rule


def asks(header: str, glob: str) -> RuleCondition:
    """A condition on a header."""
    return RuleCondition(header=header, value_glob=glob)


def below(base_path: str) -> RuleCondition:
    """A condition on the path."""
    return RuleCondition(base_path=base_path)


def build_rules(s: Scenario, apis: dict[str, RestApi], endpoint: VpcEndpoint) -> None:
    """The names with routing rules."""
    ruled = domain_name(s, RULES, routing_mode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    add_rule(s, ruled, 300, apis["deep"], asks("x-version", "*beta*"))
    add_rule(s, ruled, 100, apis["a"], asks("Hello", "World"), asks("x-kind", "can*"))
    add_rule(s, ruled, 200, apis["ab"], below("shop/v2"), strips=True)
    add_rule(s, ruled, 250, apis["ab"], below("kept"))
    add_rule(s, ruled, 260, apis["narrow"], below("narrow"), strips=True)
    add_rule(s, ruled, 270, apis["deep"], asks("x-end", "*z"), below("shop"))
    add_rule(s, ruled, 280, apis["keyed"], asks("x-keyed", "*"))
    map_path(s, ruled, "keyed", apis["keyed"])
    map_path(s, ruled, "keyed2", apis["keyed2"])
    map_path(s, ruled, "", apis["root"])
    map_path(s, ruled, "shop", apis["a"])
    only = domain_name(s, ONLY, routing_mode="ROUTING_RULE_ONLY")
    add_rule(s, only, 10, apis["a"], asks("Host", "a.only.example.com"))
    add_rule(s, only, 20, apis["ab"], asks("x-any", "*"))
    map_path(s, only, "", apis["root"])
    private = domain_name(
        s,
        PRIVATE_RULES,
        "PRIVATE",
        policy=only_endpoint(endpoint.id),
        routing_mode="ROUTING_RULE_ONLY",
    )
    add_rule(s, private, 10, apis["private"], below("p"), strips=True)
    add_rule(s, private, 20, apis["refusing"], asks("x-version", "beta"))
    associate(s, private, endpoint)


def associate(s: Scenario, domain: DomainName, endpoint: VpcEndpoint) -> None:
    """Makes the endpoint lead to the private name."""
    s.put(
        DomainAccess(
            id=f"association-{domain.domain_name}",
            account=endpoint.account,
            region=s.region,
            domain_id=domain.id,
            domain_name=domain.domain_name,
            domain_name_arn="arn",
            domain_account=domain.account,
            access_association_source=endpoint.id,
        )
    )


def build(s: Scenario, clients: Pair) -> dict[str, str]:
    """The APIs and names; the APIs' ids."""
    x = cross_account(s)
    base = "http://backend.internal"

    def api(name: str, policy: str = "", kind: str = "REGIONAL", needs_key: bool = False) -> RestApi:
        proxies = {
            ("/", "ANY"): proxy_method(x.link.id, f"{base}/{name}/root"),
            ("/{proxy+}", "ANY"): proxy_method(x.link.id, f"{base}/{name}/all/{{proxy}}"),
            ("/hats", "GET"): proxy_method(x.link.id, f"{base}/{name}/hats", "GET"),
        }
        methods = {at: msgspec.structs.replace(method, api_key_required=needs_key) for at, method in proxies.items()}
        made, _ = s.private_api(x.link, policy=policy, methods=methods, types=(kind,))
        return made

    narrow = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke",'
    narrow += '"Resource":"execute-api:/test/GET/open/*"}]}'
    apis = {name: api(name) for name in ("root", "a", "ab", "deep")}
    apis["narrow"] = api("narrow", narrow)
    apis["hidden"] = api("hidden")
    deployment = next(d for d in s.state.find(Deployment, "rest-api", apis["hidden"].id))
    definition = msgspec.structs.replace(deployment.definition, disable_execute_api_endpoint=True)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    public = domain_name(s, PUBLIC)
    for base_path, name in (
        ("", "root"), ("a", "a"), ("ab", "ab"), ("a/b", "deep"), ("narrow", "narrow"), ("hidden", "hidden")
    ):  # fmt: skip
        map_path(s, public, base_path, apis[name])
    map_path(s, public, "staged", apis["a"], "")
    trusting = MutualTls(truststore_uri="s3://b/k", bundle=clients.pem)
    map_path(s, domain_name(s, TRUSTING, mutual_tls_authentication=trusting), "", apis["a"])
    map_path(s, domain_name(s, WILD), "", apis["a"])
    apis["private"] = api("private", only_endpoint(x.api_endpoint.id), "PRIVATE")
    private = domain_name(s, PRIVATE, "PRIVATE", policy=only_endpoint(x.api_endpoint.id))
    map_path(s, private, "p", apis["private"])
    map_path(s, private, "public", apis["a"])
    associate(s, private, x.api_endpoint)
    apis["refusing"] = api("refusing", only_endpoint("vpce-00000000000000000"), "PRIVATE")
    apis |= {name: api(name, needs_key=True) for name in ("keyed", "keyed2")}
    sell_key(s, [apis["keyed"], apis["keyed2"]], "test", Throttle(burst_limit=3, rate_limit=0.01))
    build_rules(s, apis, x.api_endpoint)
    return {name: found.id for name, found in apis.items()}


@contextmanager
def serve_domains(folder: Path) -> Iterator[DomainRig]:
    """Runs Envoy and origin; files go into `folder`."""
    authority = make_pair(folder, "ca", "Test authority")
    clients = make_pair(folder, "clients", "Client authority")
    s = Scenario()
    apis = build(s, clients)
    settings = CompileSettings(
        log_folder=str(folder),
        health_events_file=str(folder / "health.jsonl"),
        public_addresses=("127.0.0.9",),
        egress_socket=str(folder / "egress.sock"),
    )
    plan = Compiler(ENVOY_FAMILIES, settings, strict=True).compile(s.state).envoy.plan
    secrets = {}
    for name in (PUBLIC, TRUSTING, WILD, PRIVATE, RULES, ONLY, PRIVATE_RULES):
        made = make_pair(folder, name.replace("*", "any"), name, authority, (name,))
        arn = f"arn:aws:acm:us-east-1:222222222222:certificate/{name.lstrip('*.')}"
        secrets[f"certificate/{arn}"] = StaticSecret(made.chain_file, made.key_file)
    trusted = {name for name in _secrets_of(plan.resources["listeners"].values()) if name.startswith("truststore/")}
    secrets |= dict.fromkeys(trusted, StaticSecret(clients.chain_file))
    other = make_pair(folder, "api", "apis", authority, ("*.execute-api.us-east-1.amazonaws.com",))
    secrets |= dict.fromkeys(
        _secrets_of(plan.resources["listeners"].values()) - set(secrets), StaticSecret(other.chain_file, other.key_file)
    )
    private_name = next(
        name
        for name, listener in sorted(plan.resources["listeners"].items())
        if len(json.loads(json.dumps(listener.body))["filter_chains"]) == 3
    )
    with echo_origin() as origin, serve_plan(plan, origin, folder, secrets) as serving:
        yield DomainRig(serving.public, serving.ports[private_name], apis, authority, clients, folder)


def _secrets_of(listeners: Iterable[EnvoyResource]) -> set[str]:
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for config in value.get("tls_certificate_sds_secret_configs", ()):
                found.add(config["name"])
            if trusted := value.get("validation_context_sds_secret_config"):
                found.add(trusted["name"])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for listener in listeners:
        walk(json.loads(json.dumps(listener.body)))
    return found
