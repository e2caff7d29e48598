"""What API Gateway puts into a mapping template: `$input`, `$util`, `$context`, `$stageVariables`, and what a template may
override (developer guide, "Mapping template reference")."""
