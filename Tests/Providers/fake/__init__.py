"""Strict stand-ins for mail providers, with the standard library only."""
