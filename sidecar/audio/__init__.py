"""From bytes of any audio format to speech at 16 kHz."""
