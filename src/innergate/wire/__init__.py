"""AWS's wire protocols: bytes in, (service, operation, parameters) out, and the way back. No sockets, clock or randomness.

How the modules fit: `front.Wire` is the facade. `routing` finds the service and the operation (`rest_paths` for REST URIs)
from the models that `catalogue` loads lazily. `protocols` is the visible table of codecs, one module each (`rest_json`,
`query`, `ec2`, `json_1_1`, `cbor`), which walk botocore's shapes with `json_body`, `form_body` and `xml_body`. `validate`
checks what AWS's framework checks before any operation runs; `refusals` holds the framework's own faults in AWS's words;
`modelled_errors` knows what the models say of a fault. `sigv4` reads, verifies and makes signatures over the raw request
(`canonical` builds what is signed). Nothing here knows what an operation does.
"""
