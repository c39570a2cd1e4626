"""Being told of what is over: sessions, principals, roles."""
