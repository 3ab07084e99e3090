# Builds the image of Squab. To run it:
#
#     docker build -t squab . && docker run -p 9324:9324 -v squab:/data squab
#
# Pass options as SQUAB_… variables, or after the image's name: docker run squab --region eu-central-1

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
# The command needs only dist/ and SQLite's binding, without its source and without the binaries for other platforms.
RUN npm run build \
 && find dist -name '*.d.*ts' -delete \
 && chmod +x dist/cli.js \
 && npm prune --omit=dev --no-audit --no-fund \
 && mkdir /squab \
 && cp -r package.json dist /squab/ \
 && mkdir -p /squab/node_modules/better-sqlite3/prebuilds \
 && cd node_modules/better-sqlite3 \
 && cp -r package.json LICENSE lib /squab/node_modules/better-sqlite3/ \
 && cp "prebuilds/linux-$(node -p process.arch).node" /squab/node_modules/better-sqlite3/prebuilds/

FROM node:24-slim
ENV NODE_ENV=production \
    SQUAB_HOST=0.0.0.0 \
    SQUAB_PORT=9324 \
    SQUAB_DATA=/data
COPY LICENSE /squab/
COPY --from=build /squab /squab
# The link is for `docker exec` and health checks. A new volume gets its owner from /data.
RUN ln -s /squab/dist/cli.js /usr/local/bin/squab && install -d -m 0700 -o node -g node /data
USER node
VOLUME /data
EXPOSE 9324
# Healthy means that Squab answers. If you change the port with --port instead of SQUAB_PORT, change this check too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["squab", "wait", "--timeout", "2s"]
# Without a shell or npm in between, signals reach Squab itself.
ENTRYPOINT ["node", "/squab/dist/cli.js"]
