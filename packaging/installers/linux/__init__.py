"""What the Debian package and the portable archive have in common: files around the app, manuals, completions."""
