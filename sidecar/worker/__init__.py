"""The child process: everything that can hang, crash or eat memory."""
