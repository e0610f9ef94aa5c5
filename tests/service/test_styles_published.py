"""What staff decide of styles holds for the next request: over real adapters on a tiny model."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tiny_models import save_tiny_model, train_tiny_adapter

from service.db.repositories.styles import StylePolicyRepository
from service.db.session import State
from service.errors import ConflictError, InvalidError
from service.recommender.recommender import StoreRecommender
from service.recommender.style_choice import chosen_style
from service.registry.publishing import Publication, StyleChange
from service.registry.store import Aliases, ArtifactFolder
from service.registry.styles import Styles
from service.schemas.outfits import OutfitRequest
from service.settings import Settings


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    root = tmp_path_factory.mktemp("published")
    model = save_tiny_model(root / "model")
    for name, version in (("silk", "1"), ("silk", "2"), ("wool", "1")):
        train_tiny_adapter(model, root / "adapters" / name, f"top: {name}{version}\n", 2, version)
    ArtifactFolder(root / "adapters" / "silk").write(Aliases(champion="1"))
    return Settings(
        data_dir=root / "data", base_model=str(model), adapters_dir=root / "adapters", default_style="silk"
    )


def test_decisions_hold_at_once(shelf: Settings) -> None:
    with closing(State.of(shelf)) as state:
        book = StylePolicyRepository(state)
        stylists = Styles(shelf, book.choices)
        base = stylists.views()[0].digest
        publication = Publication(shelf, book, base)

        def change(**fields: object) -> None:
            body = StyleChange.model_validate({"reason": "a test", "force": True, **fields})
            publication.change(body, "k1", stylists.default, stylists.fault)
            stylists.look_again()

        def shown() -> list[tuple[str, str, bool]]:
            return [(v.name, v.version, v.default) for v in stylists.views() if v.name != "base"]

        assert shown() == [("silk", "1", True), ("wool", "1", False)]
        change(name="silk", version="2")
        assert shown() == [("silk", "2", True), ("wool", "1", False)]
        change(name="wool", default=True)
        assert shown() == [("silk", "2", False), ("wool", "1", True)]
        change(name="silk", retired=True)
        assert shown() == [("wool", "1", True)]
        assert stylists.retired("silk@1")
        with pytest.raises(ConflictError, match="is the default"):
            change(name="wool", retired=True)
        change(name="silk", retired=False)
        change(name="wool", default=False, retired=True)
        assert stylists.default == "silk"  # the setting's
        change(name="base", default=True)
        assert stylists.default == "base"
        (base_view, silk, wool) = publication.styles(stylists.default)
        assert (base_view.default, silk.default, wool.retired) == (True, False, True)
        other = Publication(shelf, book, "another model")
        assert "base_digest" in (other.styles("base")[1].versions[0].problem or "")
        (shelf.adapters_dir / "silk" / "1" / "adapter_config.json").write_text("no JSON")
        with pytest.raises(ConflictError, match="silk@1 cannot be used"):  # sound files that do not load
            change(name="silk", version="1")
        assert ArtifactFolder(shelf.adapters_dir / "silk").aliases().champion == "2"


def test_a_retired_style_is_refused_by_name_and_version(shelf: Settings) -> None:
    with closing(State.of(shelf)) as state:
        book = StylePolicyRepository(state)
        book.decide("wool", default=False, retired=True)
        recommender = StoreRecommender.__new__(StoreRecommender)  # its style alone: nothing is composed
        recommender._stylists = Styles(shelf, book.choices)
        for style in ("wool", "wool@1", "wool@candidate"):
            with pytest.raises(InvalidError, match="is retired") as caught:
                chosen_style(recommender._stylists, OutfitRequest(vibe="x", style=style))
            assert caught.value.errors[0].field == "style"


def test_choices_survive_a_database_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.db.repositories.styles.POLL_SECONDS", 0.0)
    state = State(tmp_path)
    book, other = StylePolicyRepository(state), StylePolicyRepository(state)
    book.decide("silk", default=True, retired=None)
    assert other.choices().default == "silk"  # made by another book, as in another process
    state.close()
    (tmp_path / "state.sqlite").write_bytes(b"damaged" * 1000)
    assert other.choices().default == "silk"
