# Runs a server in a folder and removes the folder with it: guard.sh DIR COMMAND ARGS…
# It does so once standard input ends, so also when whoever started it is no more; until then it obeys the words crash, end and start there. The server works in
# the folder and writes its log to server.log there; when it has ended, the file ended is there.
set -u
cd "$1" || exit 1
dir=$1
shift
trap '' INT TERM HUP PIPE # it outlives whoever reads its answers, to clean up
mkfifo pid || exit 1

start() {
	rm -f ended
	{
		trap - INT TERM HUP PIPE
		sh -c 'echo $$ >pid; exec "$@"' sh "$@" >>server.log 2>&1 </dev/null
		echo $? >ended
	} &
	keeper=$!
	read -r pid <pid
}

crash() {
	[ -e ended ] || kill -9 "$pid"
	wait "$keeper"
}

start "$@"
echo "started $pid"
while read -r word; do
	case $word in
	crash)
		crash
		echo crashed
		;;
	end)
		[ -e ended ] || kill "$pid"
		wait "$keeper"
		echo ended
		;;
	start)
		crash
		start "$@"
		echo "started $pid"
		;;
	esac
done
crash
cd / && rm -rf "$dir"
