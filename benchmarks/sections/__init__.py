"""One module a section of RESULTS.md; each has `measure(options) -> Section`."""
