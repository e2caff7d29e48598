"""An integration's URI as it is called.

# AWS differs: the stage's name is taken off the path of an integration over a VPC link of version 2 by a template alone
# (`#set($context.requestOverride.path = "/orders")`), which HTTP_PROXY has none of: its backend always sees it.
"""

from urllib.parse import urlsplit

from innergate.compile.resolve.api_values import fill_stage_variables
from innergate.resources.rest_apis import Integration


def backend_uri(integration: Integration, variables: dict[str, str], stage: str) -> str:
    """The URI with its stage variables filled in. Over a VPC link of version 2 the stage's name stands first in the path
    (developer guide, "Private integrations for REST APIs", considerations)."""
    uri = fill_stage_variables(integration.uri or "", variables)
    if not reaches_by_link_v2(integration) or not stage:
        return uri
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    return parts._replace(path=f"/{stage}{parts.path or '/'}").geturl()


def reaches_by_link_v2(integration: Integration) -> bool:
    """Whether the integration names the load balancer itself, as those over links of version 2 do."""
    return integration.connection_type == "VPC_LINK" and bool(integration.integration_target)
