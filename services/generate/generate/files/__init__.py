"""Files of every form that a table comes in, each read as rows of text or of types of their own."""
