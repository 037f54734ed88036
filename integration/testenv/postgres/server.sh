# Runs PostgreSQL in a folder: server.sh run|up|down|status BIN DIR
# run stops it and removes the folder once standard input ends, so also when whoever started it is no more; until then it obeys the words crash and start
# there. up leaves it running, down stops it, status says by its exit code whether it runs.
set -u
bin=$2
dir=$3
trap '' INT TERM HUP PIPE # it outlives whoever reads its answers, to clean up

fail() {
	cat "$1" >&2
	[ "$mode" = run ] && rm -rf "$dir"
	exit 1
}

start() {
	if [ ! -f "$dir/data/PG_VERSION" ]; then
		"$bin/initdb" -D "$dir/data" -U fxcell -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 ||
			fail "$dir/initdb.log"
		echo "include '../settings.conf'" >>"$dir/data/postgresql.conf"
	fi
	: >"$dir/server.log"
	"$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -s -w -t 60 start >/dev/null 2>&1 </dev/null || fail "$dir/server.log"
	echo ready
}

stop() {
	"$bin/pg_ctl" -D "$dir/data" -s -m fast -w -t 30 stop >/dev/null 2>&1 ||
		"$bin/pg_ctl" -D "$dir/data" -s -m immediate -w -t 30 stop >/dev/null 2>&1
}

crash() {
	"$bin/pg_ctl" -D "$dir/data" -s -m immediate -w -t 30 stop >/dev/null 2>&1
	echo crashed
}

mode=$1
case $mode in
run)
	start
	while read -r word; do
		case $word in
		crash) crash ;;
		start) start ;;
		esac
	done
	stop
	rm -rf "$dir"
	;;
up) start ;;
down) stop ;;
status) "$bin/pg_ctl" -D "$dir/data" -s status >/dev/null 2>&1 ;;
esac
