# The program with what it needs to run; every command is a plain one (bench/docker runs them without an engine).
# By its digest, where builds have to be the same: --build-arg NODE_IMAGE=node@sha256:…, which this prints:
# docker buildx imagetools inspect node:24.21.0-bookworm-slim --format '{{.Manifest.Digest}}'
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM $NODE_IMAGE AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json prisma.config.ts schema.graphql ./
COPY install install
COPY prisma prisma
COPY src src
COPY web web
# `prepare` generates the client, compiles and builds the page.
RUN npm ci

FROM $NODE_IMAGE AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM $NODE_IMAGE
ENV NODE_ENV=production EKPHRASIS_DATA=/data EKPHRASIS_CACHE=/data/downloads HOST=0.0.0.0 FIRST_ADMIN_KEY=log
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY prisma prisma
COPY models models
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve"]
