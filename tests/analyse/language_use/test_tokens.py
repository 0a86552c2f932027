"""What counts as a word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manyvoices.analyse.language_use.tokens import n_sentences, word_pattern, words


def test_apostrophes_and_hyphens_within_a_word_belong_to_it() -> None:
    assert words("I don’t know: 'well-being' isn't easy!") == [
        *("i", "don't", "know", "well-being", "isn't", "easy")
    ]


def test_a_point_joins_numbers_and_never_sentences() -> None:
    assert words("gpt-3.5 ended.Then 2.5 of 10.") == ["gpt-3.5", "ended", "then", "2.5", "of", "10"]


def test_marks_are_part_of_their_words() -> None:
    assert words("हिन्दी में लिखो") == ["हिन्दी", "में", "लिखो"]
    assert words("cafe\u0301 Straße") == ["café", "strasse"]


def test_scripts_without_spaces_are_parted_into_characters_with_their_marks() -> None:
    assert words("你好world") == ["你", "好", "world"]
    assert words("ตั้ง") == ["ตั้", "ง"]


def test_signs_and_emoji_are_no_words() -> None:
    assert words("🙂 — … !!! _ __") == []


def test_sentences_end_in_any_script() -> None:
    assert n_sentences("One. Two? Three!") == 3
    assert n_sentences("It costs 3.50 today") == 1
    assert n_sentences("你好。再见。") == 2
    assert n_sentences("...") == 0


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_quick_way_for_ascii_gives_what_the_full_pattern_gives(text: str) -> None:
    assert words(text) == word_pattern().findall(text.lower())


@given(st.text())
def test_every_word_is_of_letters_and_lower_case(text: str) -> None:
    for word in words(text):
        assert any(map(str.isalnum, word))
        assert words(word) == [word] or "\u0130" in text
