"""`innergate demo`: the two scenarios, step by step, on a platform of its own, with real packets.

`stage` shows steps and keeps their times; `scenarios` builds both paths with boto3 as
any user would; `refusals` shows what must fail, and why.
"""

from innergate.cli.demo.command import demo

__all__ = ["demo"]
