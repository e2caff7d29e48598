"""The contract between compile and the executors: plain data that says all, so that an executor never chooses.

`EnvoyPlan` is what one Envoy must serve; `NetworkPlan` what one node's kernel and resolvers must look like.
"""
