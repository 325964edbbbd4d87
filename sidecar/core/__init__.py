"""Pure rules: no input or output, no threads, and no clock (every function is given `now`)."""
