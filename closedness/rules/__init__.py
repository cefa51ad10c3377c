"""The theorems: one file for each rule."""
