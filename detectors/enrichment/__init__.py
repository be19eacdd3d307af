"""The spaCy side: language, topics, sentiment, risks of one text. The only place that imports spacy."""
