"""Blueprints and paths -> xDS resources, one module per Envoy feature; bodies are plain dicts in protobuf's JSON form.

`listener_*` make listeners, `hcm` the HTTP connection manager that all HTTP listeners share, `scopes` and `routes` what one
stage adds, `clusters` and `endpoints` what one leg of a path adds. `units` ties them to compile. Facts: Envoy 1.40.
"""
