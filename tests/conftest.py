"""What holds for all tests."""

from hypothesis import settings

# A property is about values, not about how busy the machine is: pytest-timeout ends what hangs.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
