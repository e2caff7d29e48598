"""API Gateway, version 2 of its control plane: so far VPC links, which REST APIs use too."""
