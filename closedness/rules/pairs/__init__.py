"""Rules about two factors."""
