"""How long answers that are streamed may rest (developer guide, "Stream the integration response").

# AWS differs: after its first 10 MB (6 MB of a function's) a streamed answer goes on as fast as the client takes it; AWS slows
# it to 2 MB/s to share its fleet. Envoy has no limit that begins later, and who owns the machines wants them used.
"""

from innergate.resources.rest_apis import Integration, RestApi

IDLE_S = 300
EDGE_IDLE_S = 30


def is_streamed(integration: Integration) -> bool:
    """Whether the answer goes on to the client as it comes."""
    return integration.response_transfer_mode == "STREAM"


def stream_idle_s(api: RestApi) -> int:
    """How long a streamed answer of the API may rest."""
    return EDGE_IDLE_S if "EDGE" in api.endpoint_configuration.types else IDLE_S
