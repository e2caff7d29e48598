"""Golden cases of the Envoy plan: `in.yaml` -> resources -> plan."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml
from tests.feature.domain_rig import add_rule, domain_name, map_path

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.envoy import EnvoyPlan
from innergate.resources.api_keys import ApiKey, PlanStage, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.certificates import Certificate
from innergate.resources.deployments import Deployment
from innergate.resources.domain_names import DomainAccess
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.functions import Function, FunctionConfig
from innergate.resources.load_balancers import Action, Forward, Listener, LoadBalancer
from innergate.resources.rest_apis import GatewayResponseDefinition, MethodDefinition, RestApi
from innergate.resources.routing_rules import RuleCondition
from innergate.resources.stages import AccessLogSettings, Stage
from innergate.resources.target_groups import HealthCheck
from innergate.testing.blog_scenarios import CrossAccount, cross_account, cross_network
from innergate.testing.scenario import Scenario, only_endpoint

Case = Mapping[str, Any]
CERTIFICATE = "arn:aws:acm:us-east-1:222222222222:certificate/one"


def read_case(folder: Path) -> Case:
    """The case's `in.yaml`."""
    case: Case = yaml.safe_load((folder / "in.yaml").read_text())
    return case


def plan_case(case: Case) -> EnvoyPlan:
    """The Envoy plan of a case."""
    s = Scenario()
    build_case(s, case)
    settings = CompileSettings(public_addresses=tuple(case.get("publicAddresses", ())))
    return Compiler(ENVOY_FAMILIES, settings, strict=True).compile(s.state).envoy.plan


def build_case(s: Scenario, case: Case) -> None:
    """Puts the case's resources."""
    x = cross_account(s, state=case.get("state", "available"))
    if case["scenario"] == "cross_network":
        cross_network(s, x)
    group_settings = case.get("targetGroup", {})
    if group_settings:
        group = msgspec.structs.replace(
            x.application_group,
            attributes={"proxy_protocol_v2.enabled": str(group_settings["proxyProtocol"]).lower()},
            health_check=msgspec.convert(group_settings["healthCheck"], HealthCheck),
        )
        s.put(group)
    if case.get("tlsListener"):
        _secure(s, x)
    named = {"network": x.gateway_balancer.id}
    if "balancer" in case:
        named["application"] = _application_balancer(s, x, case["balancer"]).id
        named["link2"] = s.vpc_link_v2(*x.gateway_subnets).id
    if "methods" in case or "types" in case:
        _api(s, x, case, named)
    if "functionUrl" in case:
        _function_url(s, x, case["functionUrl"])


def _function_url(s: Scenario, x: CrossAccount, case: Case) -> None:
    """A function with an address of its own."""
    account, region = x.gateway_balancer.account, x.gateway_balancer.region
    arn = f"arn:aws:lambda:{region}:{account}:function:f"
    config = FunctionConfig(
        runtime="python3.11",
        role=f"arn:aws:iam::{account}:role/r",
        handler="app.handler",
        code_digest="0" * 64,
        code_size=1,
        last_modified=s.now,
        revision_id="r",
        session_id="",
    )
    s.put(Function(id=arn, account=account, region=region, function_name="f", config=config))
    s.put(
        FunctionUrl(
            id="abc",
            account=account,
            region=region,
            function_arn=arn,
            qualifier="",
            auth_type=case["authType"],
            invoke_mode=case["invokeMode"],
            created_at=s.now,
            modified_at=s.now,
        )
    )


def _secure(s: Scenario, x: CrossAccount) -> None:
    """A second listener of the gateway's load balancer, which terminates TLS."""
    _certificate(s, x)
    listener: Listener = s.listener(x.gateway_balancer, x.gateway_group, port=443, protocol="TLS")
    s.put(msgspec.structs.replace(listener, certificates=(CERTIFICATE,)))


def _certificate(s: Scenario, x: CrossAccount) -> None:
    s.put(
        Certificate(
            id=CERTIFICATE,
            account=x.gateway_balancer.account,
            region=x.gateway_balancer.region,
            service="acm",
            certificate_body="",
            private_key="",
            created_at=s.now,
        )
    )


def _application_balancer(s: Scenario, x: CrossAccount, case: Case) -> LoadBalancer:
    """HTTP and HTTPS in the gateway's VPC, and behind a port of its network load balancer."""
    _certificate(s, x)
    wanted = case["group"]
    made = s.target_group(
        x.gateway_vpc, ("10.0.1.41", 443), ("10.0.2.41", 443), protocol=wanted["Protocol"], name="app"
    )
    check = HealthCheck(protocol="HTTPS", path="/live", matcher="200,202")
    group = msgspec.structs.replace(
        made, protocol_version=wanted["ProtocolVersion"], attributes=wanted["attributes"], health_check=check
    )
    s.put(group)
    balancer = s.load_balancer("app", *x.gateway_subnets, type="application", attributes=case["attributes"])
    listeners = [
        s.listener(balancer, group, port=8080, protocol="HTTP"),
        s.listener(balancer, group, port=443, protocol="HTTPS"),
    ]
    listeners[1] = msgspec.structs.replace(listeners[1], certificates=(CERTIFICATE,))
    s.put(listeners[1])
    for priority, rule in case["rules"].items():
        action = msgspec.convert({k: v for k, v in rule["action"].items() if not k.endswith("Config")}, Action)
        config = {k: v for k, v in rule["action"].items() if k.endswith("Config")}
        forwards = (Forward(target_group_arn=group.id),) if action.type == "forward" else ()
        action = msgspec.structs.replace(action, config=config, forwards=forwards)
        conditions = [_condition(field, value) for field, value in rule.items() if field != "action"]
        s.rule(listeners[0], int(priority), action, *conditions)
    behind = s.target_group(x.gateway_vpc, (balancer.id, 8080), type="alb", name="behind")
    s.put(msgspec.structs.replace(behind, health_check=HealthCheck(protocol="HTTP", path="/", matcher="200-399")))
    s.listener(x.gateway_balancer, behind, port=8080)
    return balancer


