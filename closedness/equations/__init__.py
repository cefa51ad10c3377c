"""What it means to be a product: entries as sums over paths, membership, curves, rank conditions."""
