"""Header words in five languages -> canonical fields. Pure data and its lookup; knows no file."""

from __future__ import annotations

import re
import unicodedata

# Joined to the department: who an item is for is often told by two columns.
_AGE = "age group|age|altersgruppe|age category|tranche d age|groupe d age|grupo de edad|edad|fascia d eta"

# Within a field, earlier words win when a feed has several of them. Words are compared without case, accents,
# spaces and punctuation, so "Product Name", "product_name" and "productName" are one.
_SYNONYMS: dict[str, str] = {
    "sku": """
        sku|variant sku|item sku|product sku|sku code|sku id|variant id|item number|item no|item code
        |article number|article no|article id|article code|artikelnummer|artikelnr|artikel nr|art nr|artnr
        |artikel id|bestellnummer|reference|ref|reference produit|code article|codigo|referencia|codice
        |codice articolo|codice prodotto|codigo articulo|codigo producto|ugs|product code|product number
        |style number|style code|id|item id|product id|produkt id|produktnummer|uniq id|asin|ean|gtin|barcode
        |upc""",
    "group_id": """
        group id|item group id|product group id|parent sku|parent id|parent|parent product|handle|url key
        |url handle|style id|style number|style code|style no|model id|model number|modellnummer
        |product id|master id|master sku|product code|id parent""",
    "title": """
        product title|title|product display name|product name|item name|item title|name|display name|titel
        |produktname|produkttitel|artikelname|artikelbezeichnung|produktbezeichnung|bezeichnung|titre|nom
        |nom du produit|nom produit|designation|libelle|titulo|nombre|nombre del producto|nombre producto
        |titolo|nome|nome prodotto|nome del prodotto|prod name|product|produkt|produit|producto|prodotto
        |artikel|article|articulo|articolo|item""",
    "description": """
        description|product description|long description|full description|body html|body|beschreibung
        |produktbeschreibung|langbeschreibung|artikelbeschreibung|description produit|descriptif|descripcion
        |descripcion del producto|descrizione|descrizione prodotto|detail desc|details|product details
        |short description|kurzbeschreibung|descripcion corta|descrizione breve|desc|text|about""",
    "brand": """
        brand|brand name|marke|markenname|marque|marca|vendor|manufacturer|hersteller|fabricant|fabricante
        |produttore|designer|label""",
    "category": """
        category|categories|category path|category name|master category|main category|top category|department
        name|section|section name|hauptkategorie|oberkategorie|sub category|sub sub category|subcategory name
        |unterkategorie|sous categorie|subcategoria|sottocategoria|category 1|category 2|category 3|category 4
        |category l1|category l2|category l3|category level 1|category level 2|category level 3|level 1 category
        |kategorie|kategorien|artikelgruppe|kategorie 1|kategorie 2|kategorie 3|kategoriepfad|warengruppe
        |rayon|categorie|categorie produit|categoria|categorias|product category|product categories
        |google product category|taxonomy|collection|collections|product group name|garment group name""",
    "product_type": """
        product type|article type|item type|garment type|clothing type|product type name|type|produkttyp
        |artikeltyp|produktart|artikelart|typ|type de produit|type produit|type d article|tipo de producto
        |tipo producto|tipo|tipo di prodotto|tipo prodotto|tipologia""",
    "slot": "slot|outfit slot",
    "department": """
        department|gender|target gender|sex|target group|audience|geschlecht|zielgruppe|zielgeschlecht|genre
        |sexe|genero|sexo|genere|sesso|abteilung|departement|departamento|reparto|index group name""",
    "color": """
        color|colour|base color|base colour|main color|primary color|primary colour|color name|colour name
        |product color|product colour|colour group name|colours|colors|farbe|farben|grundfarbe|hauptfarbe|farbname
        |couleur|couleurs|coloris|color base|colore|colori|color principal|colore principale""",
    "size": """
        size|size name|clothing size|shoe size|grosse|groesse|kleidergrosse|konfektionsgrosse|schuhgrosse
        |taille|pointure|talla|talle|taglia|misura|sizes|available sizes|size stock|stock by size
        |sizes in stock|size quantity|grossen|groessen|verfugbare grossen|tailles|tailles disponibles|tallas
        |tallas disponibles|taglie|taglie disponibili|variants|variations|varianten|variantes|varianti|skus""",
    "material": """
        material|materials|fabric|fabric type|composition|material composition|outer material|textile
        |stoff|obermaterial|materialzusammensetzung|zusammensetzung|matiere|matieres|matiere principale|tissu
        |materiale|materiali|tessuto|composicion|composizione|tejido|tela""",
    "pattern": """
        pattern|print|pattern name|graphical appearance name|muster|motif|imprime|estampado|patron|fantasia
        |motivo|stampa""",
    "season": "season|seasons|saison|jahreszeit|temporada|estacion|stagione",
    "formality": """
        formality|usage|occasion|occasions|dress code|dresscode|anlass|gelegenheit|verwendung|formalite
        |formalidad|ocasion|uso|formalita|occasione|utilizzo|usage occasion""",
    "tags": """
        tags|tag|keywords|labels|schlagworte|schlagworter|stichworte|etiquettes|mots cles|etiquetas
        |palabras clave|etichette|parole chiave|style|styles|stil""",
    "price": """
        price|unit price|price amount|price value|regular price|normal price|base price|current price
        |variant price|retail price|selling price|preis|verkaufspreis|vk preis|vk|einzelpreis|bruttopreis|prix
        |prix ttc|prix de vente|prix unitaire|tarif|prix regulier|precio|precio de venta|precio unitario|pvp
        |precio normal|prezzo|prezzo di vendita|prezzo di listino|prezzo unitario|list price|original price
        |listenpreis|regularer preis|normalpreis|uvp|msrp|mrp|rrp""",
    "sale_price": """
        sale price|special price|discount price|discounted price|reduced price|promo price|promotional price
        |offer price|final price|now price|price sale|angebotspreis|aktionspreis|sonderpreis|reduzierter preis
        |prix promo|prix solde|prix promotionnel|prix remise|prix reduit|tarif promo|precio rebajado
        |precio de oferta|precio oferta|precio con descuento|prezzo scontato|prezzo in offerta|prezzo promo
        |selling price""",
    "cost_of_goods_sold": """
        cost of goods sold|cost of goods|cogs|cost per item|item cost|unit cost|cost price|purchase price|cost
        |einkaufspreis|ek preis|ek|einstandspreis|prix d achat|prix achat|cout d achat|precio de compra
        |precio de coste|coste|costo|prezzo di acquisto|prezzo d acquisto""",
    "currency": """
        currency|currency code|price currency|wahrung|waehrung|devise|monnaie|moneda|divisa|valuta""",
    "quantity": """
        quantity|qty|stock|stock quantity|stock qty|stock level|stock count|in stock quantity|inventory
        |inventory quantity|inventory qty|inventory level|quantity available|available quantity|on hand|units
        |count|menge|bestand|lagerbestand|lagermenge|anzahl|lager|stuckzahl|quantite|quantite en stock
        |stock disponible|cantidad|existencias|inventario|unidades|quantita|giacenza|scorte|magazzino
        |disponibilita quantita""",
    "availability": """
        availability|stock status|in stock|is in stock|available|is available|availability status
        |inventory status|verfugbarkeit|verfugbar|lieferstatus|lagerstatus|disponibilite|en stock|disponible
        |disponibilidad|disponibilita|disponibile""",
    "image_url": """
        image url|image link|image|image src|img|img url|image 1|image url 1|main image|main image url|picture
        |picture url|photo|photo url|thumbnail|thumbnail url|images|image urls|pictures|bild|bild url|bildurl
        |bildlink|bilder|foto|foto url|image principale|lien image|url image|url de l image|imagen|url imagen
        |url de la imagen|imagenes|immagine|url immagine|immagini""",
    "url": """
        url|link|product url|product link|page url|permalink|canonical url|product page|web url|produkt url
        |produktlink|deeplink|lien|lien produit|url produit|enlace|url producto|url prodotto|collegamento""",
}

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def normalise(name: str) -> str:
    """A header without case, accents, spaces and punctuation: the form in which headers are compared."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in decomposed if c.isalnum())


AGE_WORDS = frozenset(normalise(word) for word in _AGE.split("|"))

SYNONYMS: dict[str, tuple[str, ...]] = {
    field: tuple(
        dict.fromkeys(normalise(word) for word in " ".join(words.split()).split("|") if word.strip())
    )
    for field, words in _SYNONYMS.items()
}

_FIELD_OF: dict[str, str] = {}
_FIELD_OF.update(dict.fromkeys(AGE_WORDS, "department"))
for _field, _words in SYNONYMS.items():
    for _word in _words:
        _FIELD_OF.setdefault(_word, _field)


def header_forms(name: str) -> tuple[str, ...]:
    """The forms under which a header is looked up, best first: as it is, then without "(EU)" or "[cm]"."""
    whole, bare = normalise(name), normalise(_BRACKETED.sub(" ", name))
    return (whole,) if bare in ("", whole) else (whole, bare)


def canonical_field(name: str) -> str | None:
    """The field that a header, JSON key or shop option of this name most likely means."""
    return next((_FIELD_OF[form] for form in header_forms(name) if form in _FIELD_OF), None)
