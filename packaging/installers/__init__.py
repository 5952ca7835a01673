"""Builds what people install: freezes the program, checks what came out, and wraps it for each platform."""
