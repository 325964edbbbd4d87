"""The parent process: the protocol and the supervisor. It imports nothing heavy."""
