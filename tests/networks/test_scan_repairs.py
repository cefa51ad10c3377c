"""What a scan says about changing the masks of a linear pair."""

from __future__ import annotations

import re

from closedness import Status, SupportProduct, decide
from closedness.budget import Budget
from closedness.networks.scan import nearest
from closedness.repair.changes import Change, apply


def test_the_change_that_is_named_makes_the_pair_closed():
    product = SupportProduct.from_text("10/11 * 11/01")
    words = nearest(decide(product), Budget(20))
    named = [Change(int(l) - 1, int(i), int(j)) for l, i, j in re.findall(r"W(\d)\[(\d+),(\d+)\]", words)]
    assert len(named) == 1
    assert decide(apply(product, named)).status is Status.CLOSED


def test_without_time_nothing_is_said():
    verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    assert nearest(verdict, Budget(0)) == ""
