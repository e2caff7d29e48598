"""What functions are told of the endpoint that a call to a private API came through.

# AWS differs: of a private API's endpoint (x-amzn-vpce-id, x-amzn-vpc-id, x-amzn-vpce-config, x-amzn-tls-version,
# x-amzn-cipher-suite) functions and authorizers alone are told in headers, not templates and backends of HTTP integrations:
# calls that Envoy serves by itself would pay for each. Mappings from $context.identity tell the same.

# AWS differs: events of private APIs have X-Forwarded-Port, X-Forwarded-Proto and X-Amzn-Trace-Id, as those of others have;
# AWS's are only known without.
"""

from innergate.runtime.exchange.call import Call


def tell_endpoint(headers: dict[str, list[str]], call: Call) -> dict[str, list[str]]:
    """A client's headers with those of its endpoint, spelled as AWS spells them, in the place of its own; as they are where the
    call came through no endpoint."""
    if not call.vpce_id:
        return headers
    told = {
        "x-amzn-cipher-suite": call.cipher_suite,
        "x-amzn-tls-version": call.tls_version,
        "x-amzn-vpc-id": call.vpc_id,
        "x-amzn-vpce-config": "1",
        "x-amzn-vpce-id": call.vpce_id,
    }
    shown = {name: values for name, values in headers.items() if name.lower() not in told}
    for name, value in told.items():
        if value:
            shown[name] = [value]
    return shown
