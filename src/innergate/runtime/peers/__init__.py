"""HTTP/1.1 from a worker to processes of the same node, by their unix sockets: Envoy's egress, the functions' supervisor, the
platform's front.

A general client costs several times as much (docs/decisions/0031-runtime-cost.md). What makes this one small is who it talks
to: peers of ours, which frame every answer and have settled what strange servers do. What goes straight to a stranger does not
go this way. `request_head` makes bytes, `answer_parser` reads them and knows no socket (with `plain_answer` for what is whole
at once), `connection` is one socket with at most one question on it, `peer_client` keeps connections and asks.
"""
