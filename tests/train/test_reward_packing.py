"""Tree packing gives the flattened computation's scores and gradients, and loses nothing."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from tests.train.reward_forest import forest, tokens  # noqa: E402

from manyvoices.train.config import ModelConfig, TinyConfig  # noqa: E402
from manyvoices.train.config_reward import LossConfig  # noqa: E402
from manyvoices.train.reward.attention import BLOCK, arguments, block_mask, dense_mask  # noqa: E402
from manyvoices.train.reward.batches import fill  # noqa: E402
from manyvoices.train.reward.lengths import tokenise  # noqa: E402
from manyvoices.train.reward.losses import ranking_loss  # noqa: E402
from manyvoices.train.reward.model import load_reward_model  # noqa: E402
from manyvoices.train.reward.packing import Pack, divide, lay_out  # noqa: E402
from manyvoices.train.reward.pairs import compare  # noqa: E402
from manyvoices.train.reward.rows import flatten  # noqa: E402
from manyvoices.train.views import ReplyGroup, Turn  # noqa: E402


@pytest.fixture(scope="module")
def built() -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def build(family: str) -> Any:
        if family not in made:
            tiny = TinyConfig(family=family, hidden=32, heads=4, vocab=512)
            made[family] = load_reward_model(ModelConfig(tiny=tiny), ["abc def gh"])
        return made[family]

    return build


def outcome(model: Any, batch: Any, ids: Any, orders: Any) -> tuple[Any, dict[str, Any]]:
    """Scores group by group, and gradients of the loss."""
    model.zero_grad()
    scores = model(ids)
    config = LossConfig()
    loss, weight = ranking_loss(scores, compare(orders, config), config)
    (loss / max(weight, 1)).backward()
    by_group = [scores[list(members)] for _, members in batch.groups]
    gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    return torch.cat(by_group).detach(), gradients


@pytest.mark.parametrize("family", ["llama", "neox"])
@pytest.mark.parametrize("way", ["segments", "dense"])
def test_packed_scores_and_gradients_are_the_flattened_ones(
    built: Callable[[str], Any], family: str, way: str
) -> None:
    model, tokenizer, format = built(family)
    for seed in range(6):
        groups = tokens(forest(seed), tokenizer, format)
        rows, pack = flatten(groups), lay_out(groups)
        flat, expected = outcome(model, rows, rows.ids, rows.orders())
        model.attend(way)
        packed, found = outcome(model, pack, pack, pack.orders())
        model.attend("segments")
        assert len(pack) < sum(map(len, rows.ids))
        assert torch.allclose(packed, flat, atol=1e-5)
        assert found.keys() == expected.keys()
        for name, gradient in expected.items():
            assert torch.allclose(found[name], gradient, atol=1e-4), name


def test_a_token_sees_its_path_and_nothing_else(built: Callable[[str], Any]) -> None:
    """The one comparison of depth-first order against ancestors that are looked up one by one."""
    _, tokenizer, format = built("llama")
    for seed in range(10):
        pack = lay_out(tokens(forest(seed), tokenizer, format))
        mask = dense_mask(torch.tensor(pack.below))
        paths = paths_of(pack)
        for q in range(len(pack)):
            seen = mask[q].nonzero()[:, 0].tolist()
            assert len(seen) == pack.positions[q] + 1
            assert [pack.positions[k] for k in seen] == list(range(len(seen)))
            assert seen == paths[q]


def paths_of(pack: Pack) -> list[list[int]]:
    """What each token sees, told by the stretches."""
    found: list[list[int]] = []
    for start, stop, above in pack.stretches:
        before = [i for a, b in above for i in range(a, b)]
        found += [[*before, *range(start, q + 1)] for q in range(start, stop)]
    return found


def test_every_message_stands_once_and_every_reply_is_scored() -> None:
    question, other = Turn("prompter", "why"), Turn("prompter", "more")
    above = (question, Turn("assistant", "b"), other)
    groups = [
        ReplyGroup((question,), ("aa", "b"), (0, 1), None, "t", "en"),
        ReplyGroup(above, ("c", "dd", "e"), (0, 1, 2), None, "t", "en"),
        ReplyGroup((question,), ("b", "aa"), (0, 1), None, "t", "en", rater="another person"),
    ]
    found, _ = tokenise(groups, plain, max_length=99)
    pack = lay_out(found)
    assert len(pack) == sum(map(len, ("pwhy$", "aaa$", "ab$", "pmore$", "ac$", "add$", "ae$")))
    assert len(pack.ends) == 5
    text = "".join(map(chr, pack.ids))
    # Down the longest way first; the reply that stops comes last.
    assert text == "pwhy$ab$pmore$add$ac$ae$aaa$"
    first, _, third = (places for _, places in pack.groups)
    assert first == third[::-1]


def plain(turn: Turn) -> tuple[int, ...]:
    return tuple(map(ord, turn.role[0] + turn.text + "$"))


def test_flex_attentions_block_mask_holds_the_same_mask() -> None:
    from torch.nn.attention.flex_attention import flex_attention

    groups, _ = tokenise(forest(1, n_trees=4, n_groups=8), plain, max_length=9999)
    pack = lay_out(groups)
    given = arguments(pack, "flex", torch.device("cpu"), torch.float32)
    n = given["input_ids"].shape[1]
    assert n % BLOCK == 0
    assert n >= len(pack)
    below = torch.tensor([*pack.below, *range(len(pack) + 1, n + 1)])
    mask = dense_mask(below)
    assert mask[len(pack) :].sum() == n - len(pack)
    q, k, v = torch.randn(3, 1, 2, n, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is slow without its compiler, and this is small
        packed = flex_attention(q, k, v, block_mask=block_mask(below))
    plainly = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    assert torch.allclose(packed, plainly, atol=1e-5)


def test_a_large_tree_is_divided_and_scores_do_not_change(built: Callable[[str], Any]) -> None:
    model, tokenizer, format = built("llama")
    groups = tokens(forest(7, n_trees=2, n_groups=9), tokenizer, format)
    whole = lay_out(groups)
    found = divide(groups, max_tokens=len(whole) // 4)
    assert found.divided == 2
    packs = [lay_out(part) for part in found.parts]
    assert [len(pack) for pack in packs] == list(found.lengths)
    assert sum(found.lengths) == len(whole) + found.repeated
    with torch.no_grad():
        at_once, apart = by_source(model, [whole]), by_source(model, packs)
    assert at_once.keys() == apart.keys() == {id(group.source) for group in groups}
    for key, scores in at_once.items():
        assert torch.allclose(scores, apart[key], atol=1e-5)
    assert "divided" in found.lines(100)[0]


def by_source(model: Any, packs: list[Pack]) -> dict[int, Any]:
    found = {}
    for pack in packs:
        scores = model(pack)
        found |= {id(g.source): scores[list(places)] for g, places in pack.groups}
    return found


def test_a_group_longer_than_a_pack_stays_whole_and_is_counted() -> None:
    big = ReplyGroup((Turn("prompter", "q"),), ("x" * 50, "y" * 50), (0, 1), None, "t", "en")
    groups, _ = tokenise([big], plain, max_length=999)
    found = divide(groups, max_tokens=60)
    assert (len(found.parts), found.too_long) == (1, 1)
    assert "longer than packing.max_tokens" in found.lines(60)[0]


def test_packs_are_filled_up_to_the_budget_and_nothing_is_lost() -> None:
    rng = random.Random(0)
    groups, _ = tokenise(forest(3, n_trees=30, n_groups=4), plain, max_length=9999)
    parts = divide(groups, max_tokens=300)
    packs = fill(parts.parts, 300)
    assert sum(len(pack.groups) for pack in packs) == len(groups)
    assert len(packs) < len(parts.parts)
    alone = max(parts.lengths)
    assert all(len(pack) <= max(300, alone) for pack in packs)
    order = list(parts.parts)
    rng.shuffle(order)
    assert sum(len(p.groups) for p in fill(tuple(order), 300)) == len(groups)


def test_what_is_too_long_for_the_model_loses_the_beginning_and_is_counted() -> None:
    prefix = (Turn("prompter", "a" * 40), Turn("assistant", "b" * 20), Turn("prompter", "c" * 10))
    group = ReplyGroup(prefix, ("d" * 8, "e"), (0, 1), None, "t", "en")
    found, cuts = tokenise([group], plain, max_length=40, min_prefix=5)
    (cut,) = found
    assert cut.prefix_length + max(map(len, cut.replies)) == 40
    assert "".join(chr(i) for part in cut.prefix for i in part) == "b" * 17 + "$pc" + "c" * 9 + "$"
    assert (cuts.groups, cuts.prefix_tokens) == (1, 76 - 30)
    assert "46 tokens at the beginning" in cuts.lines(40)[0]


def test_a_reply_too_long_by_itself_keeps_its_end_token() -> None:
    group = ReplyGroup((Turn("prompter", "a" * 40),), ("d" * 90, "e"), (0, 1), None, "t", "en")
    (cut,), cuts = tokenise([group], plain, max_length=40, min_prefix=10)
    assert cut.prefix_length == 10
    assert [len(reply) for reply in cut.replies] == [30, 3]
    assert chr(cut.replies[0][-1]) == "$"
    assert (cuts.replies, cuts.reply_tokens) == (1, 62)
    assert "lost 62 tokens before their end token" in cuts.lines(40)[1]


def test_only_the_best_replies_are_kept_where_that_is_asked_for() -> None:
    groups = [
        ReplyGroup((Turn("prompter", "a"),), tuple("bcdef"), (0, 1, 2, 3, 4), None, "t", "en"),
        ReplyGroup((Turn("prompter", "a"),), tuple("bcd"), (0, 0, 1), None, "u", "en"),
    ]
    found, cuts = tokenise(groups, plain, max_length=99, max_replies=2)
    assert [group.source.replies for group in found] == [("b", "c")]
    assert (cuts.over_best, cuts.lost_groups) == (4, 1)
    assert len(cuts.lines(99)) == 2


@pytest.mark.parametrize("family", ["llama", "neox"])
def test_recomputed_activations_give_the_same_gradients(family: str) -> None:
    tiny = TinyConfig(family=family, hidden=32, heads=4, vocab=512)
    model, tokenizer, format = load_reward_model(ModelConfig(tiny=tiny), ["abc def gh"])
    pack = lay_out(tokens(forest(5), tokenizer, format))
    model.train()
    kept = outcome(model, pack, pack, pack.orders())
    model.gradient_checkpointing_enable({"use_reentrant": False})
    again = outcome(model, pack, pack, pack.orders())
    assert torch.allclose(kept[0], again[0], atol=1e-6)
    for name, gradient in kept[1].items():
        assert torch.allclose(again[1][name], gradient, atol=1e-6), name
