"""How to send: one module per protocol or client."""
