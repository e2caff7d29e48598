"""IAM's policy language: parse, evaluate, combine, explain. Pure: no I/O, no clock; a request carries its own time.

`document` holds the parsed form and `parse` makes it, with the line of each statement. `patterns` matches wildcards and
variables in linear-ish time, `operators` compares one value, `conditions` one condition block, `principals` who is meant.
`evaluate` asks the statements one by one and says which decided; `combine` joins several policies as AWS does. The same
engine authorises control calls, explains calls to APIs and is what the Envoy RBAC rules are tested against.
"""
