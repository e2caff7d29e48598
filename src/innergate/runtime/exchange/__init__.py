"""One API call, executed: a generator of effects, so the same code runs under asyncio, in TestInvokeMethod and in tests."""
