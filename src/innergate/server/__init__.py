"""The composition root: one process that joins front, services, store, compile, xDS and the node link.

Nobody imports it but cli.
"""
