"""How large the head of a message may be, for whoever reads one: httptools bounds nothing."""

MAX_HEAD_BYTES = 64 * 1024
"""Of the line and headers of a request or answer, or of its trailers. Envoy takes no more than 60 KiB."""
MAX_QUIET_BYTES = MAX_HEAD_BYTES + 256 * 1024
"""Of whatever arrives that is no body, counted as it arrives: an event loop reads 256 KiB at once."""
