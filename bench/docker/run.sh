#!/usr/bin/env bash
# Runs the Dockerfile's commands in copies of the files it copies, without an engine, and asks the result for its help:
#
#     bench/docker/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
mkdir "$folder"/{build,app}

git archive HEAD package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json prisma.config.ts schema.graphql install prisma src web | tar -x -C "$folder/build"
(cd "$folder/build" && npm ci)

git archive HEAD package.json package-lock.json .npmrc prisma models | tar -x -C "$folder/app"
(cd "$folder/app" && npm ci --omit=dev --ignore-scripts)
cp -r "$folder/build/dist" "$folder/app/dist"

du -sh "$folder"/{build,app}/node_modules
cd /
node "$folder/app/dist/main.js" --help
EKPHRASIS_DATA="$folder/data" node "$folder/app/dist/main.js" search nothing
