#!/usr/bin/env bash
# scale.sh STATUSD: a page with ten years of history beside a small one (the demo's), in turns on one machine:
#   reads     CPU of the server per request and per KB on the wire, of home, history, a report and a feed
#   visible   from the post to the page that shows it, with readers running
#   start     to the first good answer (coldstart.sh)
#   memory    after the start, after 100 posts, and at the most
# ROUNDS=5 SECS=2 POSTS=100 SIZE="-components 1000 …" (flags of decade). The big database is made anew, some minutes; with
# DECADE=FOLDER it is made there once and copied from there.
# Of what is measured alternately the least counts: other work on the machine only ever adds.
. "$(dirname "$0")/lib.sh"
need curl wrk ss awk
[ $# = 1 ] || die "usage: scale.sh STATUSD"
STATUSD=$1 ROUNDS=${ROUNDS:-5} SECS=${SECS:-2} POSTS=${POSTS:-100} FAILED=
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
VISIBLE=$(gobuild visible) MAKE=$(gobuild decade)
HZ=$(getconf CLK_TCK)
PASSWORD="three sentences at two in the morning"

# a tmpfs for the making: seventy thousand commits need no disk
from=${DECADE:-$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "$WORK")")}
if [ ! -f "$from/statusd.db" ]; then
  # shellcheck disable=SC2086
  "$MAKE" -data "$from" ${SIZE:-} || die "the big database was not made"
fi
mkdir -p "$WORK/big" "$WORK/small" && cp "$from/statusd.db" "$WORK/big/" || die "the big database was not copied"
[ -n "${DECADE:-}" ] || rm -rf "$from"
echo "the big database: $(stat -c %s "$WORK/big/statusd.db") bytes"

declare -A PORT PID INC DATA
start() { # WHO: its server, until stop
  PORT[$1]=$(free_port)
  STATUSD_LISTEN=127.0.0.1:${PORT[$1]} STATUSD_DATA=${DATA[$1]} "$STATUSD" serve > "$WORK/$1.out" 2> "$WORK/$1.err" &
  PID[$1]=$!; BENCH_PIDS+=($!)
  wait_port "${PORT[$1]}" 60 || die "statusd did not start: $(tail -3 "$WORK/$1.err")"
}
stop() { kill "${PID[$1]}"; wait "${PID[$1]}" 2>/dev/null; }
base() { echo "http://127.0.0.1:${PORT[$1]}"; }
form() { local jar=$WORK/jar.$1; shift; curl -fsS -o /dev/null -b "$jar" -c "$jar" "$@"; }
least() { sort -g | head -1; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN{printf "%.2f", b ? a / b : 0}'; }
peak() { awk '/^VmHWM/{print $2}' "/proc/$1/status"; }
mib() { echo $((($1 + 512) / 1024)); }

# the demo's data: started once, until it is there
port=$(free_port)
STATUSD_LISTEN=127.0.0.1:$port STATUSD_DATA=$WORK/small "$STATUSD" demo > "$WORK/demo.out" 2>&1 & p=$!
BENCH_PIDS+=("$p")
wait_port "$port" 60 || die "the demo did not start: $(tail -3 "$WORK/demo.out")"
kill "$p"; wait "$p" 2>/dev/null
DATA[small]=$WORK/small/demo DATA[big]=$WORK/big

for who in small big; do
  echo "$PASSWORD" | STATUSD_DATA=${DATA[$who]} "$STATUSD" user add --email bench@example.com --role owner > /dev/null || die "no staff for $who"
  start $who
  form $who "$(base $who)/admin/signin" --data-urlencode email=bench@example.com --data-urlencode "password=$PASSWORD" || die "nobody could sign in"
  form $who "$(base $who)/admin/incidents" --data-urlencode "title=Calls fail on some numbers" --data-urlencode "body=Since 13:30, more calls than usual are failing." \
    -d state=investigating -d key=first || die "the report failed"
  INC[$who]=$(curl -fsS "$(base $who)/" | grep -o '/incidents/[a-z0-9]*' | head -1)
done

echo "== start"
# each is stopped and started in turns; the pictures on disk are those of its last run
stop small; stop big
for ((r = 0; r < ROUNDS; r++)); do
  for who in small big; do
    port=$(free_port)
    STATUSD_LISTEN=127.0.0.1:$port STATUSD_DATA=${DATA[$who]} WORK=$WORK/cold ROUNDS=1 LOAD=0 IDLE=1 "$BENCH_DIR/coldstart.sh" "http://127.0.0.1:$port/" "$STATUSD" serve > "$WORK/cold.out" || die "no cold start: $(cat "$WORK/cold.out")"
    awk '/^round/{print $6}' "$WORK/cold.out" >> "$WORK/start.$who"
    awk '/^round/{print $11}' "$WORK/cold.out" >> "$WORK/startcpu.$who"
  done
done
for w in start startcpu; do
  s=$(least < "$WORK/$w.small") b=$(least < "$WORK/$w.big")
  echo "$([ $w = start ] && echo "first answer after" || echo "CPU until then    "): small $s ms, big $b ms, ratio $(ratio "$b" "$s") (medians $(median < "$WORK/$w.small"), $(median < "$WORK/$w.big"))"
done

start small; start big
sleep 2
echo "== memory"
for who in small big; do echo "$who: after the start $(mib "$(rss_kb "${PID[$who]}")") MiB, at most $(mib "$(peak "${PID[$who]}")") MiB"; done

echo "== reads: the least CPU of the server per request, 64 connections, gzip"
printf '%-14s %-6s %9s %11s %11s\n' page who wire_B cpu_us/rq cpu_us/KB
for path in / /history INC /history.atom /live.json; do
  for ((r = 0; r < ROUNDS; r++)); do
    for who in small big; do
      u=$(base $who)$([ $path = INC ] && echo "${INC[$who]}" || echo "$path")
      curl -fsS -o /dev/null "$u" || die "cannot read $u"
      t0=$(cpu_ticks "${PID[$who]}")
      n=$(wrk -t 1 -c 64 -d "${SECS}s" --timeout 10s -s "$BENCH_DIR/wrk-report.lua" -H 'Accept-Encoding: gzip' "$u" | awk '/^RESULT/{print $7}')
      awk -v d=$(($(cpu_ticks "${PID[$who]}") - t0)) -v hz="$HZ" -v n="$n" 'BEGIN{printf "%.2f\n", n ? d*1e6/hz/n : 0}' >> "$WORK/read.$who"
    done
  done
  for who in small big; do
    u=$(base $who)$([ $path = INC ] && echo "${INC[$who]}" || echo "$path")
    wire=$(curl -fsS -H 'Accept-Encoding: gzip' -o /dev/null -w '%{size_download}' "$u")
    us=$(least < "$WORK/read.$who"); rm "$WORK/read.$who"
    per=$(awk -v u="$us" -v b="$wire" 'BEGIN{printf "%.2f", u * 1024 / b}')
    printf '%-14s %-6s %9s %11s %11s\n' "$([ $path = INC ] && echo /incidents/… || echo $path)" $who "$wire" "$us" "$per"
    eval "US_$who=\$us PER_$who=\$per"
  done
  echo "               ratio: per request $(ratio "$US_big" "$US_small"), per KB $(ratio "$PER_big" "$PER_small")"
done

echo "== visible: from the post to the page that shows it, 8 readers at 200 reads a second"
visible() { # WHO KEY FLAGS...
  local who=$1 key=$2; shift 2
  "$VISIBLE" -url "$(base "$who")/" -c 8 -rate 200 -every 3s -rounds 1 "$@" \
    -post "curl -fsS -o /dev/null -b $WORK/jar.$who '$(base "$who")/admin${INC[$who]}/updates' --data-urlencode 'body=Marker %s stands here.' -d state=investigating -d key=$key%s" > "$WORK/vis" || { FAILED=1; cat "$WORK/vis"; }
  awk '/^round/{print $5}' "$WORK/vis" >> "$WORK/post.$who"
  awk '/^round/{print $12}' "$WORK/vis" >> "$WORK/vis.$who"
}
for ((r = 0; r < ROUNDS; r++)); do for who in small big; do visible $who v; done; done
for w in post vis; do
  s=$(least < "$WORK/$w.small") b=$(least < "$WORK/$w.big")
  echo "$([ $w = post ] && echo "answered after" || echo "visible after "): small $s ms, big $b ms, ratio $(ratio "$b" "$s") (medians $(median < "$WORK/$w.small"), $(median < "$WORK/$w.big"))"
done

echo "== memory after $POSTS posts"
for who in small big; do
  t0=$(date +%s%N) c0=$(cpu_ticks "${PID[$who]}")
  for ((n = 0; n < POSTS; n++)); do
    form $who "$(base $who)/admin${INC[$who]}/updates" --data-urlencode "body=Step $n is done." -d state=investigating -d key=m$n || die "post $n failed"
    curl -fsS -o /dev/null -H 'Accept-Encoding: gzip' "$(base $who)/" || die "the page is gone"
  done
  t1=$(date +%s%N); sleep 2
  echo "$who: $(mib "$(rss_kb "${PID[$who]}")") MiB, at most $(mib "$(peak "${PID[$who]}")") MiB; a post and the first read of it took $(((t1 - t0) / POSTS / 1000)) us, CPU of the server $((($(cpu_ticks "${PID[$who]}") - c0) * 1000000 / HZ / POSTS)) us"
done

echo "== crowd: 512 new connections at a time while updates are posted"
for who in small big; do
  "$VISIBLE" -url "$(base $who)/" -c 512 -new -rounds 3 -post "curl -fsS -o /dev/null -b $WORK/jar.$who '$(base $who)/admin${INC[$who]}/updates' --data-urlencode 'body=Marker %s stands here.' -d state=investigating -d key=c%s" | sed "s/^/$who: /"
  [ "${PIPESTATUS[0]}" = 0 ] || FAILED=1
done
[ -z "$FAILED" ]
