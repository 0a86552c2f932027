"""Text features, what they do to the score, style control: against peers and planted effects."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

pl = pytest.importorskip("polars")

from manyvoices.analyse.ranks import (  # noqa: E402
    FEATURES,
    features_of,
    fit_model,
    openers_of,
    phrases,
    refusals,
    score_models,
    style_control,
)
from manyvoices.analyse.ranks.score_models import (  # noqa: E402
    by_feature,
    feature_shares,
    length_curve,
)
from manyvoices.analyse.resampling import Resampling  # noqa: E402

from .planted_ranks import QUALITIES, REFUSAL, planted  # noqa: E402

GOLDEN = Path("../shared/data/prism/golden")
NO_DRAWS = Resampling(n_resamples=0)


def marks(text: str | None, *, compat=None, models=()) -> set[str]:
    row = features_of(pl.Series([text]), compat=compat, models=models).row(0, named=True)
    return {name for name in FEATURES[1:] if row[name]}


def test_length_counts_characters_not_bytes() -> None:
    found = features_of(pl.Series(["naïve 🙂", None, ""]))["text_length"].to_list()
    assert found == [7, 0, 0]


@pytest.mark.parametrize(
    ("text", "ours", "prism"),
    [
        ("1. one\n2. two", True, True),
        ("- one", True, False),
        ("1. one, and no more", True, False),
        ("Here:\n* one\n* two", True, True),
        ("Here:\n1) one\n2) two", True, False),
        ("Here:\n  - one", True, False),
        ("He was born in\n1984. It was cold", False, True),
        ("Ten - or twelve - of them", False, False),
        ("A line\nand another", False, False),
    ],
)
def test_a_list_may_begin_with_the_first_character_unless_prism_is_reproduced(
    text: str, ours: bool, prism: bool
) -> None:
    assert ("if_enumeration" in marks(text)) is ours
    assert ("if_enumeration" in marks(text, compat="prism")) is prism


def test_outer_white_space_neither_hides_a_question_nor_makes_a_line_break() -> None:
    assert marks("Shall we? \n") == {"if_question_marks"}
    assert marks("Shall we? \n", compat="prism") == {"if_line_breaks"}
    assert marks("He asked “why?”") == {"if_question_marks"}
    assert marks("Why? Because.") == set()


def test_phrases_take_any_apostrophe_and_prisms_only_the_straight_one() -> None:
    for sign in "'’ʼ":
        text = f"I{sign}m sorry, but no."
        assert "if_refusal" in marks(text)
        assert ("if_refusal" in marks(text, compat="prism")) is (sign == "'")
    assert "if_refusal" in marks("I'm\n sorry,  but no.")


def test_phrases_stand_between_word_boundaries_unless_prism_is_reproduced() -> None:
    assert "if_deanthro" in marks("As an AI, I do not know.")
    assert "if_deanthro" not in marks("It was an airy room.")
    has_an_aid = "Use it as an aid."
    assert "if_deanthro" not in marks(has_an_aid)
    assert "if_deanthro" in marks(has_an_aid, compat="prism")


@pytest.mark.parametrize(
    ("text", "ours", "prism"),
    [
        ("That is a metaphor.", False, True),
        ("You can command a dog.", False, True),
        ("I am a model trained by Meta.", True, True),
        ("As Coral, I can tell you.", True, True),
        ("My name is Claude.", True, True),
        ("OpenAI was founded in 2015.", True, True),
        ("Google it.", True, True),
        ("The falcon flies.", False, True),
        ("I am Falcon.", True, True),
        ("Nothing of the kind.", False, False),
    ],
)
def test_names_that_are_words_count_where_the_text_speaks_of_itself(
    text: str, ours: bool, prism: bool
) -> None:
    assert ("if_self_identification" in marks(text)) is ours
    assert ("if_self_identification" in marks(text, compat="prism")) is prism


def test_names_of_the_studys_own_models_are_looked_for() -> None:
    assert "if_self_identification" in marks("I am birch.", models=("birch-7b",))
    assert "if_self_identification" not in marks("A birch is a tree.", models=("birch-7b",))
    assert "if_self_identification" in marks("A birch.", models=("birch-7b",), compat="prism")


def test_every_phrase_of_the_lists_is_found_by_both_readings() -> None:
    lists = phrases()
    for name, listed in (("if_deanthro", lists.deanthro), ("if_refusal", lists.refusal)):
        for phrase in listed:
            text = f"Well. {phrase} so."
            assert name in marks(text), phrase
            assert name in marks(text, compat="prism"), phrase


def _texts(n: int, seed: int):
    """Texts with every feature, and scores on them."""
    rng = np.random.default_rng(seed)
    parts = ["A plain sentence.", "As an AI I do not know.", "I'm sorry, but no."]
    parts += ["OpenAI made me.", "\n1. one\n2. two", "\nAnother line."]
    texts = []
    for _ in range(n):
        text = " ".join(p for p in parts if rng.random() < 0.4) + " more" * int(rng.integers(0, 60))
        texts.append(text + "?" if rng.random() < 0.3 else text)
    found = features_of(pl.Series(texts), compat="prism")
    effects = np.array([0.05, -8, 3, 7, -2, -9, -4])
    score = 50 + found.to_numpy() @ effects + rng.normal(0, 15, n)
    return found, np.clip(np.round(score), 1, 100)


def test_the_plain_model_is_table_27s_formula() -> None:
    smf = pytest.importorskip("statsmodels.formula.api")
    found, score = _texts(600, 4)
    people = np.arange(600) // 6
    ours = by_feature(fit_model("plain", found, score, people, errors="classical"))
    frame = found.with_columns(score=pl.Series(score)).to_pandas()
    peer = smf.ols("score ~ " + " + ".join(FEATURES), data=frame).fit()
    _same(ours, peer)
    clustered = by_feature(fit_model("by person", found, score, people))
    robust = smf.ols("score ~ " + " + ".join(FEATURES), data=frame).fit(
        cov_type="cluster", cov_kwds={"groups": people}, use_t=True
    )
    _same(clustered, robust)
    assert clustered["text_length"].se != pytest.approx(ours["text_length"].se)


def _same(ours, peer) -> None:
    for name in ("const", *FEATURES):
        key = "Intercept" if name == "const" else name
        assert ours[name].coef == pytest.approx(peer.params[key], rel=1e-8)
        assert ours[name].se == pytest.approx(peer.bse[key], rel=1e-8)
        assert ours[name].p == pytest.approx(peer.pvalues[key], abs=1e-10)
        low, high = peer.conf_int().loc[key]
        assert (ours[name].low, ours[name].high) == pytest.approx((low, high), rel=1e-7)


def test_the_terms_are_those_of_the_published_table_27() -> None:
    file = GOLDEN / "ols_score_regressions.csv"
    if not file.exists():
        pytest.skip(f"PRISM's published regressions are not at {file}")
    with file.open() as text:
        rows = [row for row in csv.DictReader(text) if row["spec"].startswith("Tab 27")]
    assert [row["term"] for row in rows] == ["const", *FEATURES]
    # The texts are not published, so the numbers cannot come out again; that they are of classical
    # errors on 30,041 degrees of freedom can be seen: coefficient / error = t, reach = 1.96 errors.
    for row in rows:
        coef, se, t = (float(row[name]) for name in ("coef", "se", "t"))
        assert abs(coef / t) == pytest.approx(se, abs=6e-4)
        reach = (float(row["ci_high"]) - float(row["ci_low"])) / 2
        assert reach == pytest.approx(1.96004 * abs(coef / t), abs=1.1e-3)


def test_within_conversations_a_models_quality_does_not_pass_for_its_length() -> None:
    # "ash" is liked best and writes long, whatever length does: the plain model mistakes the one
    # for the other, the one within conversations does not.
    covered, plain = [], []
    for seed in range(12):
        data = planted(n_people=60, lengths={"ash": 400}, per_character=0.03, person_noise=6.0,
                       qualities={k: v / 2 for k, v in QUALITIES.items()}, seed=seed)  # fmt: skip
        seen = openers_of(data, tie_threshold=5)
        found = features_of(seen.frame["model_response"], models=seen.scores.models)
        models = score_models(seen, found, found)
        assert len(models) == 4
        within = by_feature(models[3])["text_length"]
        covered.append(within.low <= 0.03 <= within.high)
        plain.append(by_feature(models[1])["text_length"].low > 0.03)
    assert np.mean(covered) >= 0.75
    assert np.mean(plain) >= 0.9


def test_the_model_within_conversations_equals_one_with_a_dummy_for_each() -> None:
    smf = pytest.importorskip("statsmodels.formula.api")
    data = planted(n_people=20, n_talks=2, lengths={"elm": 300}, p_question=0.4, seed=8)
    seen = openers_of(data, tie_threshold=5)
    found = features_of(seen.frame["model_response"])
    persons, within = (by_feature(one) for one in score_models(seen, found, found)[2:])
    frame = found.with_columns(
        score=pl.Series(seen.scores.score),
        talk=seen.frame["conversation_id"],
        m=seen.frame["model"],
    ).to_pandas()
    peer = smf.ols("score ~ text_length + if_question_marks + C(talk) + C(m)", data=frame).fit()
    frame["who"] = seen.scores.cluster
    other = smf.ols("score ~ text_length + if_question_marks + C(who) + C(m)", data=frame).fit()
    for name in ("text_length", "if_question_marks"):
        assert within[name].coef == pytest.approx(peer.params[name], rel=1e-6)
        assert persons[name].coef == pytest.approx(other.params[name], rel=1e-6)
    assert set(within) == {"text_length", "if_question_marks"}


def test_a_feature_without_effect_has_uniform_chances() -> None:
    p = []
    for seed in range(48):
        data = planted(n_people=30, n_talks=2, p_question=0.5, person_noise=10.0, seed=100 + seed)
        seen = openers_of(data, tie_threshold=5)
        found = features_of(seen.frame["model_response"])
        models = score_models(seen, found, found)
        p.append([by_feature(one)["if_question_marks"].p for one in models[1:]])
    for column in np.array(p).T:
        assert 0.35 < column.mean() < 0.65
        assert (column < 0.1).sum() <= 11  # 4.8 expected; more than 11 once in 200


def test_constant_features_are_left_out_by_name() -> None:
    found = features_of(pl.Series(["abc", "abcd", "abcde", "ab"] * 3))
    model = fit_model("plain", found, np.arange(12.0), np.arange(12) // 2)
    assert set(by_feature(model)) == {"const", "text_length"}
    assert model.left_out == FEATURES[1:]


def test_mean_scores_by_length_and_shares_by_model_are_plain_means() -> None:
    data = planted(n_people=40, lengths={"ash": 500}, p_question=0.3)
    seen = openers_of(data, tie_threshold=5)
    found = features_of(seen.frame["model_response"])
    curve = length_curve(found, seen.scores.score, seen.scores.cluster, scale=(1, 100),
                         resampling=Resampling(n_resamples=50))  # fmt: skip
    length = found["text_length"].to_numpy()
    inside = (length >= curve.edges[5]) & (length < curve.edges[6])
    assert curve.mean[5] == pytest.approx(seen.scores.score[inside].mean())
    assert curve.p95 == pytest.approx(np.quantile(length, 0.95))
    assert curve.counts.sum() == (length <= curve.edges[-1]).sum()
    shares = feature_shares(seen, found, resampling=NO_DRAWS)
    ash = seen.frame["model"].to_numpy() == "ash"
    assert shares.models[0] == "ash"
    assert shares.share[0, 0] == pytest.approx(length[ash].mean())
    question = found["if_question_marks"].to_numpy()[ash]
    assert shares.share[2, 0] == pytest.approx(question.mean())


def test_refusals_are_counted_as_a_loop_counts_them() -> None:
    data = planted(n_people=50, p_refusal=0.2, refusal_costs=20.0)
    seen = openers_of(data, tie_threshold=5)
    found = features_of(seen.frame["model_response"])
    refused = found["if_refusal"].to_numpy() > 0
    result = refusals(seen, refused, resampling=Resampling(n_resamples=100))
    counts = {"non_refuser_chosen": 0, "refuser_chosen_alone": 0, "refuser_chosen_with_others": 0}
    chance = []
    for _, turn in seen.frame.group_by("conversation_id", maintain_order=True):
        texts = [text.startswith(REFUSAL[:12]) for text in turn["model_response"]]
        if not any(texts):
            continue
        chance.append(np.mean(texts))
        chosen = texts[turn["if_chosen"].to_list().index(True)]
        kind = "refuser_chosen_with_others" if sum(texts) > 1 else "refuser_chosen_alone"
        counts[kind if chosen else "non_refuser_chosen"] += 1
    assert dict(result.outcomes) == counts
    assert result.by_chance == pytest.approx(np.mean(chance))
    assert result.n_with_refuser == sum(counts.values())
    chosen = result.refuser_chosen
    assert chosen.low <= chosen.value <= chosen.high < result.by_chance
    assert refusals(seen, np.zeros(len(refused), dtype=bool), resampling=NO_DRAWS) is None


def test_prism_counts_turns_with_three_answers_as_turns_without_refusers() -> None:
    seen = openers_of(planted(n_people=30, n_shown=3, p_refusal=0.3), tie_threshold=5)
    refused = features_of(seen.frame["model_response"])["if_refusal"].to_numpy() > 0
    assert refusals(seen, refused, resampling=NO_DRAWS) is not None
    assert refusals(seen, refused, resampling=NO_DRAWS, compat="prism") is None


def test_with_length_held_fixed_the_planted_order_comes_back() -> None:
    # Length decides much, and the worst model writes longest.
    data = planted(n_people=150, per_character=0.12, lengths={"fir": 400, "ash": 150},
                   qualities={k: v / 2 for k, v in QUALITIES.items()})  # fmt: skip
    seen = openers_of(data, tie_threshold=5)
    found = style_control(seen, features_of(seen.frame["model_response"]))
    as_judged, length = found.boards[:2]
    assert found.models[0] == "fir"
    assert as_judged.ranks.tolist() == [1, 2, 3, 4, 5, 6]
    fir = found.models.index("fir")
    assert length.ranks[fir] > 3
    (effect,) = length.effects
    assert effect.feature == "text_length"
    assert effect.low > 0
    assert (length.low < length.strength).all()
    assert not found.missing


def test_without_an_effect_of_length_style_control_leaves_the_order() -> None:
    covered = []
    for seed in range(10):
        seen = openers_of(planted(n_people=50, noise=25.0, seed=seed), tie_threshold=5)
        found = style_control(seen, features_of(seen.frame["model_response"]))
        (effect,) = found.boards[1].effects
        covered.append(effect.low <= 0 <= effect.high)
        assert [b.name for b in found.boards] == [
            "as judged",
            "length held fixed",
            "length and form held fixed",
        ]
    assert np.mean(covered) >= 0.7
