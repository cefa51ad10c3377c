"""Rule ``strata``: every matrix is a product or violates a condition that all limits satisfy."""
