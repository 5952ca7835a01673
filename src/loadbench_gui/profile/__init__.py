"""Profiles: TOML on disk to a frozen plan, with every error named at its place."""
