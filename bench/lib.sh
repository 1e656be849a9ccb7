# shellcheck shell=bash
# Shared helpers for the bench scripts. Source it; it sets WORK and cleans up after itself.
# WORK: scratch folder (default: a fresh mktemp -d, removed at exit unless KEEP=1).
set -u
BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -z "${WORK:-}" ]; then WORK=$(mktemp -d); WORK_IS_TEMP=1; else mkdir -p "$WORK"; WORK_IS_TEMP=0; fi
BENCH_PIDS=()
bench_cleanup() {
  local p
  for p in ${BENCH_PIDS[@]+"${BENCH_PIDS[@]}"}; do kill "$p" 2>/dev/null; done
  for p in ${BENCH_PIDS[@]+"${BENCH_PIDS[@]}"}; do wait "$p" 2>/dev/null; done
  [ "$WORK_IS_TEMP" = 1 ] && [ -z "${KEEP:-}" ] && rm -rf "$WORK"
  return 0
}
trap bench_cleanup EXIT
trap 'exit 130' INT TERM

die() { echo "$*" >&2; exit 2; }
need() { local t; for t in "$@"; do command -v "$t" >/dev/null || die "missing tool: $t"; done; }

# only loopback targets: these scripts are load generators
only_loopback() {
  case "$1" in
    http://127.*|http://localhost[:/]*|http://localhost|http://\[::1\]*) ;;
    *) die "refusing: $1 is not a loopback http:// URL" ;;
  esac
}

free_port() { # a TCP port free right now on loopback
  local p
  while :; do
    p=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
  done
}
wait_port() { # PORT [SECONDS]
  local i n=$(( ${2:-10} * 50 ))
  for ((i = 0; i < n; i++)); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0
    sleep 0.02
  done
  return 1
}
port_of() { # URL -> port
  local hp=${1#http://}; hp=${hp%%/*}
  case "$hp" in *:*) echo "${hp##*:}" ;; *) echo 80 ;; esac
}
# pids listening on a TCP port (a forking server's children share the socket, so all show up)
pids_on_port() { ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'pid=[0-9]*' | cut -d= -f2 | sort -un; }
# CPU ticks (user+system) used so far by the given pids, in clock ticks
cpu_ticks() {
  local p s t=0
  for p in "$@"; do
    [ -r "/proc/$p/stat" ] || continue
    s=$(<"/proc/$p/stat"); s=${s##*) }
    # shellcheck disable=SC2086
    set -- $s
    t=$((t + ${12} + ${13}))
  done
  echo "$t"
}
rss_kb() { local p t=0 r; for p in "$@"; do r=$(awk '/^VmRSS/{print $2}' "/proc/$p/status" 2>/dev/null); t=$((t + ${r:-0})); done; echo "$t"; }
median() { sort -g | awk '{a[NR]=$1} END{if(!NR){print "nan"}else if(NR%2){print a[(NR+1)/2]}else{print (a[NR/2]+a[NR/2+1])/2}}'; }
spread() { sort -g | awk '{a[NR]=$1} END{if(NR)printf "%s..%s",a[1],a[NR]}'; }
# build one of the Go helpers into $WORK/bin
gobuild() { mkdir -p "$WORK/bin"; (cd "$BENCH_DIR" && go build -o "$WORK/bin/$1" "./$1") || die "building $1 failed"; echo "$WORK/bin/$1"; }
start_bg() { "$@" & BENCH_PIDS+=($!); }
