# Squab in a container:
#
#     docker build -t squab . && docker run -p 9324:9324 -v squab:/data squab
#
# Options are given as SQUAB_… variables or after the image's name: docker run squab --region eu-central-1

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
# What the command needs is dist/ and SQLite; of that, neither its sources nor the binaries for other machines.
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
# For `docker exec` and health checks. A new volume takes its owner from /data.
RUN ln -s /squab/dist/cli.js /usr/local/bin/squab && install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 9324
# Healthy is what answers. Somebody who moves the port by --port, and not by SQUAB_PORT, has to move this too.
HEALTHCHECK --interval=5s --timeout=3s --start-period=5s CMD ["squab", "wait", "--timeout", "2s"]
# No shell and no npm in between: signals reach Squab itself.
ENTRYPOINT ["node", "/squab/dist/cli.js"]
