"""Resources -> meaning: paths with their hops, stages with their methods, policies. Engine-neutral.

Paths: `paths` has an entry point for each way in; `walk` follows connections from load balancer to load balancer, asking
`security` and `routing` on the way; `strands` adds shares of connections up to legs, which `legs` names. Stages: `stages`,
`methods` and the `api_*` modules.
"""
