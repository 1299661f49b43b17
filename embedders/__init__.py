"""Something becomes its block of the vector. Pure: no network, no database, no Milvus."""
