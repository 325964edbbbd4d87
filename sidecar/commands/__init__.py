"""What people type: each command is a client of the supervisor in its own process."""
