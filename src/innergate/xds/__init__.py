"""Delta ADS: what an Envoy subscribed to, what it has, what it must get next.

`session` is pure: bytes-free events in, responses out. `encode` spells plan bodies as protobuf, with the schema that is
compiled into the very Envoy that is shipped (`descriptors`). `server` is the thin gRPC rim. It reads plans only.
"""
