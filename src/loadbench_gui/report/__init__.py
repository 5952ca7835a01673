"""A run or a comparison, rendered: JSON document, HTML page, tables."""