def _condition(field: str, value: Any) -> dict[str, Any]:
    member = "".join(part.capitalize() for part in field.split("-")) + "Config"
    if field == "http-header":
        return {"Field": field, member: {"HttpHeaderName": value["name"], "Values": value["values"]}}
    return {"Field": field, member: {"Values": value}}


def _api(s: Scenario, x: CrossAccount, case: Case, named: Mapping[str, str]) -> None:
    methods: dict[tuple[str, str], MethodDefinition] | None = None
    if "methods" in case:
        text = msgspec.json.encode(case["methods"]).decode().replace("{link}", x.link.id)
        for word, value in named.items():
            text = text.replace(f"{{{word}}}", value)
        methods = {}
        for name, body in msgspec.json.decode(text).items():
            verb, _, path = name.partition(" ")
            methods[path, verb] = msgspec.convert({"httpMethod": verb, **body}, MethodDefinition)
    types = tuple(case.get("types", ("PRIVATE",)))
    endpoints = (x.api_endpoint,) if types == ("PRIVATE",) else ()
    api, stage = s.private_api(
        x.link, *endpoints, policy=case.get("policy", ""), stage="prod", methods=methods, types=types
    )
    log = case.get("accessLog")
    s.put(
        msgspec.structs.replace(
            stage,
            variables=case.get("variables"),
            method_settings=case.get("methodSettings", {}),
            client_certificate_id=case.get("clientCertificate"),
            access_log_settings=AccessLogSettings(destination_arn=log, format="$context.requestId") if log else None,
        )
    )
    _gateway_responses(s, stage, case)
    _keys(s, api, stage, case)
    for name, paths in case.get("domains", {}).items():
        rules = case.get("rules", {}).get(name)
        mode = "BASE_PATH_MAPPING_ONLY" if rules is None else "ROUTING_RULE_THEN_BASE_PATH_MAPPING"
        domain = domain_name(s, name, routing_mode=mode)
        for path in paths:
            map_path(s, domain, path, api, "prod")
        for rule in rules or ():
            made = add_rule(s, domain, rule["priority"], api, *msgspec.convert(rule["if"], tuple[RuleCondition, ...]))
            s.put(msgspec.structs.replace(made, stage="prod", strip_base_path=rule.get("strip", False)))
    for name in case.get("privateDomains", ()):
        _private_domain(s, x, name)


def _private_domain(s: Scenario, x: CrossAccount, name: str) -> None:
    """A private name before the cross-account API, associated with its endpoint."""
    domain = domain_name(s, name, "PRIVATE", policy=only_endpoint(x.api_endpoint.id))
    map_path(s, domain, "hidden", x.api)
    s.put(
        DomainAccess(
            id="association",
            account=x.api_endpoint.account,
            region=s.region,
            domain_id=domain.id,
            domain_name=name,
            domain_name_arn="",
            domain_account=domain.account,
            access_association_source=x.api_endpoint.id,
        )
    )


def _gateway_responses(s: Scenario, stage: Stage, case: Case) -> None:
    deployment = s.state.get(Deployment, f"{stage.rest_api_id}/{stage.deployment_id}")
    assert deployment is not None
    responses = msgspec.convert(case.get("gatewayResponses", {}), dict[str, GatewayResponseDefinition])
    definition = msgspec.structs.replace(deployment.definition, gateway_responses=responses)
    s.put(msgspec.structs.replace(deployment, definition=definition))


def _keys(s: Scenario, api: RestApi, stage: Stage, case: Case) -> None:
    if not case.get("keys"):
        return
    throttles = msgspec.convert(case.get("methodThrottles", {}), dict[str, Throttle])
    plan = UsagePlan(
        id="plan1",
        account=api.account,
        region=api.region,
        name="plan",
        api_stages=(PlanStage(api_id=api.id, stage=stage.stage_name, throttle=throttles),),
        throttle=msgspec.convert(case["planThrottle"], Throttle),
    )
    s.put(plan)
    for key_id in case["keys"]:
        s.put(
            ApiKey(
                id=key_id,
                account=api.account,
                region=api.region,
                value=f"secret-of-{key_id}-0123456789",
                created_date=s.now,
                last_updated_date=s.now,
                enabled=True,
            ),
            UsagePlanKey(
                id=f"plan1/{key_id}", account=api.account, region=api.region, usage_plan_id="plan1", key_id=key_id
            ),
        )
