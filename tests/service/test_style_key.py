"""Keys of styles are taken apart and put together in one way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from indexer.errors import ModelError
from service.registry.style_key import BASE, RETRIEVER, StyleKey, StyleName, Version

NAMES = st.from_regex(r"\A[a-z0-9][a-z0-9-]{0,63}\Z").filter(lambda name: name != BASE)
VERSIONS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


@given(NAMES, st.one_of(st.just(""), VERSIONS))
def test_what_is_put_together_is_taken_apart_again(name: str, version: str) -> None:
    key = StyleKey(name, version)
    assert StyleKey.parse(str(key)) == key
    assert StyleKey.name_in(str(key)) == name
    assert key.of("3") == StyleKey(name, "3")


@given(st.one_of(st.text(), st.from_regex(r"[a-zA-Z0-9-]*@?[\w.@-]*")))
def test_any_text_is_the_key_that_it_says_or_none(text: str) -> None:
    with suppress(ModelError):
        assert str(StyleKey.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no name"),
        ("@1", "'' is no name"),
        ("House", "'House' is no name"),
        ("../house", "'../house' is no name"),
        ("house\n", "is no name"),
        ("house@", "'' is no version"),
        ("house@1@2", "'1@2' is no version"),
        ("house@../1", "'../1' is no version"),
        ("house@" + "1" * 65, "is no version"),
        ("base@1", "the base model has no versions"),
    ],
)
def test_what_is_no_key_says_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        StyleKey.parse(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(StyleName, BASE), (StyleName, RETRIEVER), (Version, "champion"), (Version, "candidate")],
)
def test_names_that_mean_something_else_are_taken(kind: object, text: str) -> None:
    with pytest.raises(ValidationError, match="called"):
        TypeAdapter(kind).validate_python(text)
