"""Facts, drugs and imports: what is known of a patient, each with its moment and origin; nothing is overwritten."""
