"""The pure heart: plans, pacing, histograms and time lines. No I/O, no clock, no asyncio, no Qt."""
