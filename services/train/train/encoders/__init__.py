"""How columns of dates, of texts, and of very many categories become numbers."""
