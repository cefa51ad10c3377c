"""A second checker of certificates, written from the format's page and the pages of the rules alone, for the tests.

It shares no code with ``closedness/check.py``. A certificate is read as a whole first, by the table in ``grammar``;
what is left is to compare. Polynomials, ranks and kernels are those of FLINT; nothing calls itself, what is still to
be shown waits in lists. ``checker`` has the entry points.
"""
