#!/bin/sh
# Makes the secrets docker-compose.yml asks for:  sh deploy/secrets.sh > .env
# The key itself is shown once and kept nowhere; only its hash goes into the file.
set -eu

key=$(openssl rand -hex 32)
hash=$(printf %s "$key" | openssl dgst -sha256 -r | cut -d ' ' -f 1)

# Hexadecimal, because the password is part of an address.
echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)"
echo "MINIO_PASSWORD=$(openssl rand -hex 24)"
echo "KINDRED_API_KEYS=shop:read+write:$hash"
echo "KINDRED_WEBHOOK_SECRET=whsec_$(openssl rand -base64 32)"

echo "The key for your shop's backend, shown this once: $key" >&2
