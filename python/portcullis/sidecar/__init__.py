"""Sidecars of the program itself: found, started, ended with it."""
