"""How a call gets to the sidecar and its answer back: addresses, HTTP/1.1, connections, blocking and for asyncio."""
