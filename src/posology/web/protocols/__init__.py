"""A site's own protocols as pages: what is in force, the form of a draft, the review with its diff."""
