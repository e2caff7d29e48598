"""The policies of execute-api endpoints that count for a stage.

Any endpoint of the region may lead to a private API, whosever it is. But whom the API's own policy refuses anyway need not be
asked about: an API that names its endpoints or VPCs knows nothing of all others, so that their policies, which other accounts
write, cost it neither compiling nor time of its requests.
"""

from collections.abc import Iterable

from innergate.compile.resolve.api_blueprint import MethodPlan
from innergate.compile.view import Reader
from innergate.policy.admitted_sources import Sources, admitted_sources
from innergate.policy.parse import read_stored_policy
from innergate.resources.rest_apis import RestApi
from innergate.resources.vpc_endpoints import FULL_ACCESS_POLICY, VpcEndpoint


def endpoint_policies(
    reader: Reader, api: RestApi, stage: str, policy: str, methods: Iterable[MethodPlan]
) -> tuple[tuple[str, str], ...]:
    """(endpoint, its policy) of the endpoints that do not give full access and may lead to the private API's stage, in order of
    their ids. `policy` is the deployed one of the API, "" for none."""
    service = f"com.amazonaws.{api.region}.execute-api"
    sources = _sources(api, stage, policy, methods)
    if sources is None:
        found = list(reader.find(VpcEndpoint, "restricted", service))
    else:
        named = [reader.get(VpcEndpoint, id) for id in sorted(sources.endpoints)]
        inside = [endpoint for vpc in sorted(sources.vpcs) for endpoint in reader.find(VpcEndpoint, "vpc", vpc)]
        found = [endpoint for endpoint in (*named, *inside) if endpoint is not None and _restricts(endpoint, service)]
    return tuple(sorted({endpoint.id: endpoint.policy_document for endpoint in found}.items()))


def _restricts(endpoint: VpcEndpoint, service: str) -> bool:
    return endpoint.service_name == service and endpoint.policy_document != FULL_ACCESS_POLICY


def _sources(api: RestApi, stage: str, policy: str, methods: Iterable[MethodPlan]) -> Sources | None:
    """Without a policy nobody is admitted."""
    if not policy:
        return Sources()
    prefix = f"arn:aws:execute-api:{api.region}:{api.account}:{api.id}"
    is_anonymous = not any(method.is_authorized_by_worker for method in methods)
    return admitted_sources(read_stored_policy(policy), prefix, stage, is_anonymous)
