"""Facts, drugs and imports: what is known of a patient, with moment and origin; nothing is overwritten."""
