"""One module a command, imported when the command is called: `--version` does not wait for numpy."""
