#!/usr/bin/env bash
# run.sh: what statusd costs, beside what it could cost, in one run on this machine. Ratios are the result.
#   1 reads    a cached page: statusd, bare gin and nginx with the very bytes (reads.sh)
#   2 visible  from the staff's post to the page that shows it, with readers running; stale answers (visible)
#   3 fanout   one update to N subscribers into a null SMTP sink, beside a bare sender (fanout.sh), and the heap
# and, when asked for by name:
#   4 streams  memory of an idle live stream, and from the post to the event at all of them (sse), beside the bare floor
#   5 scale    a page with ten years of history beside a small one (scale.sh)
#   6 weight   bytes of a first view, and how soon a browser paints it on a poor line (weight.sh)
# Everything listens on loopback, in a temporary folder, and is gone afterwards.
#   N=100000 ROUNDS=3 SECS=3 ONLY="reads visible fanout"
. "$(dirname "$0")/lib.sh"
ROOT=$(cd "$BENCH_DIR/.." && pwd)
N=${N:-100000} ONLY=${ONLY:-reads visible fanout} FAILED=
case " $ONLY " in *" weight "*)
  echo "== weight"
  WORK=$WORK/weight "$BENCH_DIR/weight.sh" || FAILED=1
  ONLY=" $ONLY " ONLY=${ONLY/ weight / }
esac
[ -n "${ONLY// /}" ] || exit ${FAILED:-0}
need curl go awk ss
case " $ONLY " in *" reads "*) need nginx wrk ;; esac
PORT=$(free_port) GIN=$(free_port) FULL=$(free_port) SMTP=$(free_port)
BASE=http://127.0.0.1:$PORT
JAR=$WORK/jar
mkdir -p "$WORK/bin" "$WORK/data"
(cd "$ROOT" && go build -trimpath -ldflags='-s -w' -o "$WORK/bin/statusd" ./cmd/statusd) || die "statusd does not build"
case " $ONLY " in *" scale "*)
  echo "== scale"
  WORK=$WORK/scale "$BENCH_DIR/scale.sh" "$WORK/bin/statusd" || FAILED=1
  ONLY=" $ONLY " ONLY=${ONLY/ scale / }
esac
[ -n "${ONLY// /}" ] || exit ${FAILED:-0}
LIMIT=$(gobuild limit-go) VISIBLE=$(gobuild visible)

ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
export STATUSD_LISTEN=127.0.0.1:$PORT STATUSD_STREAMS=${STREAMS:-10000} STATUSD_CLIENT_STREAMS=${STREAMS:-10000} # all come from one address
export STATUSD_DATA=$WORK/data STATUSD_SMTP_URL="smtp://127.0.0.1:$SMTP?tls=none&conns=${CONNS:-16}"
"$WORK/bin/statusd" serve > "$WORK/out" 2> "$WORK/err" & BENCH_PIDS+=($!); PID=$!
wait_port "$PORT" || die "statusd did not start: $(cat "$WORK/err")"
for _ in $(seq 50); do grep -q /setup/ "$WORK/out" && break; sleep 0.1; done
setup=$(grep -o 'http://.*/setup/.*' "$WORK/out")
form() { curl -fsS -o /dev/null -b "$JAR" -c "$JAR" "$@"; }
services=$(printf 'Calls:\nCall Routing\nBackup Call Routing\nCall Recording\nApps:\nApplication Dashboard\nDNI and Keyword Tracking')
form "$setup" --data-urlencode "name=Bench" --data-urlencode "email=bench@example.com" --data-urlencode "password=three sentences at two in the morning" \
  --data-urlencode "page_name=CallRail" --data-urlencode "time_zone=America/New_York" --data-urlencode "services=$services" \
  --data-urlencode "sender_name=CallRail" --data-urlencode "sender_address=status@example.com" --data-urlencode "postal_address=100 Peachtree Street" || die "the set-up failed"
form "$BASE/admin/incidents" --data-urlencode "title=Calls fail on some numbers" --data-urlencode "body=Since 13:30, more calls than usual are failing. We are looking into it." \
  --data-urlencode "state=investigating" --data-urlencode "key=first" || die "the report failed"
INC=$(curl -fsS "$BASE/" | grep -o '/incidents/[a-z0-9]*' | head -1)
[ -n "$INC" ] || die "the page shows no incident"
for i in 1 2 3 4; do form "$BASE/admin$INC/updates" --data-urlencode "body=We moved calls to backup routing, step $i. They connect, but are not recorded." --data-urlencode state=investigating --data-urlencode "key=k$i"; done

