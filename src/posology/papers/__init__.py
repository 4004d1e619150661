"""Papers: PDF pages made from plain data. Knows no patient, clock, database or network.

A paper is a template of ``templates/`` and the data that it shows. The same data give the same bytes, so a
printed record can be told from another by its hash. What a paper says is worked out by whoever asks for it,
from the same fold as the page: nothing is computed here.
"""

from posology.papers.head import Head
from posology.papers.rendering import PaperError, paper_names, render

__all__ = ["Head", "PaperError", "paper_names", "render"]
