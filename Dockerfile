# The program with what it needs to run; every command is a plain one (bench/docker runs them without an engine).
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json prisma.config.ts schema.graphql ./
COPY prisma prisma
COPY src src
COPY web web
# `prepare` generates the client, compiles and builds the page.
RUN npm ci

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
ENV NODE_ENV=production EKPHRASIS_DATA=/data EKPHRASIS_CACHE=/data/downloads HOST=0.0.0.0
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
