"""Catalogues that are fetched from the shop, for shops that send no webhooks."""
