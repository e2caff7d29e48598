"""Innergate: API management for private networks. AWS's control APIs in front of an Envoy data plane."""

__version__ = "0.1.0"
