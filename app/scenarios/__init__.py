"""Named defaults of requests, chosen by the caller or by a rule on the person."""
