#!/usr/bin/env bash
# weight.sh: the first view of a page with an open incident, 30 services and two busy weeks. Bytes on the wire in each coding, and how
# soon a browser with an empty cache paints on a poor line, beside bare documents on the same line:
#   p0  a sentence and nothing else: what the line and the browser cost
#   p1  this page's HTML alone, without its style, script and icon: the yardstick
#   p2  this page's HTML with the style within it: what a file of its own costs
# ROUNDS=9 KBPS=50 RTT="0 100". Needs node and Chromium; playwright-core comes from npm, unless PW says where it is.
. "$(dirname "$0")/lib.sh"
ROOT=$(cd "$BENCH_DIR/.." && pwd)
need curl awk node date
PLAYWRIGHT=1.65.1
ROUNDS=${ROUNDS:-9} KBPS=${KBPS:-50} RTT=${RTT:-0 100}
if [ -z "${PW:-}" ]; then
  need npm
  npm install --silent --no-save --no-audit --no-fund --prefix "$WORK/pw" "playwright-core@$PLAYWRIGHT" >&2 || die "playwright-core could not be got with npm"
  PW=$WORK/pw/node_modules/playwright-core
fi
export PW
# The clock of this build moves, so that two weeks can be lived through in a minute.
mkdir -p "$WORK/bin" "$WORK/data"
(cd "$ROOT" && go build -trimpath -ldflags='-s -w' -tags testclock -o "$WORK/bin/aging" ./cmd/statusd) || die "statusd does not build"
LIMIT=$(gobuild limit-go)
PORT=$(free_port)
BASE=http://127.0.0.1:$PORT JAR=$WORK/jar
export STATUSD_CLOCK_FILE=$WORK/clock STATUSD_LISTEN=127.0.0.1:$PORT STATUSD_DATA=$WORK/data
ago() { echo "-$1m" > "$WORK/clock.new" && mv "$WORK/clock.new" "$WORK/clock"; } # minutes
form() { curl -fsS -o /dev/null -b "$JAR" -c "$JAR" "$@"; }
ago $((14 * 24 * 60))
"$WORK/bin/aging" serve > "$WORK/out" 2> "$WORK/err" & BENCH_PIDS+=($!)
wait_port "$PORT" || die "statusd did not start: $(cat "$WORK/err")"
for _ in $(seq 50); do grep -q /setup/ "$WORK/out" && break; sleep 0.1; done
services=$(awk 'BEGIN{for(n=0;n<30;n++){if(n%6==0)printf "Region %d:\n",n/6+1; printf "Service %d\n",n+1}}')
PASSWORD="three sentences at two in the morning"
form "$(grep -o 'http://.*/setup/.*' "$WORK/out")" --data-urlencode "name=Bench" --data-urlencode "email=bench@example.com" --data-urlencode "password=$PASSWORD" \
  --data-urlencode "page_name=Larkline" --data-urlencode "time_zone=Europe/Berlin" --data-urlencode "services=$services" \
  --data-urlencode "sender_name=Larkline" --data-urlencode "sender_address=status@example.com" --data-urlencode "postal_address=1 Lark Street" || die "the set-up failed"
