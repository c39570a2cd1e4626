"""The words and shapes of the wire as frozen dataclasses, one module for each of its pages."""
