"""Rules for products of any number of factors (``docs/rules``)."""