case " $ONLY " in *" reads "*)
  echo "== reads"
  curl -fsS -o "$WORK/page.html" "$BASE/"
  start_bg "$LIMIT" -addr "127.0.0.1:$GIN" -html "$WORK/page.html" -mode gin
  wait_port "$GIN" || die "bare gin did not start"
  start_bg "$LIMIT" -addr "127.0.0.1:$FULL" -html "$WORK/page.html" -mode ginfull
  wait_port "$FULL" || die "gin with the headers did not start"
  echo "# p1 is statusd, p2 is bare gin, p3 is gin with the headers and time-outs that statusd gives"
  WORK=$WORK/reads "$BENCH_DIR/reads.sh" "$BASE/" "http://127.0.0.1:$GIN/" "http://127.0.0.1:$FULL/"
esac

case " $ONLY " in *" visible "*)
  echo "== visible"
  "$VISIBLE" -url "$BASE/" -c 64 -rounds "${ROUNDS:-5}" -post "curl -fsS -o /dev/null -b $JAR '$BASE/admin$INC/updates' --data-urlencode 'body=Marker %s stands here.' -d state=investigating -d key=v%s" || FAILED=1
  echo "# the same with a new connection for every request"
  "$VISIBLE" -url "$BASE/" -c 64 -new -rounds "${ROUNDS:-5}" -post "curl -fsS -o /dev/null -b $JAR '$BASE/admin$INC/updates' --data-urlencode 'body=Marker %s stands here.' -d state=investigating -d key=n%s" || FAILED=1
esac

case " $ONLY " in *" streams "*)
  echo "== ${STREAMS:-10000} streams"
  SSE=$(gobuild sse) SPORT=$(free_port)
  start_bg "$SSE" -serve "127.0.0.1:$SPORT" -hijack
  wait_port "$SPORT" || die "the bare server did not start"
  STREAMS=${STREAMS:-10000}
  echo "# statusd; first a few, so that what was left of the start is given back and the second figure is that of streams alone"
  "$SSE" -url "$BASE/live" -n "$((STREAMS / 5)),$STREAMS" -pid "$PID" -rounds "${ROUNDS:-5}" -match data: \
    -trigger "curl -fsS -o /dev/null -b $JAR '$BASE/admin$INC/updates' --data-urlencode 'body=A word.' -d state=investigating -d key=s\$RANDOM\$RANDOM" || FAILED=1
  echo "# a bare server that only holds connections"
  "$SSE" -url "http://127.0.0.1:$SPORT/events" -n "$STREAMS" -rounds "${ROUNDS:-5}"
esac

case " $ONLY " in *" fanout "*)
  echo "== fanout of $N"
  awk -v n="$N" 'BEGIN{print "email"; for(i=0;i<n;i++) printf "reader%d@example.net\n", i}' > "$WORK/people.csv"
  t0=$(date +%s%N)
  "$WORK/bin/statusd" subscribers import "$WORK/people.csv" --consent bench || die "the import failed"
  echo "import of $N: $((($(date +%s%N) - t0) / 1000000)) ms"
  tail -n +2 "$WORK/people.csv" > "$WORK/want.txt"
  form "$BASE/admin/settings" -d words=plain --data-urlencode "name=CallRail" --data-urlencode "time_zone=America/New_York" -d hold_seconds=0 \
    --data-urlencode "sender_name=CallRail" --data-urlencode "sender_address=status@example.com" --data-urlencode "postal_address=100 Peachtree Street" || die "the settings were refused"
  peak() { awk '/^VmHWM/{print $2}' "/proc/$PID/status"; }
  before=$(rss_kb "$PID") h0=$(peak)
  # WANT before WORK: each of these sees those before it
  WANT=$WORK/want.txt WORK=$WORK/fan SRV_PORT=$PORT SMTP_ADDR=127.0.0.1:$SMTP KEY=${KEY:-none} ROUNDS=${ROUNDS:-3} CONNS=${CONNS:-16} TIMEOUT=${TIMEOUT:-300} \
    "$BENCH_DIR/fanout.sh" "$N" "curl -fsS -o /dev/null -b $JAR '$BASE/admin$INC/updates' --data-urlencode body=\"The \$RANDOM th word for everybody.\" -d state=investigating -d notify=1 -d key=\$RANDOM\$RANDOM" || FAILED=1
  echo "resident memory: before $before KiB (peak $h0), after $(rss_kb "$PID") KiB, peak $(peak) KiB: growth of the peak $((($(peak) - before) / 1024)) MiB"
esac
[ -z "$FAILED" ]
