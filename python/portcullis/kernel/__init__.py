"""The kernel as a program holds it, blocking and for asyncio, and the door to it."""
