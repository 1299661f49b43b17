"""What a competent engineer would write in an afternoon: similar items over other stores.

Each is a FastAPI service of one route over the same vectors and the same facts of items. They keep
no history, rank nothing anew, explain nothing and take no webhooks: they are the least that answers
the same question.

    python -m bench.peers NAME --port PORT --data FOLDER [--url POSTGRESQL]
"""
