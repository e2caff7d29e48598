"""Writes resources straight into a state, with short names and sound defaults, as services would have left them."""

import json
from collections.abc import Mapping, Sequence
from typing import final

from innergate.primitives.arn import format_arn
from innergate.primitives.json_value import JsonValue
from innergate.resources.base import Resource
from innergate.resources.deployments import ApiDefinition, DeployedResource, Deployment
from innergate.resources.endpoint_services import AllowedPrincipal, EndpointService
from innergate.resources.load_balancers import Action, Forward, Listener, ListenerRule, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.rest_apis import ApiResource, EndpointConfiguration, Integration, MethodDefinition, RestApi
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.resources.target_groups import HealthCheck, Target, TargetGroup
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.resources.vpcs import Vpc
from innergate.testing.scenario_networks import APPLICATION, CONSUMER, GATEWAY, NetworkScenario, Rule

__all__ = ["APPLICATION", "CONSUMER", "GATEWAY", "Rule", "Scenario", "only_endpoint", "proxy_method"]


@final
class Scenario(NetworkScenario):
    """A state under construction. Makers give the resource that they put; `commit` makes a revision of what was put since."""

    # -- load balancers -----------------------------------------------------------------------------------------------

    def load_balancer(
        self,
        name: str,
        *subnets: Subnet,
        groups: Sequence[SecurityGroup] = (),
        enforce: str = "",
        attributes: Mapping[str, str] | None = None,
        type: str = "network",
    ) -> LoadBalancer:
        """An internal load balancer with a node (ENI) in each subnet. `enforce` is "on" or "off" where it has groups."""
        account, region = self._at(subnets[0])
        hex16 = self._id("", 16)
        short = "net" if type == "network" else "app"
        balancer = LoadBalancer(
            id=format_arn("elasticloadbalancing", region, account, f"loadbalancer/{short}/{name}/{hex16}"),
            account=account,
            region=region,
            load_balancer_name=name,
            type=type,
            scheme="internal",
            vpc_id=subnets[0].vpc_id,
            dns_name=f"{name}-{hex16}.elb.{region}.amazonaws.com",
            created_at=self.now,
            subnet_ids=tuple(s.id for s in subnets),
            group_ids=tuple(g.id for g in groups),
            enforce_inbound_rules_on_private_link=enforce or ("on" if groups else ""),
            attributes=dict(attributes or {}),
        )
        self.put(balancer)
        for subnet in subnets:
            kind = "network_load_balancer" if type == "network" else "interface"
            self.interface(subnet, balancer, kind, groups=groups)
        return balancer

    def target_group(
        self,
        vpc: Vpc,
        *targets: tuple[str, int] | tuple[str, int, str],
        protocol: str = "TCP",
        name: str = "",
        type: str = "ip",
        attributes: Mapping[str, str] | None = None,
    ) -> TargetGroup:
        """A target group; targets are (id, port) or (id, port, zone)."""
        account, region = self._at(vpc)
        name = name or self._id("tg")
        group = TargetGroup(
            id=format_arn("elasticloadbalancing", region, account, f"targetgroup/{name}/{self._id('', 16)}"),
            account=account,
            region=region,
            target_group_name=name,
            protocol=protocol,
            port=80,
            vpc_id=vpc.id,
            target_type=type,
            created_at=self.now,
            health_check=HealthCheck(protocol="TCP"),
            targets=tuple(
                Target(target_id=t[0], port=t[1], registered_at=self.now, zone=t[2] if len(t) == 3 else "")
                for t in targets
            ),
            attributes=dict(attributes or {}),
        )
        self.put(group)
        return group

    def listener(self, balancer: LoadBalancer, *groups: TargetGroup, port: int = 80, protocol: str = "TCP") -> Listener:
        """A listener that forwards to the groups in equal shares."""
        hex16 = self._id("", 16)
        listener = Listener(
            id=balancer.id.replace(":loadbalancer/", ":listener/") + f"/{hex16}",
            account=balancer.account,
            region=balancer.region,
            load_balancer_arn=balancer.id,
            protocol=protocol,
            port=port,
            default_actions=(Action(type="forward", forwards=tuple(Forward(target_group_arn=g.id) for g in groups)),),
            created_at=self.now,
        )
        self.put(listener)
        return listener

    def rule(
        self, listener: Listener, priority: int, action: Action, *conditions: Mapping[str, JsonValue]
    ) -> ListenerRule:
        """A rule; conditions are as AWS describes them."""
        rule = ListenerRule(
            id=listener.id.replace(":listener/", ":listener-rule/") + f"/{self._id('', 16)}",
            account=listener.account,
            region=listener.region,
            listener_arn=listener.id,
            priority=str(priority),
            conditions=tuple(dict(condition) for condition in conditions),
            actions=(action,),
        )
        self.put(rule)
        return rule

    # -- PrivateLink --------------------------------------------------------------------------------------------------

    def endpoint_service(self, *balancers: LoadBalancer, allow: Sequence[str] = ("*",)) -> EndpointService:
        """An endpoint service in front of the load balancers; `allow` holds principals."""
        account, region = self._at(balancers[0])
        id = self._id("vpce-svc")
        service = EndpointService(
            id=id,
            account=account,
            region=region,
            service_name=f"com.amazonaws.vpce.{region}.{id}",
            created_at=self.now,
            network_load_balancer_arns=tuple(b.id for b in balancers),
            allowed_principals=tuple(
                AllowedPrincipal(
                    principal=p, principal_type="All" if p == "*" else "Account", service_permission_id=self._id("p")
                )
                for p in allow
            ),
        )
        self.put(service)
        return service

    def endpoint(
        self,
        service: EndpointService | str,
        *subnets: Subnet,
        groups: Sequence[SecurityGroup] = (),
        state: str = "available",
        private_dns: bool = False,
    ) -> VpcEndpoint:
        """An interface endpoint with an ENI in each subnet; `service` may be "execute-api" and the like."""
        account, region = self._at(subnets[0])
        endpoint = VpcEndpoint(
            id=self._id("vpce"),
            account=account,
            region=region,
            vpc_id=subnets[0].vpc_id,
            service_name=f"com.amazonaws.{region}.{service}" if isinstance(service, str) else service.service_name,
            service_id="" if isinstance(service, str) else service.id,
            service_region=region if isinstance(service, str) else service.region,
            created_at=self.now,
            state=state,
            dns_label=self._id("", 8),
            subnet_ids=tuple(s.id for s in subnets),
            group_ids=tuple(g.id for g in groups),
            private_dns_enabled=private_dns,
        )
        self.put(endpoint)
        for subnet in subnets:
            self.interface(subnet, endpoint, "vpc_endpoint", groups=groups)
        return endpoint

    def interfaces_of(self, holder: Resource) -> tuple[NetworkInterface, ...]:
        """The ENIs that a resource holds."""
        return self.state.find(NetworkInterface, "holder", f"{holder.kind}/{holder.id}")

    def addresses_of(self, holder: Resource) -> tuple[str, ...]:
        """Their addresses."""
        return tuple(eni.private_ip_address for eni in self.interfaces_of(holder))

    def vpc_link(self, balancer: LoadBalancer) -> VpcLink:
        """A VPC link to the load balancer."""
        account, region = self._at(balancer)
        link = VpcLink(
            id=self._id("", 6),
            account=account,
            region=region,
            name="link",
            target_arns=(balancer.id,),
            created_at=self.now,
        )
        self.put(link)
        return link

    def vpc_link_v2(self, *subnets: Subnet, groups: Sequence[SecurityGroup] = ()) -> VpcLinkV2:
        """A VPC link of version 2 with an ENI in each subnet."""
        account, region = self._at(subnets[0])
        link = VpcLinkV2(
            id=self._id("", 6),
            account=account,
            region=region,
            name="link",
            vpc_id=subnets[0].vpc_id,
            subnet_ids=tuple(s.id for s in subnets),
            group_ids=tuple(g.id for g in groups),
            created_at=self.now,
        )
        self.put(link)
        for subnet in subnets:
            self.interface(subnet, link, "api_gateway_managed", groups=groups)
        return link

    # -- APIs ---------------------------------------------------------------------------------------------------------

    def private_api(
        self,
        link: VpcLink | None,
        *endpoints: VpcEndpoint,
        policy: str = "",
        stage: str = "test",
        methods: Mapping[tuple[str, str], MethodDefinition] | None = None,
        uri: str = "http://backend.internal",
        types: tuple[str, ...] = ("PRIVATE",),
    ) -> tuple[RestApi, Stage]:
        """A deployed API with `ANY /` and `ANY /{proxy+}` over the link (or with `methods`: (path, verb) -> method).

        Without `policy` and with endpoints, the policy admits just the first of the endpoints.
        """
        if not policy and endpoints:
            policy = only_endpoint(endpoints[0].id)
        api_id = self._id("", 10)
        if methods is None:
            methods = {
                ("/", "ANY"): proxy_method(link.id if link is not None else "", f"{uri}/"),
                ("/{proxy+}", "ANY"): proxy_method(link.id if link is not None else "", f"{uri}/{{proxy}}"),
            }
        configuration = EndpointConfiguration(types=types, vpc_endpoint_ids=tuple(e.id for e in endpoints))
        root_id = self._id("", 10)
        api = RestApi(
            id=api_id,
            account=self.account,
            region=self.region,
            name="api",
            created_date=self.now,
            root_resource_id=root_id,
            endpoint_configuration=configuration,
            policy=policy,
        )
        self.put(api)
        return api, self.deploy(api, stage, self._resources(api, methods))

    def _resources(
        self, api: RestApi, methods: Mapping[tuple[str, str], MethodDefinition]
    ) -> tuple[DeployedResource, ...]:
        """Puts a resource for the root and for every other path."""
        deployed = []
        for path in sorted({path for path, _ in methods} | {"/"}):
            resource_id = api.root_resource_id if path == "/" else self._id("", 6)
            of_path = {verb: m for (p, verb), m in methods.items() if p == path}
            self.put(
                ApiResource(
                    id=f"{api.id}/{resource_id}",
                    account=self.account,
                    region=self.region,
                    rest_api_id=api.id,
                    resource_id=resource_id,
                    path=path,
                    methods=of_path,
                )
            )
            deployed.append(DeployedResource(resource_id=resource_id, path=path, methods=of_path))
        return tuple(deployed)

    def deploy(self, api: RestApi, stage: str, resources: tuple[DeployedResource, ...]) -> Stage:
        """A deployment of the resources with the API's present settings, and a stage that serves it."""
        deployment_id = self._id("", 6)
        deployment = Deployment(
            id=f"{api.id}/{deployment_id}",
            account=api.account,
            region=api.region,
            rest_api_id=api.id,
            deployment_id=deployment_id,
            created_date=self.now,
            definition=ApiDefinition(
                resources=resources, endpoint_configuration=api.endpoint_configuration, policy=api.policy
            ),
        )
        made = Stage(
            id=f"{api.id}/{stage}",
            account=api.account,
            region=api.region,
            rest_api_id=api.id,
            stage_name=stage,
            deployment_id=deployment_id,
            created_date=self.now,
            last_updated_date=self.now,
        )
        self.put(deployment, made)
        return made


def proxy_method(link_id: str, uri: str, verb: str = "ANY") -> MethodDefinition:
    """An HTTP_PROXY method over a VPC link ("" for a direct one)."""
    has_proxy = "{proxy}" in uri
    return MethodDefinition(
        http_method=verb,
        request_parameters={"method.request.path.proxy": True} if has_proxy else None,
        method_integration=Integration(
            type="HTTP_PROXY",
            http_method="ANY",
            uri=uri,
            connection_type="VPC_LINK" if link_id else "INTERNET",
            connection_id=link_id or None,
            request_parameters={"integration.request.path.proxy": "method.request.path.proxy"} if has_proxy else None,
        ),
    )


def only_endpoint(endpoint_id: str) -> str:
    """The policy that admits calls through one endpoint alone."""
    anything = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    denied = {"Effect": "Deny", **anything, "Condition": {"StringNotEquals": {"aws:SourceVpce": endpoint_id}}}
    return json.dumps({"Version": "2012-10-17", "Statement": [denied, {"Effect": "Allow", **anything}]})
