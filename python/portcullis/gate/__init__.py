"""Decisions over a policy of one's own, for actions that the program carries out itself."""