form -X POST "$BASE/admin/signout" || die "no leave to go"
form "$BASE/admin/signin" --data-urlencode "email=bench@example.com" --data-urlencode "password=$PASSWORD" -d stay=1 || die "nobody may come in"
mapfile -t CODES < <(curl -fsS -b "$JAR" "$BASE/admin/incidents/new" | grep -o 'name="components" value="[a-z0-9]*"' | cut -d'"' -f4)
[ ${#CODES[@]} = 30 ] || die "${#CODES[@]} services"
SAID=("We are getting reports that calls to some numbers do not connect since about 13:30. We are looking into it together with our carrier."
  "The cause is a limit that an upstream carrier set last night. They are raising it now, number by number. Calls that reach you are recorded as usual."
  "The limit is raised and calls connect again. We watched it for half an hour and call this over. A report will follow here.")
report() { # TITLE IMPACT SERVICE...: sets INC
  local title=$1 impact=$2 n args=()
  shift 2
  for n in "$@"; do args+=(-d "components=${CODES[$n]}"); done
  INC=$(curl -fsS -o /dev/null -w '%{redirect_url}' -b "$JAR" -c "$JAR" "$BASE/admin/incidents" --data-urlencode "title=$title" --data-urlencode "body=${SAID[0]}" -d "state=investigating" -d "impact=$impact" -d "key=$RANDOM$RANDOM" "${args[@]}")
  INC=${INC%%\?*}
  [ -n "$INC" ] || die "the report was refused"
}
post() { form "$INC/updates" --data-urlencode "body=$2" -d "state=$1" -d "key=$RANDOM$RANDOM" || die "the post was refused"; }
IMPACTS=(part slow down)
for day in 13 11 9 7 5 3 1; do
  ago $((day * 24 * 60))
  report "Calls to some numbers fail in region $((day % 5 + 1))" "${IMPACTS[day % 3]}" $day $((day + 7)) $((day + 12))
  ago $((day * 24 * 60 - 40))
  post identified "${SAID[1]}"
  ago $((day * 24 * 60 - 90 - day * 20))
  post resolved "${SAID[2]}"
done
ago 25
report "Calls do not connect in region 1" down 2 3 4
ago 0
post identified "${SAID[1]}"
sleep 2 # the page is built anew within its second

curl -fsS -o "$WORK/page.html" "$BASE/"
[ "$(grep -c 'class="c"' "$WORK/page.html") $(grep -c 'class="card inc"' "$WORK/page.html")" = "30 1" ] || die "this is not the page that was meant"
echo "== bytes on the wire, headers and all, of 14000 allowed"
for coding in identity gzip br zstd; do
  curl -fsS -o "$WORK/body" -w "%{size_header} %{size_download}\n" -H "Accept-Encoding: $coding" "$BASE/" | awk -v c="$coding" '{printf "document  %-8s %6d\n", c, $1 + $2}'
done
grep -o '/static/[a-z0-9]*/[a-z-]*\.\(css\|js\|svg\)' "$WORK/page.html" | sort -u | while read -r file; do
  curl -fsS -o "$WORK/body" -w "%{size_header} %{size_download}\n" -H "Accept-Encoding: br" "$BASE$file" | awk -v f="${file##*/}" '{printf "%-16s br %7d\n", f, $1 + $2}'
done

# The bare documents, with the headers of a page of ours but for the policy, which forbids a style within.
echo '<!doctype html><html lang="en"><title>Status</title><h1>Calls do not connect</h1>' > "$WORK/p0.html"
sed -e '/<link rel="\(stylesheet\|icon\)"/d' -e '/<script /d' "$WORK/page.html" > "$WORK/p1.html"
css=$(grep -o '/static/[a-z0-9]*/public\.css' "$WORK/page.html")
{ sed '/<\/head>/,$d' "$WORK/p1.html"; echo '<style>'; curl -fsS "$BASE$css"; echo '</style>'; sed -n '/<\/head>/,$p' "$WORK/p1.html"; } > "$WORK/p2.html"
urls=()
for n in 1 0 2; do
  port=$(free_port)
  start_bg "$LIMIT" -addr "127.0.0.1:$port" -html "$WORK/p$n.html" -mode net 2>/dev/null
  wait_port "$port" || die "the bare server did not start"
  urls+=("http://127.0.0.1:$port/p$n")
done
# The bare ones come with gzip, whatever is asked for beside it; of that, statusd takes the smaller.
for rtt in $RTT; do
  for coding in ${CODINGS:-gzip br zstd}; do
    echo "== first paint at $KBPS KB/s and $rtt ms, coding $coding; the first line is the yardstick, the last is statusd"
    KBPS=$KBPS RTT=$rtt CODING="$coding, gzip" ROUNDS=$ROUNDS node "$BENCH_DIR/weight.mjs" "${urls[@]}" "$BASE/" || die "the browser failed"
  done
done
