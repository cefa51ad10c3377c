"""Targets found by trial, and hidden indices spent on crosses."""

from __future__ import annotations

