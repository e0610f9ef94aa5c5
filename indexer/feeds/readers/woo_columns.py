"""WooCommerce export headers in English, German, French and Spanish, and the attribute columns by number."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indexer.feeds.columns.aliases import Aliases
from indexer.feeds.values.synonyms import normalise

_WOO = Aliases(
    {
        "id": "id",
        "type": "type|typ|tipo",
        "sku": "sku|artikelnummer|ugs",
        "name": "name|nom|nombre",
        "published": "published|veröffentlicht|publié|publicado",
        "visibility": "visibility in catalog|sichtbarkeit im katalog|visibilité dans le catalogue"
        "|visibilidad en el catálogo",
        "short": "short description|kurzbeschreibung|description courte|descripción corta",
        "description": "description|beschreibung|descripción",
        "sale_start": "date sale price starts|datum, an dem angebotspreis beginnt"
        "|date de début de promo|día en que empieza el precio rebajado",
        "sale_end": "date sale price ends|datum, an dem angebotspreis endet"
        "|date de fin de promo|día en que termina el precio rebajado",
        "in_stock": "in stock?|vorrätig?|en stock ?|¿existencias?|¿hay existencias?",
        "stock": "stock|lager|bestand|lagerbestand|inventario",
        "backorders": "backorders allowed?|lieferrückstande erlaubt?|lieferrückstände erlaubt?"
        "|autoriser les commandes de produits en rupture ?|¿permitir reservas de productos agotados?",
        "sale_price": "sale price|angebotspreis|tarif promo|precio rebajado",
        "price": "regular price|regulärer preis|tarif régulier|precio normal",
        "cost": "cost of goods|meta: _wc_cog_cost",
        "categories": "categories|kategorien|catégories|categorías",
        "tags": "tags|schlagwörter|étiquettes|etiquetas",
        "images": "images|bilder|imágenes",
        "parent": "parent|übergeordnetes produkt|übergeordnet|superior",
        "url": "external url|externe url|url externe|url externa",
        "brand": "brands|brand|marken|marke|marques|marque|marcas|marca",
    }
)
_ATTRIBUTE_NAME = (
    re.compile(r"attribute? ?(\d+) name", re.IGNORECASE),
    re.compile(r"nom de l.attribut (\d+)", re.IGNORECASE),
    re.compile(r"nombre del atributo (\d+)", re.IGNORECASE),
)
_ATTRIBUTE_VALUE = (
    re.compile(r"attribute? ?(\d+) (?:value|wert)\(?e?s?\)?", re.IGNORECASE),
    re.compile(r"valeur\(?s?\)? de l.attribut (\d+)", re.IGNORECASE),
    re.compile(r"valor\(?(?:es)?\)? del atributo (\d+)", re.IGNORECASE),
)


def woo_columns(header: Sequence[str]) -> dict[str, str]:
    """The columns of a WooCommerce export by key; attribute columns are "name N" and "value N"."""
    columns = _WOO.resolve(header)
    for column in header:
        for key, patterns in (("name", _ATTRIBUTE_NAME), ("value", _ATTRIBUTE_VALUE)):
            match = next((m for p in patterns if (m := p.fullmatch(column.strip()))), None)
            if match is not None:
                columns.setdefault(f"{key} {match[1]}", column)
    return columns


def looks_like_woo(header: Sequence[str]) -> bool:
    """Whether these are the columns of a WooCommerce export: those that other shops do not have."""
    columns = woo_columns(header)
    own = {"published", "in_stock", "parent", "price", "visibility", "backorders", "name 1"}
    return {"type", "sku", "name"} <= columns.keys() and len(own & columns.keys()) >= 3


def attribute_numbers(columns: Sequence[str]) -> list[str]:
    """The numbers of the attributes that have both a name and a value column."""
    keys = set(columns)
    return [k[5:] for k in columns if k.startswith("name ") and f"value {k[5:]}" in keys]


def same_text(left: str, right: str) -> bool:
    """Attribute names are compared as headers are: "pa_Color" written twice may differ in case."""
    return normalise(left) == normalise(right)
