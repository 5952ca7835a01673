"""WebSockets (RFC 6455). `websockets` is imported here and nowhere else, so only by loads that are WebSockets.

`socket.Socket` is the connection all modes are built on; `echo` and `piped` send messages over it and wait for echoes.
"""
