"""Every verb of the wire: the call that it is, the request that a program makes of it, and what is raised of the answer."""
