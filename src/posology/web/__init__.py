"""The pages: components, templates, static files and views. They show what lower floors decided."""
