"""Availability words in five languages -> in stock, out of stock, or not yet. Knows no counts."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Availability = Literal["in", "out", "later"]

_IN = """
in stock|instock|available|yes|y|true|1|online only|in store only|limited availability|low stock|last items
ja|auf lager|vorratig|lieferbar|verfugbar|sofort lieferbar|sofort verfugbar|wenige verfugbar
en stock|disponible|oui|stock limite|derniers articles
si|disponibile|in magazzino|hay existencias|en existencia|ultimas unidades
"""
_OUT = """
out of stock|outofstock|sold out|soldout|unavailable|not available|no|n|false|0|none|discontinued
nein|ausverkauft|nicht lieferbar|nicht verfugbar|nicht auf lager|nicht vorratig|vergriffen
non|epuise|rupture|rupture de stock|en rupture|en rupture de stock|hors stock|indisponible|non disponible
agotado|sin stock|sin existencias|no disponible|fuera de stock
esaurito|non disponibile|non in magazzino|terminato
"""
_LATER = """
preorder|pre order|backorder|back order|available on backorder|on backorder|made to order|coming soon
presale|pre sale
vorbestellung|vorbestellbar|nachbestellung|lieferruckstand|precommande|pre commande|sur commande
en reapprovisionnement|preventa|reserva|bajo pedido|preordine|prenotazione|su ordinazione
"""


def _key(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", "", bare)


def _words(block: str) -> list[str]:
    return [_key(word) for line in block.split("\n") for word in line.split("|") if word]


_TABLE: dict[str, Availability] = {
    **dict.fromkeys(_words(_IN), "in"),
    **dict.fromkeys(_words(_OUT), "out"),
    **dict.fromkeys(_words(_LATER), "later"),
}


def availability_of(text: str) -> Availability | None:
    """What an availability word says, also as a schema.org address; None when the word is unknown."""
    word = text.strip()
    if "schema.org/" in word.casefold():
        word = word.rstrip("/").rsplit("/", 1)[-1]
    return _TABLE.get(_key(word))
