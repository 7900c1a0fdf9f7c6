# One recipe for all services; bake says which (NAME), where it listens and what it stands on (base).
FROM base
ARG NAME
ARG PORT=8000
ARG GREETING
COPY --from=libs . libs/
COPY . ./
ENV NAME="${NAME:?which service}" PORT=$PORT GREETING=${GREETING:-Hello}
EXPOSE $PORT
HEALTHCHECK --interval=2s --timeout=2s --start-period=10s CMD curl -fsS http://127.0.0.1:$PORT/health
CMD ["python3", "service.py"]
