"""Bodies that are streams: bytes, cut anywhere, become events."""
