"""From interactions to a ranked list. Values in, values out: no web, SQL, Milvus or torch."""
