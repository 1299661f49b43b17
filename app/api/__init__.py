"""HTTP under /v1: requests in, answers and problem details out."""
