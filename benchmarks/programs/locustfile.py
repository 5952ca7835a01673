# mypy: disable-error-code="import-not-found,misc,untyped-decorator,unused-ignore"
# Runs in the environment of the peers; Locust is none of ours.
"""Locust's fast user, asking for one path again and again without a pause."""

from __future__ import annotations

from locust import FastHttpUser, task


class Visitor(FastHttpUser):
    """Somebody who never waits."""

    @task
    def ask(self) -> None:
        """Ask for the 27 bytes."""
        self.client.get("/")
