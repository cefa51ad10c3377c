"""The atlas: which two-factor supports with at most three hidden indices are closed."""
