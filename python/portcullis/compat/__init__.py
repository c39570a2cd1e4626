"""Other systems' names over this one's verbs: thin, one module for each. New programs use `portcullis` itself."""
