"""What is asked: cases with known answers, from held-out looks, public outfits and a catalogue."""
