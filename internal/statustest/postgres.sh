#!/usr/bin/env bash
# A PostgreSQL server for one run of tests: starts it, prints its address on one line, waits until standard input is
# closed, stops it, removes its folder. Exit code 3: no server is installed here.
#
# scripts/test runs this once for all packages, and statustest.Postgres runs it when a package is tested alone, so there
# is one way to find and start a server. It waits for the end of its input instead of a signal because an input ends
# however its owner ends, kill -9 included: no server and no folder is ever left behind.
set -euo pipefail
# Ctrl-C reaches the whole group; the owner decides when the server goes, and then its clients are gone already.
trap '' INT TERM HUP

say() { echo "postgres.sh: $*" >&2; }

# Debian keeps the server out of PATH, one folder a version; pg_config (when its own package is there) knows best.
find_bin() {
  local dir
  for dir in "$(pg_config --bindir 2>/dev/null || true)" \
    $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) \
    "$(dirname "$(command -v postgres || echo /none/none)")"; do
    if [ -x "$dir/postgres" ] && [ -x "$dir/initdb" ]; then
      echo "$dir"
      return
    fi
  done
  return 1
}

bin=$(find_bin) || exit 3
[ "${1:-}" != find ] || { echo "$bin"; exit 0; }

# PostgreSQL refuses to run as root; Debian's package brings the user postgres.
as=()
if [ "$(id -u)" = 0 ]; then
  id -u postgres >/dev/null 2>&1 || { say "running as root, and there is no user postgres to run the server"; exit 1; }
  # setpriv and not su or runuser: it becomes the server, so the pid below is the server's own.
  as=(setpriv --reuid=postgres --regid=postgres --init-groups --)
fi

# In /tmp, whatever TMPDIR says: the path of a unix socket has room for about 100 bytes, and TMPDIR may be a folder
# that user postgres cannot enter.
dir=$(mktemp -d /tmp/statusd-postgres.XXXXXX)
pid=
cleanup() {
  if [ -n "$pid" ]; then
    kill -INT "$pid" 2>/dev/null || true # fast shutdown: does not wait for clients
    wait "$pid" 2>/dev/null || true
  fi
  cd / && rm -rf "$dir"
}
trap cleanup EXIT
[ ${#as[@]} = 0 ] || chown postgres "$dir"
cd "$dir"

# Nothing here has to survive a power cut, so nothing is synced. UTF-8 and a locale that every machine has, so that
# sorting does not differ from one developer to the next.
"${as[@]}" "$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >"$dir/log" 2>&1 ||
  { say "initdb refused:"; cat "$dir/log" >&2; exit 1; }

"${as[@]}" "$bin/postgres" -D "$dir/data" -c listen_addresses= -c unix_socket_directories="$dir" \
  -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200 -c shared_buffers=64MB \
  </dev/null >>"$dir/log" 2>&1 &
pid=$!

ready() { "$bin/pg_isready" -q -h "$dir" -U postgres; }
for ((i = 0; i < 600; i++)); do # a minute, for a machine that is busy compiling
  ready && break
  kill -0 "$pid" 2>/dev/null || { say "the server stopped at once:"; cat "$dir/log" >&2; pid=; exit 1; }
  sleep 0.1
done
ready || { say "the server did not answer within a minute:"; cat "$dir/log" >&2; exit 1; }

echo "postgres://postgres@/postgres?host=$dir&sslmode=disable"
exec >/dev/null 2>&1 # "go test" waits for whoever still holds its output
cat
