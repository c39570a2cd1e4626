"""Functions as tools: their arguments by name, what other systems call them, the decorators."""
