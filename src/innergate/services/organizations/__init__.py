"""AWS Organizations: the accounts of the platform, made and listed by the management account.

`make_account` is also what the operator's command line uses.
"""
