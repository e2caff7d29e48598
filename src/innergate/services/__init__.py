"""AWS's operations: one function each, inside one transaction, synchronous.

`<service>/operations.py` is the one visible table of a service: operation name -> `Operation`. A function takes a `Context`
and the parameters as botocore names them, and gives the result as botocore's output shape names it; it raises `Fault` in AWS's
words.
Functions never touch sockets, Envoy or the kernel: what a change means to them is compiled from what they wrote.
"""
