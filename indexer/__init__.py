"""The catalogue, the work queue and the index. Nobody else writes Milvus or knows its language."""
