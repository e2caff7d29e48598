"""AWS Certificate Manager: certificates that users import for TLS listeners."""
