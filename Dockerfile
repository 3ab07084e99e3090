# Builds the image of Squab. To run it:
#
#     docker build -t squab . && docker run -p 9324:9324 -v squab:/data squab
#
# Pass options as SQUAB_… variables, or after the image's name: docker run squab --region eu-central-1

# The build runs on the machine's own platform, whichever platform the image is for.
FROM --platform=$BUILDPLATFORM node:24-slim AS build
ARG TARGETARCH
WORKDIR /build
COPY package.json package-lock.json ./
COPY scripts scripts
# Only what bundling needs, at the versions of package-lock.json: no types, no test tools, no SDKs.
RUN node scripts/build-packages.ts > reduced.json \
 && mv reduced.json package.json \
 && npm install --no-audit --no-fund
# Settings of the console's JSX.
COPY tsconfig.json ./
COPY src src
# The command needs only dist/ and SQLite's binding, without its source and without the binaries for other platforms.
RUN node scripts/build.ts --no-types \
 && chmod +x dist/cli.cjs \
 && case "$TARGETARCH" in \
      amd64) arch=x64 ;; \
      '') arch="$(node -p process.arch)" ;; \
      *) arch="$TARGETARCH" ;; \
    esac \
 && sqlite=squab/node_modules/better-sqlite3 \
 && mkdir -p "/image/$sqlite/prebuilds" /image/usr/local/bin \
 && mkdir -m 0700 /image/data \
 && cp -r package.json dist /image/squab/ \
 && cp -r node_modules/better-sqlite3/package.json node_modules/better-sqlite3/LICENSE \
      node_modules/better-sqlite3/lib "/image/$sqlite/" \
 && cp "node_modules/better-sqlite3/prebuilds/linux-$arch.node" "/image/$sqlite/prebuilds/" \
 && ln -s /squab/dist/cli.cjs /image/usr/local/bin/squab \
 && cp scripts/docker-entrypoint.sh /image/usr/local/bin/

# Nothing runs in this stage, so that an image for another platform is built without emulating it.
FROM node:24-slim
# The release adds version, revision, source and the time of creation.
LABEL org.opencontainers.image.title="Squab" \
      org.opencontainers.image.description="A small, faithful Amazon SQS, with SNS topics and functions fed from queues, that runs on a developer's machine and in CI." \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production \
    SQUAB_HOST=0.0.0.0 \
    SQUAB_PORT=9324,4566 \
    SQUAB_LOCALSTACK=true \
    SQUAB_DATA=/data
COPY LICENSE /squab/
COPY --from=build /image/squab /squab
# The link is for `docker exec` and health checks. (COPY would follow it, but copies a folder as it is.) The script is for
# Testcontainers' LocalStackContainer, which calls it by its path; so are port 4566 and SQUAB_LOCALSTACK.
COPY --from=build /image/usr /usr
# A new volume gets its owner from /data.
COPY --from=build --chown=node:node /image/data /data
USER node
VOLUME /data
EXPOSE 9324 4566
# Healthy means that Squab answers. If you change the port with --port instead of SQUAB_PORT, change this check too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["squab", "wait", "--timeout", "2s"]
# Without a shell or npm in between, signals reach Squab itself.
ENTRYPOINT ["node", "/squab/dist/cli.cjs"]
