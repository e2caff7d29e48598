"""API keys of a stage: which values open it, and under which id a key is known further on."""

from innergate.compile.emit.envoy.packed import packed
from innergate.compile.emit.envoy.throttles import KEY_HEADER
from innergate.compile.resolve.api_blueprint import KeyPlan
from innergate.primitives.json_value import JsonObject


def api_key_check(keys: tuple[KeyPlan, ...]) -> JsonObject:
    """A route's `typed_per_filter_config`: one of `keys` in x-api-key, or 403. The key's id goes on in a header of ours;
    the key itself goes on to the backend, as AWS sends it."""
    return packed(
        "envoy.extensions.filters.http.api_key_auth.v3.ApiKeyAuthPerRoute",
        {
            "credentials": [{"key": key.value, "client": key.key_id} for key in keys],
            "key_sources": [{"header": "x-api-key"}],
            "forwarding": {"header": KEY_HEADER, "hide_credentials": False},
        },
    )
