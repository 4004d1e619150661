"""The five parts of the assessment, made from the knowledge's questions: nothing is answered beforehand."""
