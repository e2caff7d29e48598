"""Public fakes: users of Innergate and its own tests use the same ones."""
