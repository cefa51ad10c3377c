"""Order and budgets of the searches; no mathematics."""
