"""Servers under test: launching, readiness, watching, stopping."""
