"""What goes over the wire, as plain data: calls, JSON, the readers that check every answer. Nothing here opens a connection."""
