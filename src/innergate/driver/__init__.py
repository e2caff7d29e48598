"""A platform from outside, as whoever runs one has it: its control socket, its processes, hosts in its VPCs.

`client` asks the control process over `control_socket`; `hosts` is what a command needs that runs as a host; `platform` starts
and stops a whole platform and acts in it, for the demo, for tests and for benchmarks. `origin` and `fetch` are commands that
hosts run: a backend that tells what it saw, and one call. Nothing here knows commands, and the product below does not know it.
"""
