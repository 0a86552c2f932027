"""The benchmark of a second round in small: steered is narrower where it matters, and says why."""

from __future__ import annotations

from benchmarks import next_round


def test_a_steered_second_round_narrows_the_leading_pair_more_than_a_uniform_one() -> None:
    found = next_round.main(["--seeds", "25", "--resamples", "100"])
    assert found["ratios"]["lead_width"]["high"] < 1
    # What is asked for first, but for the exploration floor of 0.2 and the batch's own tenth.
    why = found["why"]
    assert 0.6 < why["uncertainty"] / sum(why.values()) < 0.8
    # The same first round and the same number of verdicts.
    assert sum(why.values()) == 25 * 600
    assert found["means"]["uniform"]["lead_covered"] > 0.6
    assert found["means"]["steered"]["lead_covered"] > 0.6
