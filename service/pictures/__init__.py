"""Pictures of outfits: drawn garments laid out on a calm ground, as SVG and PNG. Knows no HTTP, no SQL and no model."""
