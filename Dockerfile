# docker build -t statusd .            (docs/install.md says how to run it)

FROM golang:1.26-bookworm AS build
WORKDIR /src
# Modules first: they change less often than the sources, so this layer is kept.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The repository's history is not in the image's context, so the caller says which version this is.
ARG VERSION=docker
ARG COMMIT=unknown
ARG DATE=unknown
# SQLite is C: cgo, and a C library at run time, the same Debian release in both stages.
RUN CGO_ENABLED=1 go build -trimpath \
    -ldflags="-s -w -X main.version=$VERSION -X main.commit=$COMMIT -X main.date=$DATE" \
    -o /out/statusd ./cmd/statusd
# An empty folder to become /data: the next stage has no shell to make one, and a volume takes its owner from here.
RUN mkdir -p /out/data

# glibc, certificates and a user; no shell, no package manager.
FROM gcr.io/distroless/base-debian12:nonroot
COPY --from=build /out/statusd /usr/local/bin/statusd
COPY --from=build --chown=65532:65532 /out/data /data
# All that is ever written is in /data, so the rest can be mounted read-only.
VOLUME /data
# In a container loopback would be the container's own. The binary's default stays 127.0.0.1.
ENV STATUSD_DATA=/data STATUSD_LISTEN=0.0.0.0:8080
EXPOSE 8080
USER 65532:65532
# No HEALTHCHECK: the image holds nothing that could ask. Let the orchestrator ask for /healthz and /readyz.
ENTRYPOINT ["/usr/local/bin/statusd"]
CMD ["serve"]
