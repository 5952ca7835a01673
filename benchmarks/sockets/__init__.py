"""The parts of the section on WebSockets: each measures one thing and returns what is to be said of it."""
