"""API Gateway, version 2 of its control plane: so far VPC links and routing rules, which REST APIs use too."""
