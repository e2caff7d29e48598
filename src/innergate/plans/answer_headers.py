"""Headers of backends' and functions' answers that clients do not get as they are (aws-semantics.md, 2.7): workers drop and
rename them, and what would bear one is left to workers."""

DROPPED_FROM_RESPONSES = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "via"}
)
"""Those of a connection, and lengths: who sends the answer sets its own."""

REMAPPED_FROM_OTHERS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "trailer",
        "upgrade",
        "user-agent",
        "www-authenticate",
        "x-amzn-requestid",
    }
)
"""Of all answers but those of proxies: they go on as `x-amzn-Remapped-...`."""
