"""Gives memory that was needed for a while back to the kernel."""

import ctypes


def give_back_memory() -> bool:
    """Whether anything could be given back. The C library keeps what was freed between what is still in use; only glibc can be
    asked for it (malloc_trim(3))."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))
