# Same steps as `make setup`: environment, pinned packages, models. The second stage holds no build tools.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
# make comes from the pinned release of Debian: a version of its own would only break when that is patched.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml requirements.lock Makefile README.md LICENSE ./
COPY indexer ./indexer
COPY service ./service
COPY training ./training
# The CPU build of torch; override for GPUs.
ARG PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV STYLIST_MODEL_DIR=/app/models
RUN make setup

FROM python:3.11-slim-bookworm
RUN useradd --create-home --uid 10001 stylist && mkdir /data && chown stylist:stylist /data
WORKDIR /app
COPY --from=build /app /app
COPY inventory_samples ./inventory_samples
COPY adapters ./adapters
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    STYLIST_DATA_DIR=/data \
    STYLIST_MODEL_DIR=/app/models \
    STYLIST_HOST=0.0.0.0 \
    STYLIST_PORT=8000
# By number, so that an orchestrator can tell that it is not root.
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"STYLIST_PORT\"]}/readyz', timeout=4)"]
# Listens beyond loopback, so it starts only once a key exists: docker run --rm -v ... IMAGE stylist keys add --scope shopper
CMD ["stylist", "serve"]
