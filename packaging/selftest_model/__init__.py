"""How the built-in self-test model is made: speech, training, conversion, evaluation."""
